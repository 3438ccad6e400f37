"""Rulers: how days and office hours are counted, and when a limit runs out on them (`docs/reading-a-case.md` §3, §4).

Written a second time on purpose, by whole numbers: the simulation is the witness of the platform.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from msgspec import Struct

from connectors.sources.simulated.days import MICRO, Days
from connectors.sources.simulated.plan import DAY, Instant

#: A day counted from 1970, or an instant in microseconds.
Place = int
#: From one place to another that is not counted; None: it still goes on.
Stretch = tuple[Place, Place | None]


class Ruler(Struct, frozen=True):
    """Counts up to a place; `opening`: the microsecond at which a day begins to be worked."""

    days: Days
    counts_days: bool
    count: Callable[[Place], int]
    at: Callable[[int], Place]
    roll: Callable[[Place], Place]
    opening: Callable[[int], int]
    is_natural: bool = False

    def place(self, instant: Instant) -> Place:
        return instant // DAY if self.counts_days else instant * MICRO

    def end(self, place: Place) -> int:
        """The microsecond at which a limit that ends in this place is over."""
        return (place + 1) * DAY * MICRO if self.counts_days else place

    @property
    def declared(self) -> "Ruler":
        """What declared days are counted on."""
        return self if self.counts_days else working(self.days)


@cache
def working(days: Days) -> Ruler:
    """Working days."""
    return Ruler(days, True, lambda day: days.number(day * DAY), days.day, _same, days.opening)


@cache
def natural(days: Days) -> Ruler:
    """Every day; a last day off becomes the next working day (民法典 203)."""
    return Ruler(
        days, True, _same, _same, days.workday_from, lambda day: (day * DAY + 9 * 3600) * MICRO, is_natural=True
    )


@cache
def office(days: Days) -> Ruler:
    """Microseconds of office hours."""
    return Ruler(days, False, days.office_micros, days.after_office_micros, _same, days.opening)


def _same(place: Place) -> Place:
    return place


class Still(Struct, frozen=True):
    """What is known of a time that does not count; `end` None: no end was told. `declared`: it counts at most so long."""

    begin: Instant
    end: Instant | None
    declared: int | None = None
    is_reopening: bool = False


class Pause(Struct, frozen=True):
    """A still as one ruler sees it: on its places, and in microseconds."""

    places: Stretch
    micros: Stretch
    still: Still
    is_capped: bool = False


def pauses(ruler: Ruler, stills: Sequence[Still], *, start: Instant, end: Instant) -> list[Pause]:
    """What a clock that starts then leaves out, as it is known at the end."""
    found = []
    for still in stills:
        is_capped = False
        begin, over, last = max(still.begin, start), still.end, None if still.end is None else still.end // DAY
        if still.declared is not None:
            cap = ruler.declared.roll(ruler.declared.at(ruler.declared.count(still.begin // DAY) + still.declared))
            if (cap + 1) * DAY <= (end if over is None else over):
                over, last, is_capped = (cap + 1) * DAY, cap, True
        if over is None or over > begin:
            micros = (begin * MICRO, None if over is None else over * MICRO)
            found.append(Pause((begin // DAY, last) if ruler.counts_days else micros, micros, still, is_capped))
    return found


def united(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order; one that begins where another ends goes on with it, one that is empty is none."""
    found: list[Stretch] = []
    for begin, end in sorted(stretches, key=lambda stretch: stretch[0]):
        if end is not None and end <= begin:
            continue
        before = found[-1][1] if found else -1
        if found and (before is None or begin <= before):
            found[-1] = (found[-1][0], None if before is None or end is None else max(before, end))
        else:
            found.append((begin, end))
    return found


def reach(ruler: Ruler, stretches: Sequence[Stretch], *, first: Place, target: int) -> Place | None:
    """Where so much is counted, `first` being that place without pauses; None: a pause that goes on hides it."""
    found = first
    for begin, end in stretches:
        if begin >= found:
            break
        if end is None:
            return None
        target += ruler.count(end) - ruler.count(begin)
        found = max(first, ruler.at(target))
    return found


def run_out(ruler: Ruler, stretches: Sequence[Stretch], *, first: Place, target: int) -> Place | None:
    """The last place of a limit, rolled off days off and not within a pause; None: not known as yet."""
    found = reach(ruler, stretches, first=first, target=target)
    if found is None:
        return None
    found = ruler.roll(found)
    for begin, end in _standing(ruler, stretches):
        if begin <= found and (end is None or found < end):
            return end
    return found


def _standing(ruler: Ruler, stretches: Sequence[Stretch]) -> Sequence[Stretch]:
    """On which days no limit runs out: those of a pause, and the days off behind it."""
    if not ruler.counts_days:
        return stretches
    return united((begin, None if end is None else ruler.days.workday_from(end)) for begin, end in stretches)
