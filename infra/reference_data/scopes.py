"""Scopes: whose stored readings a change of reference data concerns. Generous where unsure, never too narrow."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from infra.reference_data.changes import Change, InForce
from infra.reference_data.columns import Values
from infra.reference_data.tables import TABLES
from streams.domain.clock_rules import CORE

#: Tables that no reading of a subject uses.
UNREAD = frozenset({"unit", "code_map", "metric", "target"})
#: Columns that no reading uses: names, and where something is written.
UNREAD_COLUMNS = {
    "calendar": frozenset({"name"}),
    "calendar_day": frozenset({"name", "notice"}),
    "authority": frozenset({"name"}),
    "source": frozenset(TABLES["source"].columns) - {"precedence"},
    "matter": frozenset({"name", "name_en", "department", "case_type", "basis"}),
    "clock_rule": frozenset({"name", "name_en", "basis"}),
    "alert_rule": frozenset({"name", "name_en"}),
}
#: Rules about sources and units as wholes: `govpulse oversee` looks at them anew every time.
OVERSEEN = frozenset({"AR-17", "AR-18", "AR-19"})
#: A notice of more stretches than this is one long stretch.
MOST_STRETCHES = 40
DAY = timedelta(days=1)

Named = dict[str, Any]


class Scope(Struct, frozen=True):
    """Subjects of a family, authority, unit, area, matter or schedule (or all) that touch a day from `since` to `until`."""

    scope_type: str
    scope_code: str = ""
    since: date | None = None
    until: date | None = None


class World(Struct, frozen=True):
    """Reference data before and after a load, as named rows."""

    before: InForce
    after: InForce

    def rows(self, name: str) -> Iterator[Named]:
        """Every row of a table, as it was and as it will be."""
        for state in (self.before, self.after):
            yield from map(TABLES[name].named, state.get(name, {}).values())

    def schedules_on(self, calendar: str) -> set[str]:
        """The schedules that count by a calendar, or by one based on it."""
        calendars = {calendar} | {row["calendar"] for row in self.rows("calendar") if row["based_on"] == calendar}
        return {row["schedule"] for row in self.rows("schedule") if row["calendar"] in calendars}


#: A changed row, before and after.
Pair = tuple[Named | None, Named | None]


def scopes_of(changes: Mapping[str, Change], *, before: InForce, after: InForce) -> list[Scope]:
    """Whom the changes concern; nobody where none of them can alter a reading."""
    world, found = World(before, after), set[Scope]()
    for name, change in changes.items():
        pairs = [pair for pair in _pairs(name, change) if _is_read(name, pair)]
        if name not in UNREAD and pairs:
            found.update(_SCOPES.get(name, _all)(pairs, world))
    if Scope("all") in found:
        return [Scope("all")]
    return sorted(found, key=lambda scope: (scope.scope_type, scope.scope_code, str(scope.since), str(scope.until)))


def _pairs(name: str, change: Change) -> Iterator[Pair]:
    table = TABLES[name]

    def named(values: Values | None) -> Named | None:
        return None if values is None else table.named(values)

    for _, old, new in change.pairs():
        yield named(old), named(new)


def _is_read(name: str, pair: Pair) -> bool:
    old, new = pair
    if old is None or new is None:
        return True
    unread = UNREAD_COLUMNS.get(name, frozenset())
    return any(old[column] != new[column] for column in old if column not in unread)


def _row(pair: Pair) -> Named:
    """The row itself, as far as its key goes."""
    found = pair[0] if pair[0] is not None else pair[1]
    assert found is not None
    return found


def _all(_: list[Pair], __: World) -> Iterator[Scope]:
    yield Scope("all")


# ------------------------------------------------------------------ calendars, hours, schedules


def _calendars(pairs: list[Pair], world: World) -> Iterator[Scope]:
    for pair in pairs:
        yield from (Scope("schedule", name) for name in world.schedules_on(_row(pair)["calendar"]))


def _calendar_days(pairs: list[Pair], world: World) -> Iterator[Scope]:
    days: dict[str, list[date]] = {}
    for pair in pairs:
        days.setdefault(_row(pair)["calendar"], []).append(_row(pair)["day"])
    for calendar, found in days.items():
        for schedule in world.schedules_on(calendar):
            yield from (Scope("schedule", schedule, first, last) for first, last in stretches(found))


def stretches(days: list[date]) -> list[tuple[date, date]]:
    """Days as (first, last) of those that follow each other."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - found[-1][1] <= DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found if len(found) <= MOST_STRETCHES else [(found[0][0], found[-1][1])]


def _office_hours(pairs: list[Pair], world: World) -> Iterator[Scope]:
    changed = {_row(pair)["hours"] for pair in pairs}
    yield from (Scope("schedule", row["schedule"]) for row in world.rows("schedule") if row["hours"] in changed)


def _schedules(pairs: list[Pair], _: World) -> Iterator[Scope]:
    yield from (Scope("schedule", old["schedule"]) for old, _ in pairs if old is not None)


def _assignments(pairs: list[Pair], _: World) -> Iterator[Scope]:
    for pair in pairs:
        row = _row(pair)
        yield Scope("all") if row["scope_type"] == "default" else Scope(row["scope_type"], row["scope_code"])


# ------------------------------------------------------------------ authorities, sources


def _authorities(pairs: list[Pair], _: World) -> Iterator[Scope]:
    yield from (Scope("authority", _row(pair)["authority"]) for pair in pairs)


def _sources(pairs: list[Pair], _: World) -> Iterator[Scope]:
    """Which statement counts where two sources tell one record; the store does not know who told what."""
    precedences = [(old["precedence"] if old else 0, new["precedence"] if new else 0) for old, new in pairs]
    if any(before != now for before, now in precedences):
        yield Scope("all")


# ------------------------------------------------------------------ rules, which hold from a day to the next row's


class Timeline:
    """From which days on rows of the same key hold, before and after."""

    def __init__(self, name: str, world: World) -> None:
        self._columns = [column for column in TABLES[name].key if column != "valid_from"]
        self._days: dict[tuple[Any, ...], list[set[date]]] = defaultdict(lambda: [set(), set()])
        for place, state in enumerate((world.before, world.after)):
            for row in map(TABLES[name].named, state.get(name, {}).values()):
                self._days[self._key(row)][place].add(row["valid_from"])

    def of(self, scope: Scope, row: Named) -> Scope:
        """The scope from the row's day to the eve of the next row's, where before and after agree on that."""
        before, after = self._days[self._key(row)]
        later = [day for day in before & after if day > row["valid_from"]]
        until = min(later) - DAY if later else None
        return Scope(scope.scope_type, scope.scope_code, row["valid_from"], until)

    def is_new_or_gone(self, row: Named) -> bool:
        return not all(self._days[self._key(row)])

    def _key(self, row: Named) -> tuple[Any, ...]:
        return tuple(row[column] for column in self._columns)


def _matters(pairs: list[Pair], world: World) -> Iterator[Scope]:
    timeline = Timeline("matter", world)
    for pair in pairs:
        row, scope = _row(pair), Scope("matter", _row(pair)["matter_code"])
        # that it is in the catalogue at all is a finding of whenever
        yield scope if timeline.is_new_or_gone(row) else timeline.of(scope, row)


def _clock_rules(pairs: list[Pair], world: World) -> Iterator[Scope]:
    timeline = Timeline("clock_rule", world)
    for pair in pairs:
        row = _row(pair)
        if row["clock_id"] in CORE:
            continue
        families = {one["family"] for one in pair if one is not None}
        is_main = {one["is_main"] if one is not None else False for one in pair}
        if len(families) > 1 or len(is_main) > 1:  # a main clock judges every subject of its family
            yield from (Scope("family", family) for family in families)
        elif row["matter_code"]:
            yield timeline.of(Scope("matter", row["matter_code"]), row)
        else:
            yield timeline.of(Scope("family", row["family"]), row)


def _alert_rules(pairs: list[Pair], world: World) -> Iterator[Scope]:
    timeline = Timeline("alert_rule", world)
    families = {row["clock_id"]: row["family"] for row in world.rows("clock_rule")}
    for row in map(_row, pairs):
        if row["rule_id"] not in OVERSEEN:
            yield timeline.of(_bearers(row, families), row)


def _bearers(row: Named, families: Mapping[str, str]) -> Scope:
    for kind, column in (("unit", "unit_code"), ("matter", "matter_code"), ("authority", "authority")):
        if row[column]:
            return Scope(kind, row[column])
    family = families.get(row["clock_id"])
    return Scope("family", family) if family is not None else Scope("all")


_SCOPES: Mapping[str, Callable[[list[Pair], World], Iterator[Scope]]] = {
    "calendar": _calendars,
    "calendar_day": _calendar_days,
    "office_hours": _office_hours,
    "schedule": _schedules,
    "schedule_assignment": _assignments,
    "authority": _authorities,
    "source": _sources,
    "matter": _matters,
    "clock_rule": _clock_rules,
    "alert_rule": _alert_rules,
}
