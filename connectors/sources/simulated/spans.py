"""Spans: a case's two clocks as stretches: running, paused, past the declared days, or between a stop and its reopening."""

from collections.abc import Iterator
from itertools import pairwise

from connectors.sources.simulated.days import MICRO, text
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.rulers import Pause
from connectors.sources.simulated.truth import SpanTruth
from connectors.sources.simulated.watches import Watch


def spans(clock: Watch) -> Iterator[SpanTruth]:
    """From the start to the stop or the end, in order; none where it stopped before it began."""
    read_at = clock.end if clock.stop is None else clock.stop
    pauses = [pause for pause in clock.pauses if pause.micros[0] < read_at * MICRO]
    edges = {clock.start, read_at} | {
        edge for pause in pauses for edge in (*_left_out(pause, read_at), _told(pause, read_at))
    }
    # declared days end at the midnight after the last of them, and what is counted again begins with the day after
    capped = {_left_out(pause, read_at)[1] for pause in pauses if pause.is_capped}
    capped -= {clock.start, read_at} | {_left_out(pause, read_at)[0] for pause in pauses}
    number = clock.ruler.days.number
    for begin, end in pairwise(sorted(edges) if read_at > clock.start else ()):
        kind = next((kind for kind in ("excluded", "paused", "excess") if _is(kind, begin, pauses, read_at)), "running")
        yield SpanTruth(
            clock.clock_id,
            kind,
            text(begin),
            text(end),
            number((end // DAY - (end in capped)) * DAY) - number((begin // DAY - (begin in capped)) * DAY),
        )


def _left_out(pause: Pause, read_at: Instant) -> tuple[Instant, Instant]:
    begin, end = pause.micros
    return begin // MICRO, read_at if end is None else min(end // MICRO, read_at)


def _told(pause: Pause, read_at: Instant) -> Instant:
    """When it was over as told; what exceeds the declared days is counted again until then."""
    if not pause.is_capped:
        return _left_out(pause, read_at)[1]
    return read_at if pause.still.end is None else min(pause.still.end, read_at)


def _is(kind: str, at: Instant, pauses: list[Pause], read_at: Instant) -> bool:
    if kind == "excess":
        return any(_left_out(pause, read_at)[1] <= at < _told(pause, read_at) for pause in pauses)
    of_kind = [pause for pause in pauses if pause.still.is_reopening == (kind == "excluded")]
    return any(begin <= at < end for begin, end in (_left_out(pause, read_at) for pause in of_kind))
