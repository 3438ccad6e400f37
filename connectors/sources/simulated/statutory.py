"""The statutory limit: days by the law's own reading, pauses and reopenings left out, an extension added."""

from collections.abc import Callable, Sequence
from datetime import date

from msgspec import Struct

from connectors.sources.simulated.days import Days
from connectors.sources.simulated.plan import DAY, Instant
from streams.domain.limits import Limit, months_after

_EPOCH = date(1970, 1, 1)


class Still(Struct, frozen=True):
    """What is known of a time that does not count; `end` None: no end was told. `declared`: it counts at most so long."""

    begin: Instant
    end: Instant | None
    declared: int | None = None


class Extension(Struct, frozen=True):
    """延期, told at an instant: it adds to a limit of its own unit, and only before that runs out (行政许可法 42)."""

    at: Instant
    limit: Limit


class _Ruler(Struct, frozen=True):
    """Counts days from 1970: working ones, or all."""

    count: Callable[[int], int]
    at: Callable[[int], int]
    roll: Callable[[int], int]


def due_day(
    days: Days, start: Instant, *, limit: Limit, stills: Sequence[Still], extension: Extension | None, end: Instant
) -> int | None:
    """The last day of the limit, counted from 1970; None while something that may move it still goes on."""
    ruler = _working(days) if limit.unit in ("workday", "onspot") else _natural(days)
    spans = _united([_span(ruler, still, end=end) for still in stills])
    length = _length(start, limit)
    base = _due(ruler, start // DAY, length=length, spans=spans)
    if extension is None or extension.limit.unit != limit.unit:
        return base
    if base is not None and extension.at >= (base + 1) * DAY:
        return base
    return _due(ruler, start // DAY, length=length + extension.limit.value, spans=spans)


def _working(days: Days) -> _Ruler:
    return _Ruler(lambda day: days.number(day * DAY), days.day, lambda day: day)


def _natural(days: Days) -> _Ruler:
    """A last day off becomes the next working day (民法典 203)."""
    return _Ruler(
        lambda day: day,
        lambda count: count,
        lambda day: day if days.sessions(day) else days.day(days.number(day * DAY) + 1),
    )


def _length(start: Instant, limit: Limit) -> int:
    if limit.unit == "month":
        first = date.fromordinal(_EPOCH.toordinal() + start // DAY)
        return (months_after(first, limit.value) - first).days
    return limit.value


def _span(ruler: _Ruler, still: Still, *, end: Instant) -> tuple[int, int | None]:
    """The days not counted, (first, last]; capped by the days declared, in the clock's own unit."""
    begin = still.begin // DAY
    last = None if still.end is None else still.end // DAY
    if still.declared is None:
        return begin, last
    cap = ruler.at(ruler.count(begin) + still.declared)
    if last is None:
        return begin, cap if cap < end // DAY else None
    return begin, min(last, cap)


def _united(spans: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """In order; one that begins where another ends goes on with it, one that is no day is none."""
    found: list[tuple[int, int | None]] = []
    for begin, last in spans:
        if last is not None and last <= begin:
            continue
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], last)
        else:
            found.append((begin, last))
    return found


def _due(ruler: _Ruler, start: int, *, length: int, spans: list[tuple[int, int | None]]) -> int | None:
    target = ruler.count(start) + length
    due = max(start, ruler.at(target))
    for begin, last in spans:
        if begin >= due:
            break
        if last is None:
            return None
        target += ruler.count(last) - ruler.count(begin)
        due = max(due, ruler.at(target))
    due = ruler.roll(due)
    for begin, last in spans:
        if begin <= due and (last is None or due < last):
            return last
    return due
