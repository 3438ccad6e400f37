"""Courses: AR-01 to AR-04 of a case, from when to when each stood (`docs/reading-a-case.md` §5)."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from connectors.sources.simulated.days import MICRO
from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.rulers import Stretch, working
from connectors.sources.simulated.warnings import Warned, after_pauses, counted, next_opening, share_used
from connectors.sources.simulated.watches import Watch


class Core(Struct, frozen=True):
    """A case's two clocks. `record`: the statement that started them; `gaps`: from a stop to its reopening.

    `limit`, `promised`: L and P in millionths of a working day. `deemed_at`: nothing is known before this instant.
    """

    record: str
    promise: Watch | None
    statutory: Watch | None
    gaps: Sequence[tuple[Instant, Instant]] = ()
    deemed_at: Instant | None = None
    limit: int | None = None
    promised: int | None = None


def of_case(core: Core, end: Instant) -> Iterator[Warned]:
    """The signals that stand at the end, or stood."""
    for rule_id, level, stretches, due_at, is_strict in _courses(core):
        begun = [
            (begin, until)
            for begin, until in stretches
            if begin < end * MICRO or (begin == end * MICRO and not is_strict)
        ]
        if begun:
            clock_id = "statutory" if rule_id == "AR-04" else "promise"
            until = begun[-1][1]
            until = None if until is None or until > end * MICRO else until
            yield Warned(rule_id, level, clock_id, core.record, begun[0][0], until, due_at)


_Course = tuple[str, str, list[Stretch], int | None, bool]


def _courses(core: Core) -> Iterator[_Course]:
    promise = core.promise
    if promise is not None:
        stop, due_at = _stop(promise), promise.due_at
        last = _earlier(stop, due_at)
        yellow = _known(core, share_used(promise))
        warnings = [] if yellow is None else _between_pauses(promise, yellow, last)
        if promise.ruler.counts_days and promise.length >= 3:
            blue = _known(core, counted(promise, -(-promise.length // 2)))
            if blue is not None:
                until = _earlier(stop, warnings[0][0] if warnings else due_at)
                yield "AR-01", "blue", _without_gaps(core, blue, until), due_at, False
        yield "AR-02", "yellow", warnings, due_at, False
        if due_at is not None:
            red = max(due_at, (core.deemed_at or 0) * MICRO)
            yield "AR-03", "red", _without_gaps(core, red, stop), due_at, not promise.ruler.counts_days
    yield from _escalation(core)


def _escalation(core: Core) -> Iterator[_Course]:
    """Past the law, or three working days past the promise, whichever comes first."""
    begins = []
    if core.statutory is not None and core.statutory.due_at is not None:
        begins.append(max(core.statutory.due_at, (core.deemed_at or 0) * MICRO))
    promise = core.promise
    if promise is not None and promise.due_on is not None:
        ruler = working(promise.ruler.days)
        grace = ruler.end(ruler.at(ruler.count(promise.due_on) + 3))
        known = _known(core, after_pauses(promise, grace))
        if known is not None:
            begins.append(known)
    clock = promise or core.statutory
    if clock is not None and begins:
        begin = min(begins)
        yield "AR-04", "escalation", _without_gaps(core, begin, _stop(clock)), begin, False


def _known(core: Core, begin: int | None) -> int | None:
    """Of what was deemed nothing was known before."""
    return begin if begin is None or core.deemed_at is None else max(begin, core.deemed_at * MICRO)


def _stop(clock: Watch) -> int | None:
    return None if clock.stop is None else clock.stop * MICRO


def _between_pauses(clock: Watch, begin: int, last: int | None) -> list[Stretch]:
    found: list[Stretch] = []
    for paused, resumed in clock.micros:
        if (last is not None and paused >= last) or (resumed is not None and resumed <= begin):
            continue
        found.append((begin, paused))
        if resumed is None:
            return _real(found)
        begin = max(begin, next_opening(clock, resumed))
    return _real([*found, (begin, last)])


def _without_gaps(core: Core, begin: int, last: int | None) -> list[Stretch]:
    found: list[Stretch] = []
    for stopped_at, reopened_at in core.gaps:
        if reopened_at * MICRO > begin and (last is None or stopped_at * MICRO < last):
            found.append((begin, stopped_at * MICRO))
            begin = reopened_at * MICRO
    return _real([*found, (begin, last)])


def _real(stretches: list[Stretch]) -> list[Stretch]:
    return [(begin, end) for begin, end in stretches if end is None or begin < end]


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)
