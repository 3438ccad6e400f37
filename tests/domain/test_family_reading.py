"""How the other families are read: what a story cannot tell of their data, and that no clock outlives its subject."""

from datetime import timedelta
from itertools import chain, combinations

import pytest

from streams.domain.events import FAMILIES, OUTLINES
from streams.domain.law import Law
from streams.domain.reading import read
from streams.domain.rulebook import Authority
from streams.domain.subject import entry_of, join, new_subject
from tests.cases import china, document, event_of
from tests.rulebooks import rulebook_with, shipped_rulebook

ARRIVED = "2026-11-03 10:00"
MARKED = rulebook_with(authority=Authority("jdz", clock="marked"))
BEGINNINGS = (
    ("demand.registered", {"unit_code": "u1", "kind": "finance"}),
    ("payout.applied", {"unit_code": "u1", "policy": "p1"}),
    ("intermediary.selected", {"unit_code": "u1", "kind": "survey"}),
    ("ledger.opened", {"unit_code": "u1", "kind": "old_debt"}),
    ("bundle.opened", {"unit_code": "u1", "kind": "one_thing"}),
)


def subject_of(*documents, arrived=ARRIVED):
    events = [event_of(told) for told in documents]
    subject = new_subject(events[0].family, events[0].subject_key)
    return join(subject, [entry_of(event, china(arrived)) for event in events])


def doubts(reading):
    return [(signal.level, signal.since, signal.until) for signal in reading.signals if signal.rule_id == "AR-16"]


@pytest.mark.parametrize(("event", "data"), BEGINNINGS)
def test_what_is_dated_ahead_of_its_arrival_is_faulty_from_its_time_on(event, data):
    at = "2026-11-03 10:06"
    subject = subject_of(document(event, at, **data))

    before = read(subject, shipped_rulebook(), china("2026-11-03 10:05"))
    assert (doubts(before), before.wake_at) == ([], china(at))
    reading = read(subject, shipped_rulebook(), china(at))
    assert "future_dated" in reading.findings
    assert doubts(reading) == [("red", china(at), None)]
    assert doubts(read(subject, MARKED, china(at))) == []
    assert doubts(read(subject_of(document(event, "2026-11-03 10:05", **data)), shipped_rulebook(), china(at))) == []


def test_a_deleted_record_takes_its_fault_with_it():
    applied = document(
        "payout.applied", "2026-11-02", recordkey="a", policy="p1", unit_code="u1", uscc="91360202MA0000001Y"
    )
    gone = applied | {"dataversion": 2, "operation": "D"}
    found = document("payout.eligible", "2026-11-01", recordkey="e", policy="p1")

    book, now = shipped_rulebook(), china("2026-11-03 10:00")
    assert doubts(read(subject_of(found, applied), book, now)) == [("red", china("2026-11-02"), None)]
    assert doubts(read(subject_of(found, applied, gone), book, now)) == []


#: The data of each type, as it may be told; two where it matters.
TOLD = {
    "demand.registered": [{"unit_code": "u1", "class": "general"}, {"unit_code": "u1", "class": "difficult"}],
    "demand.reclassified": [{"class": "general"}, {"class": "difficult"}],
    "demand.rated": [{"level": 5}],
    "payout.eligible": [{"policy": "p1"}],
    "payout.applied": [{"policy": "p1", "unit_code": "u1"}],
    "payout.approved": [{"amount": 10}],
    "payout.paid": [{"amount": 10}],
    "payout.rated": [{"level": 5}],
    "intermediary.selected": [{"kind": "survey", "unit_code": "u1"}],
    "intermediary.contract_signed": [{"promise": {"value": 5, "unit": "workday"}}],
    "intermediary.rated": [{"level": 5}],
    "ledger.opened": [{"kind": "old_debt", "unit_code": "u1", "due_at": "2026-03-02T17:00:00+08:00"}],
    "ledger.explained": [{"reason": "x"}],
    "ledger.transferred": [{"to_unit": "u2"}],
}
BEGUN = china("2026-02-02 09:00")
#: Bundles end with what their children tell.
TOLD_BY_SOURCES = sorted(OUTLINES.keys() - {"bundle"})


def lives(family):
    """Every choice of what may happen to a subject, each a day after the last, in the order of life."""
    types = [f"{family}.{name}" for name, _ in FAMILIES[family]]
    for chosen in chain.from_iterable(combinations(types, size) for size in range(1, len(types) + 1)):
        for place in range(max(len(TOLD.get(name, [{}])) for name in chosen)):
            documents = []
            for day, name in enumerate(chosen):
                data = TOLD.get(name, [{}])
                at = (BEGUN + timedelta(days=day)).isoformat()
                documents.append(document(name, at, recordkey=name, **data[min(place, len(data) - 1)]))
            yield documents


@pytest.mark.parametrize(
    ("family", "law"), [*((family, Law()) for family in TOLD_BY_SOURCES), ("ledger", Law(ledger_closing="anyone"))]
)
def test_no_clock_outlives_its_subject(family, law):
    book, now = rulebook_with(authority=Authority("jdz", law=law)), china("2026-11-24 10:00")
    ended = 0
    for documents in lives(family):
        reading = read(subject_of(*documents, arrived="2026-11-23 10:00"), book, now)
        if reading.stopped_at is None:
            continue
        ended += 1
        begun = [clock for clock in reading.clocks if clock.start.at <= reading.stopped_at]
        running = [
            clock.clock_id for clock in begun if clock.stopped_at is None or clock.stopped_at > reading.stopped_at
        ]
        assert running == [], [told["type"] for told in documents]
        assert [signal.rule_id for signal in reading.signals if signal.until is None] == []
    assert ended > 1


def test_a_payment_is_due_no_longer_once_it_is_refused():
    at = {"applied": "2026-09-01", "approved": "2026-09-02", "rejected": "2026-09-25"}
    data = {"applied": {"policy": "p1", "unit_code": "u1"}, "approved": {"amount": 10}, "rejected": {}}
    told = [document(f"payout.{name}", at[name], **data[name]) for name in at]
    reading = read(subject_of(*told, arrived="2026-11-01 10:00"), shipped_rulebook(), china("2026-11-24 10:00"))
    assert [(one.rule_id, one.until) for one in reading.signals] == [("AR-21", china("2026-09-25"))]


@pytest.mark.parametrize(
    ("first", "then", "code"),
    [
        ("demand.registered", "demand.contacted", "never_registered"),
        ("payout.applied", "payout.approved", "never_applied"),
        ("intermediary.selected", "intermediary.contract_signed", "never_selected"),
        ("ledger.opened", "ledger.progressed", "never_opened"),
    ],
)
def test_a_beginning_that_is_taken_back_is_missed(first, then, code):
    begun, went_on = (
        document(name, at, recordkey=name, **TOLD.get(name, [{}])[0])
        for name, at in ((first, "2026-11-02"), (then, "2026-11-03"))
    )
    gone = begun | {"dataversion": 2, "operation": "D"}
    book, now = shipped_rulebook(), china("2026-11-24 10:00")

    whole = read(subject_of(begun, went_on), book, now)
    rest = read(subject_of(begun, went_on, gone), book, now)
    assert (code in whole.findings, whole.unit_code) == (False, "u1")
    assert (code in rest.findings, rest.unit_code) == (True, None)
    assert read(subject_of(gone), book, now).state == "deleted"
