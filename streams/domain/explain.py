"""Why this date: every day of a clock, counted or skipped, and the reason."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from streams.domain.clocks import Clock
from streams.domain.rulers import NaturalDayRuler
from streams.domain.worktime import Schedule

#: Longer clocks are explained up to here.
MOST_DAYS = 3000


class Day(Struct, frozen=True):
    """One local day of a clock. `counted`: days (0 or 1), or office minutes of an instant clock; `total`: up to then."""

    day: date
    counted: int
    total: int
    reason: str


def explain(clock: Clock) -> list[Day]:
    """The days from the start to the last that matters: the due day, the stop, or today."""
    schedule = clock.schedule
    first = schedule.local_date(clock.start.at)
    ends = [schedule.local_date(clock.read_at), *([clock.due_on] if clock.due_on is not None else [])]
    last = min(max(ends), first + timedelta(days=MOST_DAYS))
    days = _of_days(clock, first, last) if clock.counts_days else _of_minutes(clock, first, last)
    return list(days)


def _of_days(clock: Clock, first: date, last: date) -> Iterator[Day]:
    total, day = 0, first
    while day <= last:
        counted, reason = _count(clock, first, day)
        total += counted
        if clock.due_on == day:
            reason += "; the last day"
        yield Day(day, counted, total, reason)
        day += timedelta(days=1)


def _count(clock: Clock, first: date, day: date) -> tuple[int, str]:
    if day == first:
        return 0, "day 0: the day of the start is not counted (民法典 201)"
    for begin, end in clock.stretches:
        if begin < day and (end is None or day <= end):
            return 0, f"not counted: {_pause_of(clock, day)}"
    if isinstance(clock.ruler, NaturalDayRuler):
        return 1, _about(clock.schedule, day)
    return (1 if clock.schedule.calendar.is_workday(day) else 0), _about(clock.schedule, day)


def _of_minutes(clock: Clock, first: date, last: date) -> Iterator[Day]:
    schedule, day, before = clock.schedule, first, 0
    while day <= last:
        midnight = schedule.midnight_after(day)
        total = _minutes_until(clock, midnight)
        reason = _about(schedule, day)
        if any(begin < midnight and (end is None or end > schedule.midnight_after(day - timedelta(days=1)))
               for begin, end in clock.stretches):  # fmt: skip
            reason += f"; {_pause_of(clock, day)}"
        if clock.due_on == day and clock.due_at is not None:
            reason += f"; runs out at {clock.due_at.astimezone(schedule.zone):%H:%M:%S}"
        yield Day(day, total - before, total, reason)
        before, day = total, day + timedelta(days=1)


def _minutes_until(clock: Clock, instant: datetime) -> int:
    """Office minutes counted from the start to an instant, pauses left out."""
    ruler, start = clock.ruler, clock.start.at
    counted = ruler.count(instant) - ruler.count(start)
    for begin, end in clock.stretches:
        if begin < instant:
            counted -= ruler.count(min(end, instant) if end is not None else instant) - ruler.count(begin)
    return max(0, int(counted)) // 60_000_000


def _pause_of(clock: Clock, day: date) -> str:
    """What stands between the clock and this day."""
    midnight = clock.schedule.midnight_after(day)
    for pause in clock.pauses:
        if pause.started_at < midnight and (pause.ended_at is None or clock.schedule.local_date(pause.ended_at) >= day):
            what = "from the stop to the reopening" if pause.kind == "excluded" else f"paused ({pause.reason})"
            return f"{what}, {pause.basis}" if pause.basis else what
    return "paused"


def _about(schedule: Schedule, day: date) -> str:
    """What the calendar says of a day."""
    calendar = schedule.calendar
    rule = calendar.rules.get(day)
    worked, weekday = calendar.is_workday(day), day.weekday() < 5
    if worked:
        text = (
            "working day"
            if weekday or calendar.ordinary == "every_day"
            else "working day: a weekend worked instead of a holiday"
        )
    elif rule is not None and rule.name:
        text = f"day off: {rule.name}"
    else:
        text = "day off: weekend" if not weekday else "day off"
    is_official = rule.is_official if rule is not None else calendar.is_ordinary_official
    return text if is_official else f"{text} (provisional: no notice yet)"
