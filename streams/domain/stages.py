"""Warnings and breaches of every other clock: each rule a row of levels that only rise, and end with the clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from streams.domain import signals
from streams.domain.alert_rules import LEVELS, AlertRule, Levels
from streams.domain.clocks import Clock
from streams.domain.rulers import MICROSECOND, Place, Ruler, WorkdayRuler
from streams.domain.signals import REMEMBERED, Signal, signal_key


class Step(Struct, frozen=True):
    """A level of a rule and when it begins; `is_strict`: only after that instant."""

    rule: AlertRule
    begin: datetime
    is_strict: bool = False

    def has_begun(self, as_of: datetime) -> bool:
        return self.begin < as_of or (self.begin == as_of and not self.is_strict)


class Climb(Struct, frozen=True):
    """What one rule does over the life of one clock, or of one statement: its steps, and when all of it ends."""

    clock_id: str
    start_key: str
    steps: tuple[Step, ...]
    ends_at: datetime | None
    due_at: datetime | None = None


def climbs(clock: Clock, levels: Levels, *, ends_at: datetime | None) -> list[Climb]:
    """The climbs of a clock, one for each rule that has a level it comes to; they end with its stop, or later."""
    of_rule: dict[str, list[Step]] = {}
    known_at = clock.start.deemed_at or clock.start.at
    for rule, begins_at in begins(clock, levels):
        begin = max(begins_at, known_at)
        if clock.stopped_at is None or begin < clock.stopped_at:
            is_strict = rule.is_breach and not clock.counts_days
            of_rule.setdefault(rule.rule_id, []).append(Step(rule, begin, is_strict))
    return [
        Climb(clock.clock_id, clock.start.record_key, tuple(steps), ends_at, clock.due_at) for steps in of_rule.values()
    ]


def begins(clock: Clock, levels: Levels) -> Sequence[tuple[AlertRule, datetime]]:
    """The levels and when they begin; those that never do, or that an open pause hides, left out."""
    if clock.counts_days and not clock.is_explicit and not clock.pauses:
        key = (
            clock.ruler,
            clock.start_place,
            clock.start.at if _asks_the_hour(clock, levels) else None,
            clock.start.deemed_at,
            clock.length,
            levels,
        )
        found = _plain.get(key)
        if found is None:
            if len(_plain) > REMEMBERED:
                _plain.clear()
            found = _plain[key] = _begins(clock, levels)
        return found
    return _begins(clock, levels)


def _asks_the_hour(clock: Clock, levels: Levels) -> bool:
    """Whether a level may begin on the day of the start, and so not before its hour."""
    return clock.length <= 1 or any(rule.left_minutes is not None for rule in levels)


#: Clocks without a pause share their days and limits: what was worked out of one is remembered.
_plain: dict[
    tuple[Ruler, Place, datetime | None, datetime | None, int, Levels], Sequence[tuple[AlertRule, datetime]]
] = {}


def _begins(clock: Clock, levels: Levels) -> Sequence[tuple[AlertRule, datetime]]:
    found = ((rule, _begin(clock, rule)) for rule in levels)
    return [(rule, begin) for rule, begin in found if begin is not None]


def _begin(clock: Clock, rule: AlertRule) -> datetime | None:
    """When a level begins; None: it never does, or an open pause hides it."""
    if rule.is_breach:
        return clock.due_at
    if rule.left_minutes is not None:
        return _minutes_before(clock, rule.left_minutes)
    if rule.left_workdays is not None:
        return _days_before(clock, rule.left_workdays, is_counted=isinstance(clock.ruler, WorkdayRuler))
    if rule.left_days is not None:
        return _days_before(clock, rule.left_days, is_counted=clock.counts_days)
    if rule.counted_day is not None:
        is_reached = clock.counts_days and (rule.counted_day < clock.length or clock.length <= 0)
        return signals.begin_of_counted(clock, rule.counted_day) if is_reached else None
    if clock.length < (rule.least_workdays or 0):
        return None
    return signals.begin_of_share(clock, rule)


def _days_before(clock: Clock, days: int, *, is_counted: bool) -> datetime | None:
    """With so many days of the limit left, where the clock counts such days; else working days before its last."""
    if is_counted:
        return signals.begin_of_counted(clock, max(0, clock.length - days))
    return signals.begin_before(clock, days)


def _minutes_before(clock: Clock, minutes: int) -> datetime | None:
    if clock.due_at is None:
        return None
    schedule = clock.schedule
    left = schedule.business_us(clock.due_at) - minutes * 60_000_000
    return max(clock.start.at, schedule.business_at(left))


def at(found: Iterable[Climb], as_of: datetime, *, subject: tuple[str, str]) -> tuple[Signal, ...]:
    """The signals that stand at `as_of` or stood before, each at the highest level it has come to."""
    told = []
    for climb in found:
        begun = [step for step in climb.steps if step.has_begun(as_of)]
        if begun:
            highest = max(begun, key=lambda step: LEVELS.index(step.rule.level))
            told.append(
                Signal(
                    signal_key=signal_key(highest.rule.rule_id, subject, climb.clock_id, climb.start_key),
                    rule_id=highest.rule.rule_id,
                    level=highest.rule.level,
                    clock_id=climb.clock_id,
                    since=min(step.begin for step in begun),
                    until=climb.ends_at if climb.ends_at is not None and climb.ends_at <= as_of else None,
                    due_at=climb.due_at,
                )
            )
    return tuple(told)


def wakes(found: Iterable[Climb], as_of: datetime) -> list[datetime]:
    """The instants after `as_of` at which a level is reached or all of it ends."""
    instants: list[datetime] = []
    for climb in found:
        instants += [step.begin + MICROSECOND if step.is_strict else step.begin for step in climb.steps]
        if climb.ends_at is not None:
            instants.append(climb.ends_at)
    return [instant for instant in instants if instant > as_of]
