"""A simulated city tells the same for the same seed, and the platform finds the truth that was drawn."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import date
from functools import cache

import psycopg
import pytest
from msgspec.structs import replace

from connectors.kafka import ensure_topics
from connectors.sources.simulated import diary as its_diary
from connectors.sources.simulated.applications import UNKNOWN
from connectors.sources.simulated.city import city_of
from connectors.sources.simulated.clocks import ROWS
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.plan import Oddities, Plan
from connectors.sources.simulated.reference import reference_rows
from infra.cli.simulate import send
from infra.reference_data.files import read_directory
from infra.reference_data.rows import parse
from infra.reference_data.shipped import rulebook_of_rows
from infra.reference_data.tables import SHIPPED
from streams.domain.uscc import is_valid_uscc
from tests.connectors import simulated_truth
from tests.connectors.simulated_truth import admitted, city, differences, run

ORDINARY = Plan(20_000, 14)
#: Hardly anything goes as it should.
DISORDERLY = Oddities(
    late=0.3, doubled=0.1, resent=0.1, mistyped=0.2, reinserted=0.15, overdue=0.4, corrected=0.3, corrected_twice=0.4,
    deemed=0.4, paused=1.0, overrun=0.6, irregular=0.2, miscoded=0.2, extended=0.3, reopened=0.5, withdrawn=0.1,
    explicit=0.2, two_systems=0.5, back_entered=0.5, mistaken=0.3, removed=0.05, reclassified=0.6, renewing=0.3,
    bad_uscc=0.1, uncalled=0.3, otherwise=0.3, revoked=0.3, overruled=0.5, instalments=0.6, undone=0.6,
)  # fmt: skip


@cache
def ordinary():
    ran = run(ORDINARY)
    return ran, admitted(ran.lines)


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others():
    plan = Plan(3000, 5, days=20)
    one, again = run(plan), run(plan)
    assert again[:3] == one[:3]
    assert run(replace(plan, seed=6)).lines != one.lines


@pytest.mark.parametrize("events", [1000, 3000, 20_000])
def test_there_are_exactly_as_many_events_as_asked(events):
    assert len(run(Plan(events, 3, days=30)).lines) == events


def test_every_event_is_admitted_and_nothing_of_it_is_dropped():
    assert len(ordinary()[1]) == 20_000


def test_all_families_are_told_and_no_child_of_a_bundle_is():
    types = Counter(event.type for event in ordinary()[1])
    assert {name.partition(".")[0] for name in types} == {
        "case", "bundle", "demand", "payout", "intermediary", "ledger", "catalogue", "governance", "activity", "source",
    }  # fmt: skip
    assert "bundle.child_changed" not in types
    children = {event.data.partition(b'"bundle":')[2] for event in ordinary()[1] if event.type == "case.accepted"}
    assert len(children) > 10


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(ORDINARY, id="ordinary"),
        pytest.param(Plan(20_000, 2, start=date(2026, 1, 20), days=45), id="over-spring-festival"),
        pytest.param(Plan(20_000, 3, days=30, oddities=DISORDERLY), id="disorderly"),
        pytest.param(
            Plan(20_000, 4, start=date(2023, 4, 10), days=200, oddities=DISORDERLY),
            id="long-and-disorderly",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_platform_finds_the_truth_of_every_subject_and_cell(plan):
    ran = run(plan)
    events = admitted(ran.lines)
    assert (
        simulated_truth.local(max(event.at for event in events)) == {one["as_of"] for one in ran.truth.values()}.pop()
    )
    assert differences(ran, events) == {}


@pytest.mark.slow
def test_where_the_law_counts_from_the_papers_so_does_the_truth(monkeypatch):
    plan = Plan(20_000, 6, days=60, oddities=DISORDERLY)
    book = simulated_truth.rulebook(plan)
    matters = book.matters | {
        code: tuple(replace(matter, clock_start="receive") for matter in book.matters[code])
        for code in ("M004", "M006", "M012", "M021", "M070", "M073")
    }
    its_city = city_of(book.schedules["cn"], book.schedules["every_day"], catalogue=matters)
    monkeypatch.setattr(simulated_truth, "city", lambda _: its_city)
    ran = run(plan)
    events = admitted(ran.lines)
    assert differences(ran, events, by=replace(book, matters=matters)) == {}
    assert len(differences(ran, events, by=book)) > 100


def test_shuffled_and_doubled_it_is_read_the_same():
    ran, events = ordinary()
    disorder = [event for event in events for _ in range(2)]
    random.Random(9).shuffle(disorder)
    assert differences(ran, disorder) == {}


def test_the_truth_has_something_of_everything():
    ran, _ = ordinary()
    ones = ran.truth.values()
    signals = Counter((signal["rule_id"], signal["level"]) for one in ones for signal in one.get("signals", ()))
    assert {rule for rule, _ in signals} >= {f"AR-{number:02}" for number in (*range(1, 11), *range(12, 17), 21, 22)}
    assert signals["AR-03", "red"] > 60
    judged = Counter((one["family"], one["is_on_time"]) for one in ones if "is_on_time" in one)
    assert judged["case", True] > 10 * judged["case", False] > 500
    assert sum("stopped_at" not in one for one in ones) > 50
    assert sum("promise_due_at" in one for one in ones) > 500
    assert sum(one.get("is_deleted", False) for one in ones) > 2
    clocks = {run["clock_id"] for one in ones for run in one.get("clocks", ())}
    assert clocks == {row.clock_id for rows in ROWS.values() for row in rows} | {"consent"}
    assert {code for one in ones for code in one.get("findings", ())} == {
        "unknown_matter", "promise_above_limit", "accepted_after_deemed", "extension_unit", "verified_by_its_own_doer",
        "closed_without_verification", "unmapped_code", "deemed_approved", "deemed_renewed",
        "extension_above_cap",
    }  # fmt: skip


def test_a_reader_that_counts_the_days_between_the_stages_of_a_project_does_not_find_it():
    ran, events = ordinary()
    projects = {key for key, one in ran.truth.items() if one.get("matter_code") == "gcxm"}
    assert len(projects) == 4
    tables = read_directory(SHIPPED)
    tables["clock_rule"] = [row | {"pauses": row["pauses"].replace("idle", "")} for row in tables["clock_rule"]]
    naive = replace(simulated_truth.rulebook(ORDINARY), clocks=rulebook_of_rows(tables).clocks)
    assert {key for key in differences(ran, events, by=naive) if key in ran.truth} == projects


def test_a_project_is_told_in_the_words_of_its_four_stages():
    said = [json.loads(event.data) for event in ordinary()[1] if event.type == "case.accepted"]
    assert {data["project_stage"] for data in said if "project_stage" in data} == {
        "land",
        "plan",
        "build",
        "completion",
    }


def test_what_is_drawn_for_projects_leaves_every_other_draw_as_it_is(monkeypatch):
    together, _ = ordinary()
    monkeypatch.setattr(its_diary, "_PER_PROJECT", 10**9)
    most = [line for line in run(ORDINARY).lines if json.loads(line)["time"] < "2025-03-25"]
    assert len(most) > 18_000
    assert set(most) <= set(together.lines)


def test_of_many_projects_some_wait_for_a_stage_until_their_clock_has_run_out(monkeypatch):
    monkeypatch.setattr(its_diary, "_PER_PROJECT", 400)
    ran = run(Plan(20_000, 27, start=date(2025, 4, 1), days=75, oddities=Oddities(overdue=0.6)))
    assert differences(ran, admitted(ran.lines)) == {}
    lacking = [one for one in ran.truth.values() if "bundle_without_mandatory_child" in one.get("findings", ())]
    assert lacking
    assert all(one["matter_code"] == "gcxm" and "stopped_at" not in one for one in lacking)


def test_a_reader_of_another_calendar_does_not_find_it():
    """The comparison can fail: Monday to Friday is not how the city works."""
    ran, events = ordinary()
    book = simulated_truth.rulebook(ORDINARY)
    naive = replace(book, schedules=book.schedules | {"cn": book.schedules["weekdays"]})
    assert len(differences(ran, events, by=naive)) > 100


def test_late_events_are_sent_later_than_what_happened_after_them():
    lines = ordinary()[0].lines
    times = [json.loads(line)["time"] for line in lines]
    latest, late = "", 0
    for at in times:
        late += at[:10] < latest[:10]
        latest = max(latest, at)
    assert late > 200


@pytest.mark.slow
def test_what_goes_wrong_goes_wrong_as_often_as_asked():
    shares = Oddities(
        doubled=0.04, resent=0.05, reinserted=0.02, unknown_matter=0.05, bad_uscc=0.1, reopened=0.1, withdrawn=0.08,
        two_systems=0.2, removed=0.03, mistaken=0.0, paused=1.0, not_accepted=0.1,
    )  # fmt: skip
    lines, truth, _, diary = run(Plan(30_000, 8, oddities=shares))
    documents = [json.loads(line) for line in lines]
    told = [document for document in documents if not document["type"].startswith("cn.gov.approval.source")]
    cases = {document["subject"] for document in told if document["type"].startswith("cn.gov.approval.case.")}
    found = _found(told)
    records = len({(one["source"], one["subject"], one["recordkey"]) for one in told})
    assert len(lines) - len(set(lines)) == pytest.approx(0.04 * records, rel=0.15)
    assert len(found["deleted"]) / records == pytest.approx(0.02 + 0.03, rel=0.25)
    assert len(found["unknown"]) / len(cases) == pytest.approx(0.05, rel=0.25)
    assert len(found["withdrawn"]) / len(cases) == pytest.approx(0.08 * 0.9, rel=0.25)
    assert len(found["refused"]) / len(cases) == pytest.approx(0.1, rel=0.25)
    assert len(found["both"]) / len(cases) == pytest.approx(0.2 * 0.9, rel=0.25)
    assert len(found["false"]) / len(cases) == pytest.approx(0.1 * 0.6, rel=0.25)
    assert sum(one.get("is_deleted", False) for one in truth.values()) / len(cases) == pytest.approx(
        0.03 * 0.9, rel=0.35
    )
    assert diary.tally["mistaken"] == 0
    assert found["paused"]


def _found(documents):
    """Oddity → the subjects (or records) that it befell, as the messages show it."""
    found, sources = defaultdict(set), defaultdict(set)
    for document in documents:
        subject, data, name = document["subject"], document.get("data", {}), document["type"].split(".")[-2]
        applicant = data.get("applicant", {})
        is_case = ".case." in document["type"]
        if is_case:
            sources[subject].add(document["source"])
        marks = {
            "unknown": data.get("matter_code") == UNKNOWN,
            "false": not is_valid_uscc(applicant["uscc"]) if "uscc" in applicant else False,
            "withdrawn": data.get("result") == "withdrawn",
            "refused": name == "not_accepted",
            "paused": name == "special_started",
        }
        for oddity, holds in marks.items():
            if holds:
                found[oddity].add(subject)
        if document.get("operation") == "D":
            found["deleted"].add((document["source"], subject, document["recordkey"]))
    found["both"] = {subject for subject, names in sources.items() if len(names) > 1}
    return found


@pytest.mark.slow
def test_a_silent_source_says_nothing_and_then_everything():
    lines, _, _, diary = run(Plan(60_000, 2, days=20, oddities=Oddities(silenced=1.0)))
    assert diary.tally["silenced"] == len(city(ORDINARY).sources)
    beats = [json.loads(line) for line in lines if b"source.heartbeat" in line]
    hall = [beat["time"] for beat in beats if beat["source"].endswith("sim-hall-360200")]
    of_all = {beat["time"] for beat in beats}
    assert 0 < len(hall) < len(of_all)


def test_offices_that_enter_afterwards_enter_in_one_second():
    lines, _, _, diary = run(Plan(30_000, 2, oddities=Oddities(back_entered=1.0)))
    assert diary.tally["back_entered"] > 300
    police = [json.loads(line) for line in lines if b"sim-police" in line and b"case.finished" in line]
    seconds = Counter(document["recordedtime"] for document in police)
    assert seconds.most_common(1)[0][1] >= 20


def test_its_reference_rows_are_valid_and_name_forty_units():
    rows = reference_rows(city(ORDINARY))
    parsed = parse(rows).rows
    assert len(parsed["unit"]) == 40
    assert {code[0] for code in parsed["authority"]} == {"simulated-city"}
    assert len(parsed["source"]) == 13


def command(*arguments):
    return [sys.executable, "-m", "infra.cli", "simulate", *arguments]


@pytest.mark.slow
def test_the_command_writes_events_truth_and_reference_rows(tmp_path):
    arguments = ("--events", "2000", "--seed", "4", "--days", "20", "--json", "--out")
    outcomes = [
        json.loads(subprocess.run(command(*arguments, str(tmp_path / name)), capture_output=True, check=True).stdout)
        for name in ("a", "b")
    ]
    assert outcomes[0]["events"] == 2000
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "authority.csv",
        "cells.jsonl",
        "events.jsonl",
        "schedule_assignment.csv",
        "source.csv",
        "truth.jsonl",
        "unit.csv",
    ]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len((tmp_path / "a" / "events.jsonl").read_bytes().splitlines()) == 2000


@pytest.mark.slow
def test_interrupted_it_leaves_no_half_files(tmp_path):
    folder = tmp_path / "out"
    process = subprocess.Popen(
        command("--events", "50000000", "--out", str(folder)),
        stderr=subprocess.PIPE,
        # a shell's background job ignores the signal, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it does nothing else
    )
    deadline = time.monotonic() + 30
    while not list(folder.glob(".events*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert list(folder.iterdir()) == []


@pytest.mark.broker
def test_it_is_sent_with_marks_up_to_its_last_second(settings):
    ensure_topics(settings)
    plan = Plan(1000, 1, days=3)
    sent = send(settings, Diary(plan, city(plan)), city=city(plan), report=lambda _: None)
    assert (sum(sent.events.values()), sent.rejected) == (1000, {})
    assert sent.marks > 0
    assert simulated_truth.local(sent.up_to) == "2025-01-04T23:59:59+08:00"
    with psycopg.connect(settings.database) as connection:
        row = connection.execute("select clock from reference.authority where authority = 'simulated-city'").fetchone()
    assert row == ("marked",)
