"""When a clock stood still: special procedures and the time between a stop and its reopening (`docs/reading-a-case.md` §3)."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.case import CaseFacts, Special
from streams.domain.rulers import NaturalDayRuler, Stretch, WorkdayRuler, unite

#: What a capped pause's declared days are counted on.
DayRuler = WorkdayRuler | NaturalDayRuler


class Pause(Struct, frozen=True):
    """One stretch not counted. `ended_at` None: open. `ended_on` is the c-th day where the cap ended it."""

    started_at: datetime
    ended_at: datetime | None
    ended_on: date | None
    kind: str
    reason: str
    basis: str | None
    cap_at: datetime | None = None
    is_capped: bool = False


class Paused(Struct, frozen=True):
    """The pauses of a case's clocks, and united: on local dates, and as instants."""

    pauses: tuple[Pause, ...] = ()
    dates: tuple[Stretch, ...] = ()
    instants: tuple[Stretch, ...] = ()


NEVER = Paused()


def paused_of(facts: CaseFacts, days: DayRuler, *, start: datetime, as_of: datetime) -> Paused:
    """The pauses of clocks that start at `start`, as they stand at `as_of`; clipped to the start."""
    if not facts.specials and not facts.gaps:
        return NEVER
    pauses = _pauses(facts, days, start=start, as_of=as_of)
    return Paused(pauses, _dates(pauses, days), unite((pause.started_at, pause.ended_at) for pause in pauses))


def idle_of(stretches: Sequence[tuple[datetime, datetime]], days: DayRuler, *, start: datetime) -> Paused:
    """The time between the parts of a subject, left out as a pause is."""
    pauses = tuple(
        Pause(max(begin, start), end, None, "paused", "idle", None) for begin, end in stretches if end > start
    )
    return Paused(pauses, _dates(pauses, days), unite((pause.started_at, pause.ended_at) for pause in pauses))


def clipped(paused: Paused, days: DayRuler, start: datetime) -> Paused:
    """What a clock that starts in the midst leaves out: nothing of a pause lies before its start."""
    if all(pause.started_at >= start for pause in paused.pauses):
        return paused
    pauses = tuple(
        replace(pause, started_at=max(pause.started_at, start))
        for pause in paused.pauses
        if pause.ended_at is None or pause.ended_at > start
    )
    return Paused(pauses, _dates(pauses, days), unite((pause.started_at, pause.ended_at) for pause in pauses))


def _pauses(facts: CaseFacts, days: DayRuler, *, start: datetime, as_of: datetime) -> tuple[Pause, ...]:
    found = [_special_pause(special, facts, days, start=start, as_of=as_of) for special in facts.specials]
    found += [
        Pause(max(stop, start), reopened, None, "excluded", "reopened", None)
        for stop, reopened in facts.gaps
        if reopened > start
    ]
    return tuple(pause for pause in found if pause is not None)


def _special_pause(
    special: Special, facts: CaseFacts, days: DayRuler, *, start: datetime, as_of: datetime
) -> Pause | None:
    began = special.started_at
    if facts.stopped_at is not None and began > facts.stopped_at:
        return None
    ends = [stop for stop in facts.stops if stop >= began][:1]
    if special.ended_at is not None:
        ends.append(special.ended_at)
    ended_at = min(ends, default=None)
    cap_day, cap_at = _cap(special, days)
    is_capped = cap_at is not None and cap_at <= (ended_at or as_of)
    if is_capped:
        ended_at = cap_at
    begins = max(began, start)
    if ended_at is not None and ended_at <= begins:
        return None
    return Pause(
        started_at=begins,
        ended_at=ended_at,
        ended_on=cap_day if is_capped else None,
        kind="paused",
        reason=special.kind,
        basis=special.basis,
        cap_at=cap_at if ended_at is None else None,
        is_capped=is_capped,
    )


def _cap(special: Special, days: DayRuler) -> tuple[date | None, datetime | None]:
    """The last declared day and its end; no day at all where none were declared, or zero."""
    if special.declared is None:
        return None, None
    if special.declared == 0:
        return None, special.started_at
    day = days.days_after(days.place(special.started_at), special.declared)
    return day, days.schedule.midnight_after(day)


def _dates(pauses: tuple[Pause, ...], days: DayRuler) -> tuple[Stretch, ...]:
    """The pauses as united stretches of local dates."""
    return unite(
        (
            days.place(pause.started_at),
            None if pause.ended_at is None else (pause.ended_on or days.place(pause.ended_at)),
        )
        for pause in pauses
    )
