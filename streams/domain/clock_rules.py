"""A clock is data: what starts, stops and pauses it, and where its limit comes from."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

from msgspec import Struct

from streams.domain.case import EXCLUDED
from streams.domain.limits import Limit, Span
from streams.domain.outlines import Moment
from streams.domain.worktime import Schedule

#: Clocks that the case itself reads, because stream and warehouse compute them twice (`docs/reading-a-case.md`).
CORE = frozenset({"promise", "statutory"})
#: Clocks that are another one under a name and rules of their own: 超时默许 is the promise, whose silent end is a yes.
FOLLOWING = {"consent": "promise"}
#: Fields of the contract whose names Python reserves → the attribute.
ATTRIBUTES = {"class": "demand_class"}
#: After these no clock begins that they stop: papers corrected later are no application, steps after the end no work.
FINAL = frozenset({"case.accepted", "case.decided", "case.finished"})
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
                return Span(due_at=schedule.midnight_after(given))
            case int():
                return Span(Limit(given, day_unit))
        return None if self.limit_field or self.limit is None else Span(self.limit, is_wall_time=self.is_wall_time)


class Run(Struct, frozen=True):
    """One run of a clock: from a start to its stop, if there was one. `cleared_at`: when its signals ended.

    `is_judged`: it was answered, or may be yet; what was withdrawn, refused at the counter or closed without it was not.
    """

    rule: ClockRule
    start: Moment
    stopped_at: datetime | None = None
    cleared_at: datetime | None = None
    is_judged: bool = True


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
        self._starting: Mapping[str, tuple[str, ...]] = {name: tuple(sorted(ids)) for name, ids in starting.items()}
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

    def runs(self, moments: Sequence[Moment], matter_code: str | None, schedule: Schedule) -> list[Run]:
        """Every run of every clock that has a limit, in the order of their starts.

        None begins after what ends it for good (`FINAL`), unless the case was reopened.
        """
        running: dict[tuple[str, Any], Run] = {}
        found: list[Run] = []
        over: list[Moment] = []
        for moment in moments:
            if running:
                found += self._stopped(running, moment, matter_code, schedule)
            if moment.type in FINAL:
                over.append(moment)
            elif moment.type == "case.reopened":
                over.clear()
                _go_on(running, found)
            starting = self._starting.get(moment.type)
            if starting is None:
                continue
            day = schedule.local_date(moment.at)
            for clock_id in starting:
                rule = self.rule_on(clock_id, matter_code, day)
                if rule is None or moment.type not in rule.start:
                    continue
                if over and any(map(rule.is_stopped_by, over)):
                    continue
                if rule.is_started_by(moment.data):
                    run = Run(rule, moment)
                    running.setdefault((clock_id, _key(run)), run)
        found = [_cleared(run, moments) if run.rule.cleared_by else run for run in [*found, *running.values()]]
        return sorted(found, key=lambda run: (run.start.at, run.rule.clock_id)) if len(found) > 1 else found

    def _stopped(
        self, running: dict[tuple[str, Any], Run], moment: Moment, matter_code: str | None, schedule: Schedule
    ) -> list[Run]:
        """The runs that a moment ends; one it begins anew ends, too, and one it takes back vanishes."""
        found = []
        for place, run in list(running.items()):
            rule = run.rule
            if not _concerns(rule, place[1], moment):
                continue
            if rule.is_stopped_by(moment):
                del running[place]
                is_judged = moment.type in rule.stop and getattr(moment.data, "result", None) not in EXCLUDED
                found.append(Run(rule, run.start, moment.at, moment.at, is_judged))
            elif moment.type in rule.restart:
                found.append(Run(rule, run.start, moment.at, moment.at))
                anew = self.rule_on(rule.clock_id, matter_code, schedule.local_date(moment.at)) or rule
                running[place] = Run(anew, Moment(moment.type, moment.at, moment.record_key, run.start.data))
            elif moment.type in rule.void:
                del running[place]
        return found


def _go_on(running: dict[tuple[str, Any], Run], found: list[Run]) -> None:
    """The last run of every clock that a reopening sets going again is not stopped after all."""
    last = {(run.rule.clock_id, _key(run)): run for run in found if run.rule.goes_on and run.stopped_at is not None}
    for place, run in last.items():
        if place not in running:
            found.remove(run)
            running[place] = Run(run.rule, run.start)


def _key(run: Run) -> Any:
    """By what runs of one clock are told apart."""
    return getattr(run.start.data, run.rule.each, None) if run.rule.each else None


def _cleared(run: Run, moments: Sequence[Moment]) -> Run:
    """The run with the first moment, at its stop or after, that ends its signals."""
    stop = run.stopped_at
    after = [moment.at for moment in moments if moment.type in run.rule.cleared_by and stop and moment.at >= stop]
    return Run(run.rule, run.start, stop, min(after, default=None), run.is_judged)


def _concerns(rule: ClockRule, key: Any, moment: Moment) -> bool:
    """A statement without the field by which runs are told apart concerns all of them."""
    if not rule.each:
        return True
    own = getattr(moment.data, rule.each, None)
    return own is None or own == key
