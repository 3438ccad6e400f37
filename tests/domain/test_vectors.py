"""The vectors of the law: due days, warnings and breaches to the instant."""

from datetime import date

import pytest

from tests.cases import accepted, china, document, reading_of, signal
from tests.rulebooks import shipped_rulebook

# design/time.md
TIME_MD = [
    ("2026-04-01", 10, None, "2026-04-16", "2026-04-09 09:00", "2026-04-15 09:00", "2026-04-17 00:00", "2026-04-22 00:00"),
    ("2026-04-01", 10, ("2026-04-07", "2026-04-13"), "2026-04-22", "2026-04-15 09:00", "2026-04-21 09:00", "2026-04-23 00:00", "2026-04-28 00:00"),
    ("2026-02-13", 5, None, "2026-02-27", "2026-02-25 09:00", "2026-02-26 09:00", "2026-02-28 00:00", "2026-03-04 00:00"),
    ("2026-09-18", 20, None, "2026-10-22", "2026-10-09 09:00", "2026-10-20 09:00", "2026-10-23 00:00", "2026-10-28 00:00"),
    ("2026-01-02", 1, None, "2026-01-04", None, "2026-01-04 15:42", "2026-01-05 00:00", "2026-01-08 00:00"),
    ("2026-10-10", 1, None, "2026-10-12", None, "2026-10-12 15:42", "2026-10-13 00:00", "2026-10-16 00:00"),
    ("2026-04-30", 5, None, "2026-05-11", "2026-05-08 09:00", "2026-05-09 09:00", "2026-05-12 00:00", "2026-05-15 00:00"),
    ("2024-02-08", 2, None, "2024-02-18", None, "2024-02-09 09:00", "2024-02-19 00:00", "2024-02-22 00:00"),
    ("2025-09-26", 5, None, "2025-10-10", "2025-09-30 09:00", "2025-10-09 09:00", "2025-10-11 00:00", "2025-10-15 00:00"),
    ("2022-12-30", 3, None, "2023-01-05", None, "2023-01-04 09:00", "2023-01-06 00:00", "2023-01-11 00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("day", "limit", "pause", "due_on", "blue", "yellow", "red", "grace"), TIME_MD)
def test_a_clock_warns_and_breaks_at_the_instants_of_the_vectors(day, limit, pause, due_on, blue, yellow, red, grace):
    told = [accepted(day, promise=(limit, "workday"), matter_code="unlisted")]
    if pause is not None:
        told += [document("special_started", pause[0]), document("special_ended", pause[1])]

    reading = reading_of(told, shipped_rulebook(), "2027-06-01")

    assert reading.promise_due_on == date.fromisoformat(due_on)
    expected = {"AR-01": blue, "AR-02": yellow, "AR-03": red, "AR-04": grace}
    begun = {rule: found.since if (found := signal(reading, rule)) else None for rule in expected}
    assert begun == {rule: china(instant) if instant else None for rule, instant in expected.items()}


# reference/domain.md §3.6
DUE_DAYS = [
    ("2022-12-30", 1, "2023-01-03"), ("2023-04-21", 5, "2023-04-27"), ("2024-02-08", 2, "2024-02-18"),
    ("2024-09-13", 3, "2024-09-19"), ("2025-01-24", 5, "2025-02-07"), ("2025-09-26", 5, "2025-10-10"),
    ("2026-01-02", 1, "2026-01-04"), ("2026-02-13", 5, "2026-02-27"), ("2026-02-13", 20, "2026-03-19"),
    ("2026-04-01", 10, "2026-04-16"), ("2026-04-30", 5, "2026-05-11"), ("2026-09-18", 20, "2026-10-22"),
    ("2026-10-10", 1, "2026-10-12"), ("2026-11-20", 20, "2026-12-18"), ("2026-11-22", 29, "2026-12-31"),
]  # fmt: skip


@pytest.mark.parametrize(("day", "limit", "due_on"), DUE_DAYS)
def test_working_days_follow_the_official_notices(day, limit, due_on):
    reading = reading_of([accepted(day, promise=(limit, "workday"))], shipped_rulebook(), day)

    assert reading.promise_due_on == date.fromisoformat(due_on)
    assert reading.promise is not None
    assert not reading.promise.is_provisional


def test_a_due_date_beyond_the_last_notice_is_marked_provisional():
    reading = reading_of([accepted("2026-11-22", promise=(30, "workday"))], shipped_rulebook(), "2026-11-23")

    assert reading.promise_due_on == date(2027, 1, 4)
    assert reading.is_provisional_due


HALF_DAYS = [
    ("2026-11-23 10:00", "2026-11-23 15:30"), ("2026-11-21 20:00", "2026-11-23 14:30"),
    ("2026-09-18 15:00", "2026-09-20 11:00"), ("2026-09-30 16:30", "2026-10-08 14:00"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "due_at"), HALF_DAYS)
def test_half_a_day_is_240_office_minutes(at, due_at):
    reading = reading_of([accepted(at, promise=(1, "halfday"))], shipped_rulebook(), at)

    assert reading.promise_due_at == china(due_at)


@pytest.mark.parametrize(
    ("day", "limit", "due_on"),
    [
        ("2026-04-15", (20, "day"), "2026-05-06"),  # 05-05 is a day off
        ("2026-01-31", (1, "month"), "2026-02-28"),  # no 31st; a Saturday that is worked
        ("2026-11-23", (0, "onspot"), "2026-11-23"),
    ],
)
def test_days_and_months_roll_to_a_working_day(day, limit, due_on):
    reading = reading_of([accepted(day, promise=limit)], shipped_rulebook(), day)

    assert reading.promise_due_on == date.fromisoformat(due_on)
