"""Warnings and breaches: the rules AR-01 to AR-04, to the instant (`docs/reading-a-case.md` §5)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from streams.domain.alert_rules import AlertRule
from streams.domain.clocks import Clock
from streams.domain.rulers import MICROSECOND, NaturalDayRuler, Ruler, Stretch, WorkdayRuler, reach
from streams.domain.worktime import Schedule

#: Natural days have no office session: they warn at nine.
NINE = time(9)
#: Cases share their days and limits: what was worked out of one is remembered.
REMEMBERED = 65_536


class Signal(Struct, frozen=True):
    """A standing or ended warning or breach. `until` None: it stands."""

    signal_key: str
    rule_id: str
    level: str
    clock_id: str
    since: datetime
    until: datetime | None
    due_at: datetime | None


class Course(Struct, frozen=True):
    """When a rule stands, whatever the present: its stretches; `is_strict`: only after the first instant."""

    rule: AlertRule
    clock_id: str
    stretches: tuple[Stretch, ...]
    due_at: datetime | None
    is_strict: bool = False


def courses(promise: Clock | None, statutory: Clock | None, rules: Mapping[str, AlertRule]) -> list[Course]:
    """What AR-01 to AR-04 do over the life of a case, with the promise clock, the statutory clock, or both.

    `rules`: by id, those that are on for the case.
    """
    found: list[Course] = []
    if promise is not None:
        due_at = promise.due_at
        warning = _warning(promise, rules["AR-02"], due_at) if "AR-02" in rules else None
        if "AR-01" in rules:
            found.append(_reminder(promise, rules["AR-01"], warning.stretches if warning else (), due_at))
        if warning is not None:
            found.append(warning)
        if "AR-03" in rules:
            stretches = _until_stop(promise, due_at)
            found.append(Course(rules["AR-03"], "promise", stretches, due_at, is_strict=not promise.counts_days))
    if "AR-04" in rules:
        found.append(_escalation(promise, statutory, rules["AR-04"]))
    return [course for course in found if course.stretches]


def at(courses: Iterable[Course], as_of: datetime, *, subject: tuple[str, str], start_key: str) -> tuple[Signal, ...]:
    """The signals that stand at `as_of` or stood before. `subject` is (family, subject key)."""
    found = []
    for course in courses:
        begun = [
            stretch
            for stretch in course.stretches
            if stretch[0] < as_of or (stretch[0] == as_of and not course.is_strict)
        ]
        if begun:
            until = begun[-1][1]
            found.append(
                Signal(
                    signal_key=signal_key(course.rule.rule_id, subject, course.clock_id, start_key),
                    rule_id=course.rule.rule_id,
                    level=course.rule.level,
                    clock_id=course.clock_id,
                    since=begun[0][0],
                    until=None if until is None or until > as_of else until,
                    due_at=course.due_at,
                )
            )
    return tuple(found)


def wakes(courses: Iterable[Course], as_of: datetime) -> list[datetime]:
    """The instants after `as_of` at which a signal begins, ends or stands again."""
    found = []
    for course in courses:
        for begin, end in course.stretches:
            found.append(begin + MICROSECOND if course.is_strict else begin)
            if end is not None:
                found.append(end)
    return [instant for instant in found if instant > as_of]


def signal_key(rule_id: str, subject: tuple[str, str], clock_id: str, start_key: str) -> str:
    """Survives late pauses and changed due dates: rule, subject, clock and the record that started the clock."""
    parts = "\x1f".join((rule_id, *subject, clock_id, start_key))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def begin_of_counted(clock: Clock, days: int) -> datetime | None:
    """The opening of the first day on which so many are counted, not within a pause."""
    return _after_pauses(clock, _opening_of_counted(clock, days))


def begin_before(clock: Clock, days: int) -> datetime | None:
    """The opening of the day so many working days before that of the due instant, not within a pause."""
    if clock.due_on is None:
        return None
    return _after_pauses(clock, clock.schedule.opening(WorkdayRuler(clock.schedule).days_after(clock.due_on, -days)))


def begin_of_share(clock: Clock, rule: AlertRule) -> datetime | None:
    """When a share of the limit is used, as AR-02 reads it; not within a pause."""
    return _after_pauses(clock, _warning_instant(clock, rule))


def _reminder(clock: Clock, rule: AlertRule, warning: Sequence[Stretch], due_at: datetime | None) -> Course:
    """AR-01: half of a longer limit is used."""
    nothing = Course(rule, clock.clock_id, (), due_at)
    if not clock.counts_days or clock.length < (rule.least_workdays or 0):
        return nothing
    begin = _after_pauses(clock, _opening_of_counted(clock, _part(rule.share, clock.length)))
    if begin is None:
        return nothing
    end = warning[0][0] if warning else due_at
    return Course(rule, clock.clock_id, _without_gaps(clock, begin, _earlier(clock.stopped_at, end)), due_at)


def _warning(clock: Clock, rule: AlertRule, due_at: datetime | None) -> Course:
    """AR-02: nine tenths are used, or one day is left; of short limits four fifths of the minutes."""
    begin = _after_pauses(clock, _warning_instant(clock, rule))
    if begin is None:
        return Course(rule, clock.clock_id, (), due_at)
    bound = _earlier(clock.stopped_at, due_at)
    return Course(rule, clock.clock_id, _between_pauses(clock, begin, bound), due_at)


def _warning_instant(clock: Clock, rule: AlertRule) -> datetime | None:
    if not clock.counts_days:
        total = clock.length
        if total <= 0:
            return None
        used = _part(rule.minute_share, total)
        start = clock.start.at
        target = clock.ruler.count(start) + used
        found: datetime | None = reach(
            clock.ruler, clock.stretches, first=max(start, clock.ruler.at(target)), target=target
        )
        return found
    if clock.length >= 2:
        days = max(1, min(_part(rule.share, clock.length), clock.length - 1))
        return _opening_of_counted(clock, days)
    return _late_on_the_last_day(clock, rule)


def _part(share: Fraction, total: int) -> int:
    """⌈share × total⌉ in whole numbers."""
    return -(-share.numerator * total // share.denominator)


def _late_on_the_last_day(clock: Clock, rule: AlertRule) -> datetime | None:
    schedule, day = clock.schedule, clock.due
    if day is None:
        return None
    before = schedule.business_us(schedule.midnight_after(day - timedelta(days=1)))
    total = schedule.business_us(schedule.midnight_after(day)) - before
    if total <= 0:
        return None
    return max(clock.start.at, schedule.business_at(before + _part(rule.minute_share, total)))


def _escalation(promise: Clock | None, statutory: Clock | None, rule: AlertRule) -> Course:
    """AR-04: past the statutory limit, or more than the grace past the promise, whichever comes first."""
    begins: list[tuple[datetime, bool]] = []
    if statutory is not None and (due_at := statutory.due_at) is not None:
        begins.append((_not_before_deeming(statutory, due_at), not statutory.counts_days))
    if promise is not None and (due_on := promise.due_on) is not None:
        schedule = promise.schedule
        begin = _after_pauses(promise, _grace_end(schedule, due_on, rule.grace_workdays or 0))
        if begin is not None:
            begins.append((begin, False))
    clock = promise or statutory
    if clock is None or not begins:
        return Course(rule, "statutory", (), None)
    begin, is_strict = min(begins)
    stretches = _without_gaps(clock, begin, clock.stopped_at)
    return Course(rule, "statutory", stretches, begin, is_strict=is_strict)


@lru_cache(REMEMBERED)
def _grace_end(schedule: Schedule, due_on: date, workdays: int) -> datetime:
    return schedule.midnight_after(WorkdayRuler(schedule).days_after(due_on, workdays))


def _until_stop(clock: Clock, begin: datetime | None) -> tuple[Stretch, ...]:
    if begin is None:
        return ()
    return _without_gaps(clock, _not_before_deeming(clock, begin), clock.stopped_at)


def _opening_of_counted(clock: Clock, days: int) -> datetime | None:
    """The opening of the first day on which so many are counted; None while an open pause hides it."""
    return _opening(clock.ruler, clock.start_place, days, clock.stretches)


@lru_cache(REMEMBERED)
def _opening(ruler: Ruler, start: date, days: int, pauses: tuple[Stretch, ...]) -> datetime | None:
    target = ruler.count(start) + days
    day = reach(ruler, pauses, first=max(start, ruler.at(target)), target=target)
    if day is None:
        return None
    if isinstance(ruler, NaturalDayRuler):
        return ruler.schedule.at_local(day, NINE)
    return ruler.schedule.opening(day)


def _after_pauses(clock: Clock, begin: datetime | None) -> datetime | None:
    """The instant itself, or the first opening after the pauses it lies in; never before a deeming."""
    if begin is None:
        return None
    for paused, resumed in clock.paused.instants:
        if paused <= begin and (resumed is None or begin < resumed):
            if resumed is None:
                return None
            begin = _next_opening(clock, resumed)
    return _not_before_deeming(clock, begin)


def _between_pauses(clock: Clock, begin: datetime, bound: datetime | None) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    cursor = begin
    for paused, resumed in clock.paused.instants:
        if bound is not None and paused >= bound:
            break
        if resumed is not None and resumed <= cursor:
            continue
        found.append((cursor, paused))
        if resumed is None:
            return _real(found)
        cursor = max(cursor, _next_opening(clock, resumed))
    found.append((cursor, bound))
    return _real(found)


def _without_gaps(clock: Clock, begin: datetime, bound: datetime | None) -> tuple[Stretch, ...]:
    """From begin to bound, but not between a stop and its reopening."""
    found: list[Stretch] = []
    for pause in clock.pauses:
        if pause.kind == "excluded" and pause.ended_at is not None and pause.ended_at > begin:
            if bound is not None and pause.started_at >= bound:
                break
            found.append((begin, pause.started_at))
            begin = max(begin, pause.ended_at)
    found.append((begin, bound))
    return _real(found)


def _real(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    return tuple(stretch for stretch in stretches if stretch[1] is None or stretch[0] < stretch[1])


def _next_opening(clock: Clock, instant: datetime) -> datetime:
    if not isinstance(clock.ruler, NaturalDayRuler):
        return clock.schedule.next_opening(instant)
    day = clock.schedule.local_date(instant)
    nine = clock.schedule.at_local(day, NINE)
    return nine if nine >= instant else clock.schedule.at_local(day + timedelta(days=1), NINE)


def _not_before_deeming(clock: Clock, begin: datetime) -> datetime:
    deemed_at = clock.start.deemed_at
    return begin if deemed_at is None else max(begin, deemed_at)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
