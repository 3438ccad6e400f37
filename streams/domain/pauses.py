"""When a clock stood still: special procedures and the time between a stop and its reopening (`docs/reading-a-case.md` §3)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.case import CaseFacts, Special
from streams.domain.law import Law
from streams.domain.rulers import NaturalDayRuler, Stretch, WorkdayRuler, unite

DAY = timedelta(days=1)
#: What a capped pause's declared days are counted on.
DayRuler = WorkdayRuler | NaturalDayRuler
#: From a stop to its reopening.
Gaps = Sequence[tuple[datetime, datetime]]


class Pause(Struct, frozen=True):
    """One stretch not counted. `ended_at` None: open. `ended_on` is the c-th day where the cap ended it.

    `takes_first_day`: the local day of `started_at` is not counted either. `told_ended_at`: when it was really over, by
    its end or a stop, also where the cap ended it before; None: nobody has said so.
    """

    started_at: datetime
    ended_at: datetime | None
    ended_on: date | None
    kind: str
    reason: str
    basis: str | None
    cap_at: datetime | None = None
    is_capped: bool = False
    takes_first_day: bool = False
    told_ended_at: datetime | None = None


class Paused(Struct, frozen=True):
    """The pauses of a case's clocks, and united: local dates not counted, those on which they stand, and instants.

    One of more than a day stands until a working day: no limit runs out on the days off behind it.
    """

    pauses: tuple[Pause, ...] = ()
    dates: tuple[Stretch, ...] = ()
    standing: tuple[Stretch, ...] = ()
    instants: tuple[Stretch, ...] = ()


NEVER = Paused()


def paused_of(
    facts: CaseFacts, days: DayRuler, law: Law, *, as_of: datetime, kinds: frozenset[str] = frozenset()
) -> Paused:
    """The pauses of a case as they stand at `as_of`; to be clipped to the start of a clock.

    `kinds`: the special procedures that the matter has (none: any); another is no pause.
    """
    if not facts.specials and not facts.gaps:
        return NEVER
    if kinds:
        facts = replace(facts, specials=tuple(special for special in facts.specials if special.kind in kinds))
    found = [_special_pause(special, facts, days, law, as_of=as_of) for special in facts.specials]
    return _united((*(pause for pause in found if pause is not None), *_reopenings(facts.gaps)), days)


def reopened_of(gaps: Gaps, days: DayRuler) -> Paused:
    """The time between stops and their reopenings alone; to be clipped to the start of a clock."""
    return _united(tuple(_reopenings(gaps)), days) if gaps else NEVER


def idle_of(stretches: Sequence[tuple[datetime, datetime]], days: DayRuler, *, start: datetime) -> Paused:
    """The time between the parts of a subject, left out as a pause is."""
    pauses = tuple(
        Pause(max(begin, start), end, None, "paused", "idle", None) for begin, end in stretches if end > start
    )
    return _united(pauses, days, start)


def clipped(paused: Paused, days: DayRuler, start: datetime, stop: datetime | None = None) -> Paused:
    """What a clock that ran from then (until then, if it has stopped) leaves out: nothing of a pause lies outside."""
    first = days.place(start)
    is_inside = all(pause.started_at >= start for pause in paused.pauses) and all(
        begin >= first for begin, _ in paused.dates
    )
    if is_inside and (stop is None or all(_is_over_by(stop, pause) for pause in paused.pauses)):
        return paused
    pauses = [
        replace(pause, started_at=max(pause.started_at, start))
        for pause in paused.pauses
        if pause.ended_at is None or pause.ended_at > start
    ]
    if stop is not None:
        pauses = [_ended_by(stop, pause) for pause in pauses if pause.started_at < stop]
    return _united(tuple(pauses), days, start)


def _is_over_by(stop: datetime, pause: Pause) -> bool:
    return pause.ended_at is not None and pause.ended_at <= stop


def _ended_by(stop: datetime, pause: Pause) -> Pause:
    """The pause, over with the clock; declared days that would have ended it later did not."""
    if _is_over_by(stop, pause):
        return pause
    return replace(pause, ended_at=stop, ended_on=None, cap_at=None, is_capped=False, told_ended_at=stop)


def _reopenings(gaps: Gaps) -> Iterator[Pause]:
    return (Pause(stop, reopened, None, "excluded", "reopened", None) for stop, reopened in gaps)


def _special_pause(special: Special, facts: CaseFacts, days: DayRuler, law: Law, *, as_of: datetime) -> Pause | None:
    began = special.started_at
    if facts.stopped_at is not None and began > facts.stopped_at:
        return None
    ends = [stop for stop in facts.stops if stop >= began][:1]
    if special.ended_at is not None:
        ends.append(special.ended_at)
    ended_at = told_ended_at = min(ends, default=None)
    cap_day, cap_at = _cap(special, days, law)
    is_capped = cap_at is not None and cap_at <= (ended_at or as_of)
    if is_capped:
        ended_at = cap_at
    if ended_at is not None and ended_at <= began:
        return None
    return Pause(
        started_at=began,
        ended_at=ended_at,
        ended_on=cap_day if is_capped else None,
        kind="paused",
        reason=special.kind,
        basis=special.basis,
        cap_at=cap_at if ended_at is None else None,
        is_capped=is_capped,
        takes_first_day=law.pause_day_rule == "inclusive",
        told_ended_at=told_ended_at,
    )


def _cap(special: Special, days: DayRuler, law: Law) -> tuple[date | None, datetime | None]:
    """The last declared day and its end; no day at all where none were declared, or zero, or nothing ends a pause."""
    if special.declared is None or law.pause_cap == "none":
        return None, None
    if special.declared == 0:
        return None, special.started_at
    day = days.roll(days.days_after(days.place(special.started_at), special.declared))
    return day, days.schedule.midnight_after(day)


def _united(pauses: tuple[Pause, ...], days: DayRuler, start: datetime | None = None) -> Paused:
    """Pauses and their unions; of a clock that starts then, no day before it among them."""
    on_dates = [(pause, days.place(pause.started_at), _last_day(pause, days)) for pause in pauses]
    dates = unite((begin, end) for _, begin, end in on_dates)
    standing = unite(
        (begin, None if end is None else days.schedule.calendar.next_workday(end))
        for _, begin, end in on_dates
        if end is None or end > begin
    )
    if any(pause.takes_first_day for pause in pauses):
        first = days.place(start) if start is not None else date.min
        dates = unite((max(first, begin - pause.takes_first_day * DAY), end) for pause, begin, end in on_dates)
    return Paused(pauses, dates, standing, unite((pause.started_at, pause.ended_at) for pause in pauses))


def _last_day(pause: Pause, days: DayRuler) -> date | None:
    """The last local day of a pause; None: open."""
    return None if pause.ended_at is None else (pause.ended_on or days.place(pause.ended_at))
