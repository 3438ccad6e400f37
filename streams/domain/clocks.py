"""Clocks: what starts, stops and pauses them, when they run out, and how much of them is used."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from streams.domain import lengths
from streams.domain.case import Extension
from streams.domain.law import Law
from streams.domain.limits import Limit, Span, months_after
from streams.domain.pauses import DayRuler, Pause, Paused
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
from streams.domain.worktime import LAST_DAY, Schedule

#: Cases share their days and limits: what was worked out of one is remembered.
REMEMBERED = 65_536
#: Microseconds of a minute.
MINUTE = 60_000_000


class Start(Struct, frozen=True):
    """What set a case's clocks going: the instant, the record that says so, and the deeming instant if it was deemed."""

    at: datetime
    record_key: str
    deemed_at: datetime | None = None


class Clock(Struct, frozen=True):
    """One clock as it stands.

    `due` is a place on the ruler: a local date or an instant; None: unknown. `due_at`: 24:00 local of that date, or the
    instant; `due_on`: the date, or the instant's. `is_judged`: it was answered, or may be yet.
    """

    clock_id: str
    start: Start
    span: Span
    ruler: Ruler
    length: int
    start_place: Place
    paused: Paused
    stopped_at: datetime | None
    as_of: datetime
    due: Place | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    findings: tuple[str, ...] = ()
    is_judged: bool = True

    @property
    def schedule(self) -> Schedule:
        return self.ruler.schedule

    @property
    def counts_days(self) -> bool:
        return self.ruler.counts_days

    @property
    def pauses(self) -> tuple[Pause, ...]:
        return self.paused.pauses

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The pauses united, on this ruler's places."""
        return self.paused.dates if self.ruler.counts_days else self.paused.instants

    @property
    def is_explicit(self) -> bool:
        return self.span.due_at is not None

    @property
    def is_on_the_spot(self) -> bool:
        return self.span.limit is not None and self.span.limit.unit == "onspot"

    @property
    def read_at(self) -> datetime:
        """Up to when it is measured."""
        return self.as_of if self.stopped_at is None else self.stopped_at

    @property
    def used(self) -> int:
        """Counted so far, in the ruler's units; a stop before the start uses nothing."""
        return counted(self.ruler, self.stretches, self.start_place, self.ruler.place(self.read_at))[0]

    @property
    def not_used(self) -> int:
        """Inside pauses, in the ruler's units."""
        return counted(self.ruler, self.stretches, self.start_place, self.ruler.place(self.read_at))[1]

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
    start: Start,
    *,
    schedule: Schedule,
    pausing: Callable[[DayRuler], Paused],
    stopped_at: datetime | None,
    law: Law,
    as_of: datetime,
    is_judged: bool = True,
) -> Clock:
    """The clock of a case at `as_of`, extensions left out. `pausing`: its pauses, declared days counted on a day ruler."""
    ruler, length = _ruler(span, schedule, start.at)
    start_place = ruler.place(start.at)
    paused = pausing(ruler if isinstance(ruler, NaturalDayRuler) else WorkdayRuler(schedule))
    due, due_at, due_on = _running_out(ruler, span, length, start_place, paused=paused, law=law)
    return Clock(
        clock_id=clock_id,
        start=start,
        span=span,
        ruler=ruler,
        length=length,
        start_place=start_place,
        paused=paused,
        stopped_at=stopped_at,
        as_of=as_of,
        due=due,
        due_at=due_at,
        due_on=due_on,
        is_judged=is_judged,
    )


def extend(clock: Clock, extensions: tuple[Extension, ...], law: Law, cap: Limit | None = None) -> Clock:
    """The clock with the last extension that counts: one told before the due date it moves, up to the cap (行政许可法 42)."""
    if not extensions:
        return clock
    due_at, findings = clock.due_at, []
    counting: Extension | None = None
    for extension in extensions:
        if due_at is None or law.extension_any_time or extension.at < due_at:
            counting = extension
        else:
            findings.append("extension_too_late")
    if counting is not None:
        is_above = cap is not None and cap.unit == counting.unit and counting.value > cap.value
        if cap is not None and is_above:
            counting = replace(counting, value=cap.value)
        span = _extended_span(clock, counting)
        if span is None:
            findings.append("extension_unit")
        else:
            _, length = _ruler(span, clock.schedule, clock.start.at)
            due, due_at, due_on = _running_out(
                clock.ruler, span, length, clock.start_place, paused=clock.paused, law=law
            )
            clock = replace(clock, span=span, length=length, due=due, due_at=due_at, due_on=due_on)
            findings += ["extension_above_cap"] if is_above else []
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
            minutes = {"hour": 60, "minute": 1, "halfday": schedule.halfday_minutes}[unit]
            return on, value * minutes * MINUTE


def _running_out(
    ruler: Ruler, span: Span, length: int, start: Place, *, paused: Paused, law: Law
) -> tuple[Place | None, datetime | None, date | None]:
    """Where a limit runs out: the place, the instant, the local date; None while it is unknown."""
    schedule = ruler.schedule
    due = _due(ruler, span, length, start, paused=paused, law=law)
    if due is None:
        return None, None, None
    if ruler.counts_days:
        return due, schedule.midnight_after(due), due
    due = min(due, schedule.midnight_after(LAST_DAY))
    is_given = span.due_on is not None and due == span.due_at  # a day given is due on itself, at 24:00
    return due, due, span.due_on if is_given else schedule.local_date(due)


def _due(ruler: Ruler, span: Span, length: int, start: Place, *, paused: Paused, law: Law) -> Place | None:
    pauses = paused.dates if ruler.counts_days else paused.instants
    standing = paused.standing if ruler.counts_days else paused.instants
    if span.limit is None:
        if span.due_at is None:
            return None
        if span.includes_pauses:
            pauses = standing = ()
        target, first = ruler.count(span.due_at), span.due_at
    elif ruler.counts_days and not pauses:
        return _last_day(ruler, start, length)
    else:
        target = ruler.count(start) + length
        first = max(start, ruler.at(target))
    return run_out(ruler, pauses, standing, first=first, target=target, counts_all=law.late_pauses_extend)


@lru_cache(REMEMBERED)
def _last_day(ruler: Ruler, start: date, length: int) -> date:
    """The last day of a limit in days without a pause: thousands of cases share it."""
    last: date = ruler.roll(max(start, ruler.at(ruler.count(start) + length)))
    return last


def length_in_workdays(clock: Clock) -> int:
    """L or P of one case in millionths of a working day, pauses and extensions left out."""
    schedule, span = clock.schedule, clock.span
    start = schedule.local_date(clock.start.at)
    if span.limit is not None:
        return lengths.of_limit(schedule, start, span.limit)
    return lengths.of_due(schedule, start, span.due_at if span.due_at is not None else clock.start.at)
