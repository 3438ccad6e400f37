"""Where a limit came from is told to the row, the statement or the rule that gave it."""

from datetime import date

import pytest

from streams.domain.origins import Origins
from streams.domain.reading import read
from streams.domain.subject import entry_of, join, new_subject
from tests.cases import accepted, china, document, event_of, subject_of
from tests.rulebooks import shipped_rulebook
from tests.stories.told import stories


def origins(told, as_of: str, subject=None):
    subject = subject or subject_of(told)
    reading = read(subject, shipped_rulebook(), china(as_of))
    found = Origins(subject, shipped_rulebook(), china(as_of))
    clocks = [clock for clock in (reading.promise, reading.statutory, *reading.clocks) if clock is not None]
    return {clock.clock_id: found.of(clock) for clock in clocks}


def test_a_promise_is_the_acceptance_s_and_the_law_s_limit_the_catalogue_s():
    found = origins([accepted("2026-11-02", promise=(10, "workday"), id="e-17")], "2026-11-03")
    promise, statutory = found["promise"], found["statutory"]
    assert (promise.kind, promise.field, promise.record_key, promise.event_id) == (
        "event", "promise", "accepted", "e-17")  # fmt: skip
    matter = shipped_rulebook().matter_on("M007", date(2026, 11, 2))
    assert (statutory.kind, statutory.matter_code, statutory.valid_from, statutory.basis) == (
        "catalogue", "M007", matter.valid_from, matter.basis)  # fmt: skip
    assert statutory.basis
    assert statutory.limit == matter.limit


def test_a_due_instant_names_its_field():
    found = origins([accepted("2026-11-02", promise_due_at="2026-11-09T17:00:00+08:00")], "2026-11-03")
    assert (found["promise"].field, found["promise"].limit) == ("promise_due_at", None)


def test_an_acceptance_by_default_has_the_catalogue_s_promise():
    told = [
        document("received", "2026-11-02", recordkey="received"),
        document("applied", "2026-11-02", matter_code="M001", unit_code="u"),
    ]
    found = origins(told, "2026-11-20")
    assert (found["promise"].kind, found["promise"].field, found["promise"].matter_code) == (
        "catalogue", "promise", "M001")  # fmt: skip
    assert (found["receipt"].kind, found["receipt"].field) == ("rule", "receipt")


@pytest.mark.parametrize(
    ("told", "outcomes"),
    [
        ([("2026-11-03", 10, "workday")], [("counts", 10)]),
        ([("2026-11-03", 500, "workday")], [("cut", 10)]),
        ([("2026-11-03", 500, "workday"), ("2026-11-04", 5, "workday")], [("replaced", 0), ("counts", 5)]),
        ([("2026-11-03", 5, "day")], [("unit", 0)]),
        ([("2026-11-03", 5, "workday"), ("2027-03-01", 5, "workday")], [("counts", 5), ("too_late", 0)]),
    ],
)
def test_an_extension_says_what_became_of_it(told, outcomes):
    extended = [
        document("extended", at, recordkey=f"x{n}", id=f"x-{n}", value=value, unit=unit)
        for n, (at, value, unit) in enumerate(told)
    ]
    found = origins([accepted("2026-11-02"), *extended], "2027-03-02")["statutory"].extensions
    assert [(one.outcome, one.added) for one in found] == outcomes
    assert [one.event_id for one in found] == [f"x-{n}" for n in range(len(told))]


def test_a_bundle_s_promise_is_stated_by_its_opening_also_where_a_child_was_accepted_before():
    opened = {"kind": "opening", "unit_code": "u1", "promise": {"value": 1, "unit": "halfday"}}
    child = {"child": "c", "matter_code": "M075", "accepted_at": "2026-11-02T01:00:00Z"}
    told = [
        document("bundle.opened", "2026-11-02", recordkey="opened", id="o-1", **opened),
        document("bundle.child_changed", "2026-11-02", recordkey="child/7", **child),
    ]
    subject = join(new_subject("bundle", "jdz|1"), [entry_of(event_of(one), china("2026-11-24")) for one in told])
    (clock,) = read(subject, shipped_rulebook(), china("2026-11-03")).clocks
    origin = Origins(subject, shipped_rulebook(), china("2026-11-03")).of(clock)
    assert clock.start.record_key == "child/7"
    assert (origin.field, origin.record_key, origin.event_id) == ("promise", "opened", "o-1")


def test_every_clock_of_every_story_has_an_origin():
    for story in stories():
        book = story.rulebook
        for subject in story.subjects(story.events).values():
            reading = read(subject, book, story.as_of)
            found = Origins(subject, book, story.as_of)
            for clock in (reading.promise, reading.statutory, *reading.clocks):
                assert clock is None or found.of(clock) is not None, (story.name, clock.clock_id)
