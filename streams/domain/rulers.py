"""Rulers count time, and one rule says when a limit runs out on any of them (`docs/reading-a-case.md` §4)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from msgspec import Struct

from streams.domain.worktime import Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

#: A place on a ruler: a local date, or an instant. `Any` because one ruler never mixes them.
Place = Any
#: From a place to another; None is an end that has not come.
Stretch = tuple[Place, Place | None]


class Ruler(Protocol):
    """Counts up to a place, and finds the earliest place of a count."""

    @property
    def schedule(self) -> Schedule: ...
    @property
    def counts_days(self) -> bool: ...
    def place(self, instant: datetime) -> Place: ...
    def count(self, place: Place) -> int: ...
    def at(self, count: int) -> Place: ...
    def roll(self, place: Place) -> Place: ...
    def __hash__(self) -> int: ...


class WorkdayRuler(Struct, frozen=True):
    """Working days of the official calendar, make-up weekend days included (行政许可法 82)."""

    schedule: Schedule
    counts_days: bool = True

    def place(self, instant: datetime) -> date:
        return self.schedule.local_date(instant)

    def count(self, place: date) -> int:
        return self.schedule.calendar.workday_number(place)

    def at(self, count: int) -> date:
        return self.schedule.calendar.nth_workday(count)

    def roll(self, place: date) -> date:
        return place

    def days_after(self, day: date, number: int) -> date:
        return self.at(self.count(day) + number)


class NaturalDayRuler(Struct, frozen=True):
    """Every day; a last day off becomes the next working day (民法典 203)."""

    schedule: Schedule
    counts_days: bool = True

    def place(self, instant: datetime) -> date:
        return self.schedule.local_date(instant)

    def count(self, place: date) -> int:
        return place.toordinal()

    def at(self, count: int) -> date:
        return date.fromordinal(count)

    def roll(self, place: date) -> date:
        return self.schedule.calendar.next_workday(place)

    def days_after(self, day: date, number: int) -> date:
        return day + timedelta(days=number)


class BusinessRuler(Struct, frozen=True):
    """Microseconds inside office sessions."""

    schedule: Schedule
    counts_days: bool = False

    def place(self, instant: datetime) -> datetime:
        return instant

    def count(self, place: datetime) -> int:
        return self.schedule.business_us(place)

    def at(self, count: int) -> datetime:
        return self.schedule.business_at(count)

    def roll(self, place: datetime) -> datetime:
        return place


class WallRuler(Struct, frozen=True):
    """Microseconds, day and night, for matters that say so."""

    schedule: Schedule
    counts_days: bool = False

    def place(self, instant: datetime) -> datetime:
        return instant

    def count(self, place: datetime) -> int:
        return (place - EPOCH) // MICROSECOND

    def at(self, count: int) -> datetime:
        return EPOCH + timedelta(microseconds=count)

    def roll(self, place: datetime) -> datetime:
        return place


def unite(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The union as disjoint stretches in order; touching ones are one, empty ones none. An open one ends the row."""
    united: list[Stretch] = []
    for begin, end in sorted(stretches, key=lambda stretch: stretch[0]):
        if end is not None and end <= begin:
            continue
        if united and (united[-1][1] is None or begin <= united[-1][1]):
            last = united[-1]
            united[-1] = (last[0], None if last[1] is None or end is None else max(last[1], end))
        else:
            united.append((begin, end))
    return tuple(united)


def reach(
    ruler: Ruler, pauses: Sequence[Stretch], *, first: Place, target: int, counts_all: bool = False
) -> Place | None:
    """The earliest place where `target` is counted, pauses left out; None when an open pause hides it.

    `first` is that place as it is without any pause. A pause counts if it begins before the place found so far.
    """
    found, shift = first, 0
    for begin, end in pauses:
        if begin >= found and not counts_all:
            break
        if end is None:
            return None
        shift += ruler.count(end) - ruler.count(begin)
        if shift:
            found = max(first, ruler.at(target + shift))
    return found


def run_out(
    ruler: Ruler,
    pauses: Sequence[Stretch],
    standing: Sequence[Stretch],
    *,
    first: Place,
    target: int,
    counts_all: bool = False,
) -> Place | None:
    """Where a limit runs out: reached, rolled off a day off, and not while a pause is on. None: unknown as yet.

    `standing`: the pauses from the place where each began, its first day not counted or counted.
    """
    found = reach(ruler, pauses, first=first, target=target, counts_all=counts_all)
    if found is None:
        return None
    found = ruler.roll(found)
    if counts_all:
        return found
    for begin, end in standing:
        if begin <= found and (end is None or found < end):
            return end
    return found


def counted(ruler: Ruler, pauses: Sequence[Stretch], start: Place, end: Place) -> tuple[int, int]:
    """(counted, paused) in (start, end]: what the ruler counts without the pauses, and inside them."""
    gross = ruler.count(end) - ruler.count(start)
    paused = 0
    for begin, finish in pauses:
        last = end if finish is None or finish > end else finish
        if last > begin:
            paused += ruler.count(last) - ruler.count(begin)
    return max(0, gross - paused), max(0, paused)
