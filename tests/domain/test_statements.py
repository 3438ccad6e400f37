"""What a story cannot tell: it arrives whenever its reader likes, and end to end it lives by marks."""

import pytest

from streams.domain.reading import read
from streams.domain.rulebook import Authority
from tests.cases import accepted, china, subject_of
from tests.rulebooks import rulebook_with, shipped_rulebook

ARRIVED = "2026-11-03 10:00"
MARKED = rulebook_with(authority=Authority("jdz", clock="marked"))


@pytest.mark.parametrize(
    ("dated", "rulebook", "as_of", "since"),
    [
        ("2026-11-03 10:05", shipped_rulebook(), "2026-11-03 12:00", None),  # clocks may differ by five minutes
        ("2026-11-03 10:06", shipped_rulebook(), "2026-11-03 10:05", None),  # it is not seen before its time
        ("2026-11-03 10:06", shipped_rulebook(), "2026-11-03 10:06", "2026-11-03 10:06"),
        ("2026-11-03 10:06", MARKED, "2026-11-03 12:00", None),
    ],
)
def test_an_event_dated_ahead_of_its_arrival_is_faulty(dated, rulebook, as_of, since):
    reading = read(subject_of([accepted(dated)], arrived=ARRIVED), rulebook, china(as_of))

    assert reading.findings == (("future_dated",) if since else ())
    signals = [(signal.rule_id, signal.level, signal.since, signal.until) for signal in reading.signals]
    assert signals == ([("AR-16", "red", china(since), None)] if since else [])
