"""`govpulse explain` on what the stream holds: what is printed, and what a script gets, is enough to count by hand."""

import json
import re

import pytest
from typer.testing import CliRunner

from infra.cli import app, commands
from streams.engine import End
from tests.cases import accepted, china, document
from tests.streams.log import CASES, engine_on, records

pytestmark = pytest.mark.broker
runner = CliRunner()
if not app.registered_commands:
    commands.add_to(app)

TOLD = [
    accepted("2026-11-02", number="short", promise=(10, "workday")),
    document("finished", "2026-11-05", number="short", recordkey="f", result="granted"),
    accepted("2026-11-23", number="half", promise=(1, "halfday")),
    document("finished", "2026-11-23 11:00", number="half", recordkey="f", result="granted"),
    accepted("2026-09-18", number="long", promise=(10, "workday"), promise_due_at=None),
    document("special_started", "2026-09-22", number="long", recordkey="s", sn=1, kind="hearing", basis="行政许可法 48", declared=1),
    document("special_ended", "2026-09-24", number="long", recordkey="e", sn=1),
    document("extended", "2026-09-28", number="long", recordkey="x", id="x-1", value=500, unit="workday"),
    document("finished", "2026-11-16", number="long", recordkey="f", result="granted"),
    document("applied", "2026-11-02", number="deemed", recordkey="a", matter_code="M001", unit_code="u1"),
    document("received", "2026-11-02", number="deemed", recordkey="r", id="r-1"),
    document("applied", "2026-11-02", number="gone", recordkey="a", operation="D", matter_code="M001", unit_code="u1"),
]  # fmt: skip


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    monkeypatch.setenv("GOVPULSE_HOME", str(tmp_path))
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("GOVPULSE_DATABASE", database)
    engine = engine_on(database)
    engine.apply(CASES, records(TOLD), end=End(len(TOLD), china("2026-11-24")))
    engine.store.close()

    def ran(*arguments: str, code: int = 0) -> str:
        found = runner.invoke(app, list(arguments))
        assert found.exit_code == code, found.output
        return found.output

    return ran


def clock_of(run, number: str, clock: str) -> dict:
    [found] = json.loads(run("explain", number, "--clock", clock, "--json"))["clocks"]
    return found


def test_days_add_up_to_what_is_used_and_end_at_the_stop(run):
    clock = clock_of(run, "short", "promise")
    assert sum(day["counted"] for day in clock["days"] if day["is_used"]) == clock["used"] == 3
    assert [day["day"] for day in clock["days"] if day["mark"] == "stop"] == ["2026-11-05"]
    assert (clock["unit"], clock["length"], clock["paused"]) == ("days", 10, 0)


def test_minutes_are_whole_minutes(run):
    clock = clock_of(run, "half", "promise")
    assert (clock["unit"], clock["used"], clock["length"], clock["paused"]) == ("minutes", 60, 240, 0)
    assert sum(day["counted"] for day in clock["days"] if day["is_used"]) == 60


def test_a_clock_names_its_events_and_where_its_limit_came_from(run):
    told = json.loads(run("explain", "long", "--json"))
    promise, statutory = told["clocks"][:2]
    assert told["rulebook_version"]
    assert told["calendar_version"]
    assert all(event["id"] for event in told["events"])
    assert promise["origin"]["kind"] == "event"
    assert promise["origin"]["event_id"] == promise["started_by_event"] == told["events"][0]["id"]
    origin = statutory["origin"]
    assert (origin["kind"], origin["matter_code"], bool(origin["basis"])) == ("catalogue", "M007", True)
    [extension] = origin["extensions"]
    assert (extension["value"], extension["outcome"], extension["added"], extension["event_id"]) == (
        500,
        "cut",
        10,
        "x-1",
    )


def test_the_text_says_used_and_stop_versions_notices_and_origins(run):
    text = run("explain", "short")
    assert "Promise: 10 workday, due 2026-11-16 24:00:00: kept" in text
    assert "used 3 of 10 days, paused 0 days" in text
    assert "stopped 2026-11-05 10:00:00" in text
    assert "stopped here: 3 used" in text
    assert "after the stop: not used, shown for the due date" in text
    assert re.search(r"reference data \d+, calendar \d+", text)
    long = run("explain", "long")
    assert re.search(r"\[1\] http\S*gov\.cn", long)
    assert "field promise of record accepted" in long
    assert "field statutory of the catalogue's row M007" in long
    assert "extension of 500 workday told 2026-09-28 10:00:00, event x-1: cut to 10 workday" in long
    assert "ended by its declared days, really over 2026-09-24 10:00:00" in long
    assert "hearing, 行政许可法 48" in long


def test_an_acceptance_by_default_is_told_with_its_instant(run):
    assert clock_of(run, "deemed", "promise")["deemed_at"] == "2026-11-09 16:00:00+00:00"
    text = run("explain", "deemed")
    assert (
        "acceptance deemed at 2026-11-10 00:00:00: the application received 2026-11-02 10:00:00 was not answered"
        in text
    )
    assert "field promise of the catalogue's row M001" in text
    assert "by record r, event r-1" in text
    assert "视为受理" in run("explain", "deemed", "--language", "zh")


def test_long_explanations_show_the_stop_and_say_what_they_hide(run):
    text = run("explain", "long", "--clock", "statutory")
    assert "rows more: --all-days" in text
    assert "stopped here" in text
    assert "rows more" not in run("explain", "long", "--clock", "statutory", "--all-days")


def test_a_subject_without_clocks_is_explained_too(run):
    assert "deleted" in run("explain", "gone")
    assert json.loads(run("explain", "gone", "--json"))["clocks"] == []


def test_a_clock_it_does_not_have_is_said_with_those_it_has(run):
    assert "promise" in run("explain", "short", "--clock", "delivery", code=2)


def test_chinese_is_chinese_throughout(run):
    text = "".join(run("explain", number, "--language", "zh") for number in ("short", "half", "long", "deemed", "gone"))
    assert "承诺办结：10工作日，到期 2026-11-16 24:00:00：按时" in text
    assert "法定办结" in text
    assert "已用60分钟，期限240分钟" in text
    assert "至此停表，已用3" in text
    assert "特别程序（听证），行政许可法 48" in text
    assert "暂停：听证" in text
    assert "周五" in text
    assert "开始当日不计入" in text
    assert "超过上限，按10工作日计" in text
    assert "超承诺时限" in text
    assert "延期超过上限（extension_above_cap）" in text
    # What is left in Latin letters is a code, a name or an address.
    events = {"case.accepted", "case.finished", "case.special_started", "case.special_ended", "case.extended",
              "case.applied", "case.received"}  # fmt: skip
    codes = events | {"extension_above_cap", "limit_without_unit", "promise", "statutory", "receipt", "accepted",
                      "gone", "short", "half", "long", "deemed", "jdz", "cn", "Asia", "Shanghai", "all-days", "fallback",
              "declared"}  # fmt: skip
    plain = re.sub(r"\{.*|http\S+|urn:\S+|\be\d+\b|\b[a-z]-1\b|\bM\d+|AR-\d+", " ", text)
    words = set(re.findall(r"[A-Za-z][\w.-]+", plain, re.ASCII))
    assert words <= codes, words - codes
