"""A clock is data: what starts, stops and pauses it, and where its limit comes from."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

from msgspec import Struct

from streams.domain.limits import Limit, Span
from streams.domain.outlines import Moment
from streams.domain.worktime import Schedule

#: Clocks that the case itself reads, because stream and warehouse compute them twice (`docs/reading-a-case.md`).
CORE = frozenset({"promise", "statutory"})
#: Clocks that are another one under a name and rules of their own: 超时默许 is the promise, whose silent end is a yes.
FOLLOWING = {"consent": "promise"}
#: Fields of the contract whose names Python reserves → the attribute.
ATTRIBUTES = {"class": "demand_class"}
#: What days are counted in where only their number is told.
DayUnit = Literal["workday", "day"]
#: What a clock may leave out: special procedures, idle time between parts, the time between a stop and its reopening.
PAUSES = ("", "special", "idle", "reopening")


class Condition(Struct, frozen=True):
    """What the starting statement must say: `field=value` (or one of several, `a|b`), `field!=value` (none), `field>=number`."""

    field: str
    one_of: frozenset[str] = frozenset()
    none_of: frozenset[str] = frozenset()
    at_least: int | None = None

    def holds(self, data: Any) -> bool:
        found = getattr(data, ATTRIBUTES.get(self.field, self.field), None)
        if self.at_least is not None:
            return isinstance(found, int) and found >= self.at_least
        word = _word(found)
        return word not in self.none_of and (not self.one_of or word in self.one_of)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Conditions that must all hold, joined by `&`; none for ''. Raises ValueError."""
    return tuple(_condition(each) for each in text.split("&")) if text else ()


def _condition(text: str) -> Condition:
    found = re.fullmatch(r"([a-z_]+)(=|!=|>=)([a-z0-9_]+(?:\|[a-z0-9_]+)*)", text)
    if found is None or (found[2] == ">=" and not found[3].isdigit()):
        raise ValueError("write field=value, field=one|other, field!=value or field>=number, several joined by &")
    field, operator, said = found.groups()
    match operator:
        case ">=":
            return Condition(field, at_least=int(said))
        case "!=":
            return Condition(field, none_of=frozenset(said.split("|")))
    return Condition(field, frozenset(said.split("|")))


class ClockRule(Struct, frozen=True, kw_only=True):
    """One row of `clock_rule`. The limit is a field of the starting statement, else the row's own.

    `each`: a field by which several runs go on side by side (a step's `sn`). `restart` ends a run and begins the next,
    `ended_by` ends one that was not answered and so is not judged, where it says what it must (`ended_when`); `void` takes
    one back as if it had never run. `cleared_by`: what must follow the stop until its signals end. `pauses`: special
    procedures, the time when no part was under way, or that from a stop to its reopening, after which the run goes on.
    """

    clock_id: str
    family: str
    valid_from: date
    matter_code: str = ""
    each: str = ""
    start: frozenset[str] = frozenset()
    when: tuple[Condition, ...] = ()
    restart: frozenset[str] = frozenset()
    stop: frozenset[str] = frozenset()
    ended_by: frozenset[str] = frozenset()
    ended_when: tuple[Condition, ...] = ()
    void: frozenset[str] = frozenset()
    cleared_by: frozenset[str] = frozenset()
    pauses: str = ""
    limit_field: str = ""
    limit: Limit | None = None
    is_wall_time: bool = False
    is_main: bool = False

    @property
    def listening(self) -> frozenset[str]:
        """Every type that this clock listens to."""
        return self.start | self.restart | self.stop | self.ended_by | self.void | self.cleared_by

    @property
    def goes_on(self) -> bool:
        """Whether a run goes on where the case that it was stopped with is reopened."""
        return self.pauses == "reopening"

    def is_stopped_by(self, moment: Moment) -> bool:
        return moment.type in self.stop or self.is_ended_by(moment)

    def is_ended_by(self, moment: Moment) -> bool:
        """Whether it is over without an answer."""
        return moment.type in self.ended_by and all(condition.holds(moment.data) for condition in self.ended_when)

    def is_started_by(self, data: Any) -> bool:
        """Whether a statement of a starting type begins a run: it says what it must, and gives the limit."""
        for condition in self.when:
            if not condition.holds(data):
                return False
        return not self.limit_field or getattr(data, self.limit_field, None) is not None

    def span(self, data: Any, schedule: Schedule, day_unit: DayUnit = "workday") -> Span | None:
        """What a run of this clock is measured against; None: it has no limit and is no clock.

        `day_unit`: what a plain number of days counts.
        """
        given = getattr(data, self.limit_field, None) if self.limit_field else None
        match given:
            case Limit():
                return Span(given, is_wall_time=self.is_wall_time)
            case datetime():
                return Span(due_at=given.astimezone(UTC))
            case date():
                return Span(due_at=schedule.midnight_after(given), due_on=given)
            case int():
                return Span(Limit(given, day_unit))
        return None if self.limit_field or self.limit is None else Span(self.limit, is_wall_time=self.is_wall_time)


class ClockTable:
    """The rules of one family, found by the types they listen to."""

    def __init__(self, rules: Iterable[ClockRule]) -> None:
        self._of_clock: dict[str, list[ClockRule]] = defaultdict(list)
        starting: dict[str, set[str]] = defaultdict(set)
        for rule in sorted(rules, key=lambda rule: (rule.clock_id, rule.valid_from)):
            if rule.clock_id not in CORE:
                self._of_clock[rule.clock_id].append(rule)
                for name in rule.start if rule.clock_id not in FOLLOWING else ():
                    starting[name].add(rule.clock_id)
        #: Event type → the clocks that may start with it.
        self.starting: Mapping[str, tuple[str, ...]] = {name: tuple(sorted(ids)) for name, ids in starting.items()}
        #: Every type that a clock listens to.
        self.listening: frozenset[str] = frozenset().union(
            *(rule.listening for rules in self._of_clock.values() for rule in rules)
        )

    def is_main(self, clock_id: str) -> bool:
        """Whether a subject as a whole is judged by this clock."""
        return any(rule.is_main for rule in self._of_clock.get(clock_id, ()))

    def rule_on(self, clock_id: str, matter_code: str | None, day: date) -> ClockRule | None:
        """The rule of a clock that is in force on a day: one of the matter's own before the general one."""
        found = None
        for rule in self._of_clock.get(clock_id, ()):
            if rule.valid_from <= day and (not rule.matter_code or rule.matter_code == matter_code):
                is_closer = found is None or bool(rule.matter_code) >= bool(found.matter_code)
                found = rule if is_closer else found
        return found
