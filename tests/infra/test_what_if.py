"""`govpulse what-if` on what the stream holds."""

import json

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


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    monkeypatch.setenv("GOVPULSE_HOME", str(tmp_path))
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("GOVPULSE_DATABASE", database)
    engine = engine_on(database)
    told = []
    for number in range(6):
        told.append(accepted("2026-11-02", number=f"n{number}", promise=(5, "workday")))
        told.append(
            document("finished", f"2026-11-{3 + number:02}", number=f"n{number}", recordkey="f", result="granted")
        )
    for number in range(2):
        given = {"number": f"d{number}"}
        told.append(document("applied", "2026-11-02", **given, recordkey="a", matter_code="M001", unit_code="u1"))
        told.append(document("received", "2026-11-02", **given, recordkey="r"))
        told.append(document("finished", f"2026-11-{11 + number}", **given, recordkey="f", result="granted"))
    for number, given in (
        ("free", {}),
        ("late", {}),
        ("void", {}),
        ("held", {"promise_due_at": china("2026-11-03 12:00").isoformat()}),
    ):
        told.append(accepted("2026-11-02", number=number, matter_code="M031", **given))
        ended = {"free": "03", "late": "06", "void": "03", "held": "04"}[number]
        result = "void" if number == "void" else "granted"
        told.append(document("finished", f"2026-11-{ended}", number=number, recordkey="f", result=result))
    told.append(accepted("2026-11-02", number="open", matter_code="M031"))
    told.append(document("finished", "2026-11-03", number="never", recordkey="f", result="granted"))
    told.append(accepted("2026-11-02", number="alone", matter_code="M012"))
    told.append(document("finished", "2026-11-03", number="alone", recordkey="f", result="granted"))
    engine.apply(CASES, records(told), end=End(len(told), china("2026-11-24")))
    engine.store.close()
    return lambda *arguments: runner.invoke(app, list(arguments))


def test_a_shorter_promise_is_read_case_by_case(run):
    found = run("what-if", "--matter", "M007", "--promise", "2wd", "--json")
    assert found.exit_code == 0, found.output
    was, would = json.loads(found.stdout)["results"]
    assert (was["finished"], was["on_time"], would["on_time"]) == (6, 6, 2)
    assert 0 < would["interval_low"] < would["rate"] < would["interval_high"] < 1


def test_a_case_accepted_by_default_is_read_under_the_other_promise_too(run):
    was, would = json.loads(run("what-if", "--matter", "M001", "--promise", "7wd", "--json").stdout)["results"]
    assert (was["finished"], was["on_time"], would["on_time"]) == (2, 0, 1)


def test_cases_without_a_promise_are_read_under_the_other_one_too(run):
    """Not those that are open or void; as promised only those that had a promise are judged."""
    found = json.loads(run("what-if", "--matter", "M031", "--promise", "2wd", "--json").stdout)
    assert (found["finished"], found["read"], found["without_promise"]) == (3, 3, 2)
    was, would = found["results"]
    assert (was["finished"], was["on_time"]) == (1, 0)
    assert (would["finished"], would["on_time"]) == (3, 2)
    assert "2 had no promise" in run("what-if", "--matter", "M031", "--promise", "2wd").stdout


def test_a_matter_whose_cases_have_no_promise_has_a_rate_under_one(run):
    found = run("what-if", "--matter", "M012", "--promise", "2wd", "--json")
    assert found.exit_code == 0, found.output
    was, would = json.loads(found.stdout)["results"]
    assert (was["finished"], was["rate"], was["interval_low"]) == (0, None, None)
    assert (would["finished"], would["on_time"], would["rate"]) == (1, 1, 1)
    assert run("what-if", "--matter", "M012", "--promise", "2wd").exit_code == 0


def test_cases_left_out_are_announced(run):
    found = json.loads(run("what-if", "--matter", "M007", "--promise", "2wd", "--most", "4", "--json").stdout)
    assert (found["finished"], found["read"], found["is_cut"]) == (6, 4, True)
    assert [row["on_time"] for row in found["results"]] == [4, 0]  # the newest
    text = run("what-if", "--matter", "M007", "--promise", "2wd", "--most", "4").stdout
    assert "the newest 4 of 6 finished cases: --most 6 reads all" in text
    whole = json.loads(run("what-if", "--matter", "M007", "--promise", "2wd", "--json").stdout)
    assert not whole["is_cut"]
    assert "newest" not in run("what-if", "--matter", "M007", "--promise", "2wd").stdout


def test_a_matter_without_cases_is_said(run):
    found = run("what-if", "--matter", "M006", "--promise", "2wd")
    assert found.exit_code == 2
    assert "M006" in found.output


@pytest.mark.parametrize(
    ("promise", "most", "said"),
    [
        ("0wd", "10", "'0wd' is no limit"),
        ("5onspot", "10", "'5onspot' is no limit"),
        ("2wd", "99999999999999999999", "100000000"),
    ],
)
def test_a_promise_or_a_number_that_cannot_be_is_refused(run, promise, most, said):
    found = run("what-if", "--matter", "M007", "--promise", promise, "--most", most)
    assert (found.exit_code, found.exception.__class__) == (2, SystemExit)
    assert said in found.output


def test_open_questions_are_listed_with_their_answers(run):
    found = json.loads(run("doctor", "--json").stdout)
    answers = {choice["question"]: choice["answer"] for choice in found["choices"]}
    [half_a_day] = [answer for question, answer in answers.items() if question.startswith("half a day (cn, ")]
    assert half_a_day == "240 office minutes"
    assert answers["special procedures"] == "0 matters list theirs; of the others any pauses"
    assert answers["by how much a limit may be extended"] == "21 of 92 matters say; of the others as told"
    assert answers["day whose guide cuts are compared with"] == "2022-03-07"
    assert answers["clock starts with the receipt"] == "0 of 92 matters"
    assert {
        "longest pause (jdz)",
        "days of a pause (jdz)",
        "rating",
        "who closes a signal",
        "promises in the catalogue",
    } <= answers.keys()
    assert answers["answer to an application received"] == "5 workday"
    assert answers["answer to an application received (discharge permit) (M029)"] == "3 day"
    assert answers["deemed consent (M012)"] == "as promised"
    assert answers["who closes a ledger item (jdz)"] == "anyone, once somebody other than its doer has verified it"
    assert "do not extend" in answers["readings of jdz"]
