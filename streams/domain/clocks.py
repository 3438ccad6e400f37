"""Clocks: what starts, stops and pauses them, when they run out, and how much of them is used."""

from datetime import date, datetime
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.case import CaseFacts, Extension
from streams.domain.limits import Limit, months_after
from streams.domain.pauses import Pause, in_time, on_ruler, pauses_of
from streams.domain.rulers import (
    BusinessRuler,
    NaturalDayRuler,
    Place,
    Ruler,
    Stretch,
    WallRuler,
    WorkdayRuler,
    counted,
    run_out,
)
from streams.domain.worktime import Schedule

#: Microseconds of one unit on an instant ruler; half a day is 240 office minutes (`reference` §3.3, a setting later).
MICROSECONDS = {"hour": 3_600_000_000, "minute": 60_000_000, "halfday": 240 * 60_000_000}


class Start(Struct, frozen=True):
    """What set a case's clocks going: the instant, the record that says so, and the deeming instant if it was deemed."""

    at: datetime
    record_key: str
    deemed_at: datetime | None = None


class Span(Struct, frozen=True):
    """What a clock measures against: a limit, or an instant given by the source."""

    limit: Limit | None = None
    due_at: datetime | None = None
    includes_pauses: bool = False
    is_wall_time: bool = False


class Readings(Struct, frozen=True):
    """How an authority's law is read where it leaves room."""

    extension_any_time: bool = False
    late_pauses_extend: bool = False


class Clock(Struct, frozen=True):
    """One clock as it stands. `due` is a place on the ruler: a local date or an instant; None: unknown or no limit."""

    clock_id: str
    start: Start
    span: Span
    ruler: Ruler
    length: int
    pauses: tuple[Pause, ...]
    stretches: tuple[Stretch, ...]
    due: Place | None
    stopped_at: datetime | None
    as_of: datetime
    findings: tuple[str, ...] = ()

    @property
    def schedule(self) -> Schedule:
        return self.ruler.schedule

    @property
    def counts_days(self) -> bool:
        return self.ruler.counts_days

    @property
    def is_explicit(self) -> bool:
        return self.span.due_at is not None

    @property
    def due_at(self) -> datetime | None:
        """When it runs out: 24:00 local of the last day, or the instant itself."""
        if self.due is None or not self.counts_days:
            return self.due
        return self.schedule.midnight_after(self.due)

    @property
    def due_on(self) -> date | None:
        """The last local day."""
        if self.due is None or self.counts_days:
            return self.due
        return self.schedule.local_date(self.due)

    @property
    def read_at(self) -> datetime:
        """Up to when it is measured."""
        return self.as_of if self.stopped_at is None else self.stopped_at

    @property
    def used(self) -> int:
        """Counted so far, in the ruler's units; a stop before the start uses nothing."""
        return counted(self.ruler, self.stretches, self.ruler.place(self.start.at), self.ruler.place(self.read_at))[0]

    @property
    def paused(self) -> int:
        return counted(self.ruler, self.stretches, self.ruler.place(self.start.at), self.ruler.place(self.read_at))[1]

    @property
    def is_on_time(self) -> bool | None:
        """Whether the stop kept it; None while open (or stopped with the due date unknown: it had not run out)."""
        if self.stopped_at is None:
            return None
        return self.due is None or bool(self.ruler.place(self.stopped_at) <= self.due)

    @property
    def is_broken(self) -> bool:
        if self.stopped_at is not None:
            return not self.is_on_time
        due_at = self.due_at
        if due_at is None:
            return False
        return self.as_of >= due_at if self.counts_days else self.as_of > due_at

    @property
    def is_provisional(self) -> bool:
        """Whether the due date was counted over a day without an official notice."""
        if self.is_explicit or self.due_on is None:
            return False
        return self.schedule.calendar.has_provisional(self.schedule.local_date(self.start.at), self.due_on)


def read_clock(
    clock_id: str,
    span: Span,
    facts: CaseFacts,
    *,
    start: Start,
    schedule: Schedule,
    readings: Readings,
    as_of: datetime,
) -> Clock:
    """The clock of a case at `as_of`, extensions left out."""
    ruler, length = _ruler(span, schedule, start.at)
    days = NaturalDayRuler(schedule) if isinstance(ruler, NaturalDayRuler) else WorkdayRuler(schedule)
    pauses = pauses_of(facts, days, start=start.at, as_of=as_of)
    clock = Clock(
        clock_id=clock_id,
        start=start,
        span=span,
        ruler=ruler,
        length=length,
        pauses=pauses,
        stretches=on_ruler(pauses, ruler),
        due=None,
        stopped_at=facts.stopped_at,
        as_of=as_of,
    )
    return replace(clock, due=_due(clock, readings))


def extend(clock: Clock, extensions: tuple[Extension, ...], readings: Readings) -> Clock:
    """The clock with the last extension that counts: one told before the due date it moves (行政许可法 42)."""
    if not extensions:
        return clock
    due_at, findings = clock.due_at, []
    counting: Extension | None = None
    for extension in extensions:
        if due_at is None or readings.extension_any_time or extension.at < due_at:
            counting = extension
        else:
            findings.append("extension_too_late")
    if counting is not None:
        span = _extended_span(clock, counting)
        if span is None:
            findings.append("extension_unit")
        else:
            _, length = _ruler(span, clock.schedule, clock.start.at)
            clock = replace(clock, span=span, length=length)
            clock = replace(clock, due=_due(clock, readings))
    return replace(clock, findings=tuple(findings))


def _extended_span(clock: Clock, extension: Extension) -> Span | None:
    span, schedule = clock.span, clock.schedule
    if span.limit is not None:
        if span.limit.unit != extension.unit:
            return None
        return replace(span, limit=Limit(span.limit.value + extension.value, span.limit.unit))
    if span.due_at is None or extension.unit not in ("workday", "day"):
        return None
    ruler = WorkdayRuler(schedule) if extension.unit == "workday" else NaturalDayRuler(schedule)
    local = span.due_at.astimezone(schedule.zone)
    return replace(span, due_at=schedule.at_local(ruler.days_after(local.date(), extension.value), local.time()))


def _ruler(span: Span, schedule: Schedule, start: datetime) -> tuple[Ruler, int]:
    """The ruler of a span and its length on it."""
    if span.limit is None:
        ruler: Ruler = BusinessRuler(schedule)
        due = span.due_at if span.due_at is not None else start
        return ruler, ruler.count(due) - ruler.count(start)
    value, unit = span.limit.value, span.limit.unit
    match unit:
        case "onspot":
            return WorkdayRuler(schedule), 0
        case "workday":
            return WorkdayRuler(schedule), value
        case "day":
            return NaturalDayRuler(schedule), value
        case "month":
            day = schedule.local_date(start)
            return NaturalDayRuler(schedule), (months_after(day, value) - day).days
        case _:
            on = WallRuler(schedule) if span.is_wall_time else BusinessRuler(schedule)
            return on, value * MICROSECONDS[unit]


def _due(clock: Clock, readings: Readings) -> Place | None:
    ruler, span = clock.ruler, clock.span
    start = ruler.place(clock.start.at)
    if span.limit is None:
        if span.due_at is None:
            return None
        pauses = () if span.includes_pauses else clock.stretches
        target, first = ruler.count(span.due_at), span.due_at
    else:
        pauses = clock.stretches
        target = ruler.count(start) + clock.length
        first = max(start, ruler.at(target))
    return run_out(ruler, pauses, first=first, target=target, counts_all=readings.late_pauses_extend)


def length_in_workdays(clock: Clock) -> Fraction:
    """L or P of one case in working days, pauses and extensions left out (`docs/reading-a-case.md` §6)."""
    schedule, span = clock.schedule, clock.span
    start = schedule.local_date(clock.start.at)
    if span.limit is not None and not clock.counts_days:
        if span.limit.unit == "halfday":
            return Fraction(span.limit.value, 2)
        minutes = span.limit.value * (60 if span.limit.unit == "hour" else 1)
        return Fraction(minutes, schedule.minutes_of_day(schedule.calendar.next_workday(start)))
    if span.limit is not None and span.limit.unit == "onspot":
        return Fraction(1)
    days = WorkdayRuler(schedule)
    if span.limit is None:
        end = schedule.local_date(span.due_at) if span.due_at is not None else start
    else:
        end = clock.ruler.roll(clock.ruler.at(clock.ruler.count(start) + clock.length))
    return Fraction(days.count(end) - days.count(start))


def in_instants(clock: Clock) -> tuple[Stretch, ...]:
    """The pauses of a clock as united stretches of instants."""
    return in_time(clock.pauses)
