"""Alert rules AR-01 to AR-22 as data: when each warns or breaks, by level, for whom, and from when on."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from msgspec import Struct

#: Levels in rising order: 提示, 预警, 红牌, 督办.
LEVELS = ("blue", "yellow", "red", "escalation")


class Scope(Struct, frozen=True):
    """For whom a threshold is looked up."""

    unit_code: str = ""
    matter_code: str = ""
    authority: str = ""


class AlertRule(Struct, frozen=True, kw_only=True):
    """One level of one rule: at which place of its clock it begins (`docs/reading-a-case.md` §5).

    Exactly one of: `share` of the limit used (`minute_share` on clocks that count minutes), `counted_day` reached,
    `left_days`, `left_workdays` or `left_minutes` before the due date, or `is_breach`: the due date itself. AR-01 to AR-04 have readings
    of their own, as have AR-17 to AR-19 (`streams/domain/oversight.py`). Without a clock: a rule about single
    statements. `is_off`: not for this scope.
    """

    rule_id: str
    level: str
    clock_id: str = ""
    scope: Scope = Scope()
    valid_from: date = date.min
    name: str = ""
    name_en: str = ""
    share: Fraction = Fraction(0)
    minute_share: Fraction = Fraction(0)
    least_workdays: int | None = None
    grace_workdays: int | None = None
    counted_day: int | None = None
    left_days: int | None = None
    left_workdays: int | None = None
    left_minutes: int | None = None
    least_cases: int | None = None
    least_minutes: int | None = None
    within_minutes: int | None = None
    gaps: int | None = None
    worse_share: Fraction = Fraction(0)
    is_breach: bool = False
    is_off: bool = False


class Levels(tuple[AlertRule, ...]):
    """The levels of one clock for one scope; known by identity, so that what follows from them can be remembered."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


NO_LEVELS = Levels()
#: The rules for a clock that starts at an instant, or for what is said then: clock id (or rule id) → levels.
Alerts = Callable[[datetime], Mapping[str, Levels]]


class AlertTable:
    """The rules in force for a scope and day, remembered: cases share them by the thousand."""

    def __init__(self, rules: Iterable[AlertRule]) -> None:
        self._of_level: dict[tuple[str, str, str], list[AlertRule]] = defaultdict(list)
        for rule in rules:
            self._of_level[rule.rule_id, rule.clock_id, rule.level].append(rule)
        self._changes = sorted({rule.valid_from for rules in self._of_level.values() for rule in rules})
        self._known: dict[tuple[Scope, date], Mapping[str, Levels]] = {}

    def on(self, scope: Scope, day: date) -> Mapping[str, Levels]:
        """Clock id (or rule id, for rules without a clock) → its levels in rising order."""
        place = bisect_right(self._changes, day)
        since = self._changes[place - 1] if place else date.min
        found = self._known.get((scope, since))
        if found is None:
            if len(self._known) > 100_000:
                self._known.clear()
            found = self._known[scope, since] = self._resolve(scope, since)
        return found

    def _resolve(self, scope: Scope, day: date) -> Mapping[str, Levels]:
        found: dict[str, list[AlertRule]] = defaultdict(list)
        for rules in self._of_level.values():
            candidates = [rule for rule in rules if rule.valid_from <= day and _covers(rule.scope, scope)]
            if candidates:
                rule = max(candidates, key=lambda rule: (_closeness(rule.scope), rule.valid_from))
                if not rule.is_off:
                    found[rule.clock_id or rule.rule_id].append(rule)
        return {
            key: Levels(sorted(rules, key=lambda rule: (rule.rule_id, LEVELS.index(rule.level))))
            for key, rules in found.items()
        }


def _covers(of_rule: Scope, wanted: Scope) -> bool:
    return all(own in ("", asked) for own, asked in zip(_parts(of_rule), _parts(wanted), strict=True))


def _closeness(scope: Scope) -> int:
    """Unit before matter before authority."""
    unit, matter, authority = (part != "" for part in _parts(scope))
    return 4 * unit + 2 * matter + authority


def _parts(scope: Scope) -> tuple[str, str, str]:
    return (scope.unit_code, scope.matter_code, scope.authority)
