"""Warnings of all clocks but a case's promise: levels of rules, one row each, that rise and end with the clock (AR-05 …)."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from connectors.sources.simulated.days import MICRO
from connectors.sources.simulated.plan import DAY
from connectors.sources.simulated.rulers import reach
from connectors.sources.simulated.watches import Watch

LEVELS = ("blue", "yellow", "red", "escalation")


class Level(Struct, frozen=True):
    """`of`: at which place of its clock it begins; `number`: the day counted, days of the clock or working days left, or minutes left."""

    rule_id: str
    clock_id: str
    level: str
    of: Literal["breach", "share", "counted", "left", "workdays", "minutes"]
    number: int = 0


ROWS = (
    Level("AR-05", "step", "yellow", "share"),
    Level("AR-05", "step", "red", "breach"),
    Level("AR-06", "receipt", "yellow", "counted", 3),
    Level("AR-06", "receipt", "red", "breach"),
    Level("AR-07", "delivery", "yellow", "counted", 8),
    Level("AR-07", "delivery", "red", "breach"),
    Level("AR-09", "special", "yellow", "left", 1),
    Level("AR-09", "special", "red", "breach"),
    Level("AR-11", "consent", "yellow", "workdays", 2),
    Level("AR-11", "consent", "red", "workdays", 1),
    Level("AR-11", "consent", "escalation", "minutes", 240),
    Level("AR-14", "rating_contact", "yellow", "breach"),
    Level("AR-14", "rating_repair", "red", "breach"),
    Level("AR-15", "demand_contact", "yellow", "minutes", 240),
    Level("AR-15", "demand_contact", "red", "breach"),
    Level("AR-15", "demand_close", "yellow", "counted", 4),
    Level("AR-15", "demand_close", "red", "breach"),
    Level("AR-15", "demand_reply", "yellow", "counted", 9),
    Level("AR-15", "demand_reply", "red", "breach"),
    Level("AR-20", "intermediary", "yellow", "breach"),
    Level("AR-21", "payout_payment", "yellow", "breach"),
    Level("AR-22", "ledger_progress", "yellow", "breach"),
)
_OF_CLOCK = {row.clock_id: tuple(one for one in ROWS if one.clock_id == row.clock_id) for row in ROWS}


class Warned(Struct, frozen=True):
    """A signal as it stands at the end, or stood: instants in microseconds."""

    rule_id: str
    level: str
    clock_id: str
    record: str
    since: int
    until: int | None = None
    due_at: int | None = None


def warned(watches: Iterable[Watch]) -> Iterator[Warned]:
    """What the levels of these clocks have come to: one signal for every clock that has reached one."""
    for clock in watches:
        until = None if clock.clear is None else clock.clear * MICRO
        reached = [
            (level, begin)
            for level in _OF_CLOCK.get(clock.clock_id, ())
            if (begin := _reached(level, clock)) is not None
        ]
        if reached:
            highest = max((level for level, _ in reached), key=lambda level: LEVELS.index(level.level))
            since = min(begin for _, begin in reached)
            yield Warned(highest.rule_id, highest.level, clock.clock_id, clock.record, since, until, clock.due_at)


def _reached(level: Level, clock: Watch) -> int | None:
    """When a level began, if it has: before the stop, not after the end; a broken instant is broken only after it."""
    begin = _begin(level, clock)
    if begin is None:
        return None
    begin = max(begin, (clock.deemed_at or clock.start) * MICRO)
    if clock.stop is not None:
        return begin if begin < clock.stop * MICRO else None
    is_strict = level.of == "breach" and not clock.ruler.counts_days
    return begin if begin < clock.end * MICRO or (begin == clock.end * MICRO and not is_strict) else None


def _begin(level: Level, clock: Watch) -> int | None:
    match level.of:
        case "breach":
            return clock.due_at
        case "share":
            return share_used(clock)
        case "minutes":
            if clock.due_at is None:
                return None
            days = clock.ruler.days
            return days.after_office_micros(days.office_micros(clock.due_at) - level.number * 60 * MICRO)
        case "counted":
            return counted(clock, level.number) if level.number < clock.length else None
        case _:
            if clock.ruler.counts_days and not (level.of == "workdays" and clock.ruler.is_natural):
                return counted(clock, max(0, clock.length - level.number))
            if clock.due_on is None:
                return None
            days = clock.ruler.days
            return after_pauses(clock, days.opening(days.day(days.number(clock.due_on * DAY) - level.number)))


def counted(clock: Watch, number: int) -> int | None:
    """The opening of the day on which so many are counted, after the pause it lies in."""
    begin = clock.ruler.place(clock.start)
    target = clock.ruler.count(begin) + number
    day = reach(clock.ruler, clock.stretches, first=max(begin, clock.ruler.at(target)), target=target)
    return None if day is None else after_pauses(clock, clock.ruler.opening(day))


def share_used(clock: Watch) -> int | None:
    """Nine tenths of the days, at least one and not the last; of hours, or of a single day's hours, four fifths."""
    ruler = clock.ruler
    if not ruler.counts_days:
        if clock.length <= 0:
            return None
        begin = ruler.place(clock.start)
        target = ruler.count(begin) + _up(4 * clock.length, 5)
        found = reach(ruler, clock.stretches, first=max(begin, ruler.at(target)), target=target)
        return None if found is None else after_pauses(clock, found)
    if clock.length >= 2:
        return counted(clock, max(1, min(_up(9 * clock.length, 10), clock.length - 1)))
    if clock.due is None:
        return None
    days = ruler.days
    before, after = (days.office_micros(day * DAY * MICRO) for day in (clock.due, clock.due + 1))
    if before == after:
        return None
    return after_pauses(
        clock, max(clock.start * MICRO, days.after_office_micros(before + _up(4 * (after - before), 5)))
    )


def after_pauses(clock: Watch, begin: int) -> int | None:
    """The instant itself, or the first opening after the pauses it lies in; None while one of them goes on."""
    for paused, resumed in clock.micros:
        if paused <= begin and (resumed is None or begin < resumed):
            if resumed is None:
                return None
            begin = next_opening(clock, resumed)
    return begin


def next_opening(clock: Watch, micros: int) -> int:
    """The first opening of a day at or after an instant; natural days open at nine."""
    ruler, day = clock.ruler, micros // (DAY * MICRO)
    if ruler.is_natural:
        return ruler.opening(day) if ruler.opening(day) >= micros else ruler.opening(day + 1)
    day = ruler.days.workday_from(day)
    opening = ruler.opening(day)
    return opening if opening >= micros else ruler.opening(ruler.days.workday_from(day + 1))


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
