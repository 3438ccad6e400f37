"""L and P: how long a limit is in working days, so that limits of different units can be compared."""

from datetime import date, datetime
from functools import lru_cache

from streams.domain.limits import Limit, months_after
from streams.domain.worktime import Schedule

MILLION = 1_000_000
#: Cases share their days and limits: what was worked out of one is remembered.
REMEMBERED = 65_536


@lru_cache(REMEMBERED)
def of_limit(schedule: Schedule, start: date, limit: Limit) -> int:
    """Millionths of a working day, rounded half up; pauses and extensions left out (`docs/reading-a-case.md` §6)."""
    calendar = schedule.calendar
    match limit.unit:
        case "onspot":
            return MILLION
        case "workday":
            return limit.value * MILLION
        case "day" | "month":
            days = limit.value if limit.unit == "day" else (months_after(start, limit.value) - start).days
            end = calendar.next_workday(date.fromordinal(start.toordinal() + days))
            return (calendar.workday_number(end) - calendar.workday_number(start)) * MILLION
        case "halfday":
            return limit.value * MILLION // 2
        case _:
            minutes = limit.value * (60 if limit.unit == "hour" else 1)
            return _rounded(minutes * MILLION, schedule.minutes_of_day(calendar.next_workday(start)))


@lru_cache(REMEMBERED)
def of_due(schedule: Schedule, start: date, due_at: datetime) -> int:
    """Millionths of a working day from the day of start to an explicit due instant."""
    calendar = schedule.calendar
    return (calendar.workday_number(schedule.local_date(due_at)) - calendar.workday_number(start)) * MILLION


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
