"""Watches: one clock of a subject as it stands at the end of the simulation."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from connectors.sources.simulated.days import MICRO, Days
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.rulers import (
    Pause,
    Place,
    Ruler,
    Still,
    Stretch,
    natural,
    office,
    pauses,
    run_out,
    united,
    working,
)
from streams.domain.limits import Limit, months_after

_EPOCH = date(1970, 1, 1)
#: Units on the ruler of office hours → their microseconds (`docs/reading-a-case.md` §4).
_MICROS = {"halfday": 240 * 60 * MICRO, "hour": 3600 * MICRO, "minute": 60 * MICRO}
#: A limit, or the instant (of a day: its last) by which it is to be done.
Given = Limit | Instant


class Watch(Struct, frozen=True):
    """`length` in units of the ruler; `due`: the last place; `stop`: as it is known; `micros`: what is left out.

    `clear`: when its warnings ended. `deemed_at`: nothing is known of it before. `is_judged`: not ended without an answer.
    `is_day`: the instant given is 24:00 of the day it is due on.
    """

    clock_id: str
    record: str
    ruler: Ruler
    start: Instant
    length: int
    due: Place | None
    stop: Instant | None
    end: Instant
    stretches: list[Stretch] = []
    micros: list[Stretch] = []
    pauses: list[Pause] = []
    clear: Instant | None = None
    deemed_at: Instant | None = None
    is_judged: bool = True
    is_day: bool = False

    @property
    def due_at(self) -> int | None:
        """In microseconds."""
        return None if self.due is None else self.ruler.end(self.due)

    @property
    def due_on(self) -> int | None:
        if self.due is None:
            return None
        if self.is_day:
            return _last_day(self.due)
        return self.due if self.ruler.counts_days else self.due // (DAY * MICRO)

    @property
    def is_broken(self) -> bool:
        """Stopped or not, beyond its last place."""
        at = self.end if self.stop is None else self.stop
        return self.due is not None and self.ruler.place(at) > self.due

    @property
    def used_workdays(self) -> int:
        """Working days up to the stop or the end, those left out left out."""
        count = working(self.ruler.days).count
        last = (self.end if self.stop is None else self.stop) // DAY
        used = count(last) - count(self.start // DAY)
        for begin, over in self.micros:
            begins, ends = begin // (DAY * MICRO), last if over is None else min(last, _last_day(over))
            used -= max(0, count(ends) - count(begins))
        return max(0, used)


def _over_with(stop: Instant, still: Still) -> Still:
    """What a clock that stopped left out ended with it."""
    return still if still.end is not None and still.end <= stop else replace(still, end=stop)


def _last_day(micros: int) -> int:
    """The day of an end; what is over at midnight was over with the day before."""
    return (micros - 1) // (DAY * MICRO)


def ruler_of(days: Days, given: Given) -> Ruler:
    """What a limit is counted on."""
    if isinstance(given, int) or given.unit in _MICROS:
        return office(days)
    return natural(days) if given.unit in ("day", "month") else working(days)


def length_of(ruler: Ruler, start: Instant, given: Given) -> int:
    """How long a limit is on its ruler."""
    if isinstance(given, int):
        return ruler.count(given * MICRO) - ruler.count(start * MICRO)
    if given.unit == "month":
        first = date.fromordinal(_EPOCH.toordinal() + start // DAY)
        return (months_after(first, given.value) - first).days
    return given.value * _MICROS.get(given.unit, 1)


def watch(
    clock_id: str,
    record: str,
    *,
    days: Days,
    start: Instant,
    given: Given,
    stop: Instant | None,
    end: Instant,
    stills: Sequence[Still] = (),
    since: Instant | None = None,
    does_reckon: bool = False,
    added: int = 0,
    clear: Instant | None = None,
    is_judged: bool = True,
    is_day: bool = False,
) -> Watch:
    """A clock by what it was given. `since`: when the subject's clocks began, if not now; `does_reckon`: the instant
    given reckons with pauses; `added`: by an extension, in units of the limit; `clear`: when its warnings ended;
    `is_day`: the instant given is 24:00 of the day it is due on.
    """
    ruler = ruler_of(days, given)
    if stop is not None:
        stills = [_over_with(stop, still) for still in stills if still.begin < stop]
    left_out = pauses(ruler, stills, start=start if since is None else max(start, since), end=end) if stills else []
    stretches = united(pause.places for pause in left_out)
    length = length_of(ruler, start, given) + added
    begin = ruler.place(start)
    if isinstance(given, int):
        first, target = given * MICRO, ruler.count(given * MICRO)
    else:
        target = ruler.count(begin) + length
        first = max(begin, ruler.at(target))
    due = run_out(ruler, () if does_reckon else stretches, first=first, target=target)
    micros = united(pause.micros for pause in left_out)
    lasting = (stretches, micros, left_out, clear)
    return Watch(clock_id, record, ruler, start, length, due, stop, end, *lasting, is_judged=is_judged, is_day=is_day)


def in_workdays(days: Days, start: Instant, given: Given) -> int:
    """L or P in millionths of a working day, pauses and extensions left out (§6)."""
    count, day = working(days).count, start // DAY
    if isinstance(given, int):
        return (count(given // DAY) - count(day)) * MICRO
    match given.unit:
        case "onspot":
            return MICRO
        case "day" | "month":
            last = days.workday_from(day + length_of(natural(days), start, given))
            return (count(last) - count(day)) * MICRO
        case "halfday":
            return given.value * MICRO // 2
        case _:
            return given.value * MICRO
