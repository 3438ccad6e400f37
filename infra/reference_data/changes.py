"""What a load changes: rows added, replaced and removed, against the version in force."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import sql

from infra.reference_data.columns import Values
from infra.reference_data.rows import told_key
from infra.reference_data.tables import TABLES

Connection = psycopg.Connection[Any]
InForce = Mapping[str, dict[Values, Values]]


class Change(Struct, frozen=True):
    """What a load changes in one table; `replaced`: key → (before, after)."""

    added: dict[Values, Values]
    replaced: dict[Values, tuple[Values, Values]]
    removed: dict[Values, Values]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.replaced or self.removed)

    @property
    def counts(self) -> tuple[int, int, int]:
        return (len(self.added), len(self.replaced), len(self.removed))

    def pairs(self) -> Iterator[tuple[Values, Values | None, Values | None]]:
        """(key, before, after) of every row."""
        yield from ((key, None, values) for key, values in self.added.items())
        yield from ((key, before, after) for key, (before, after) in self.replaced.items())
        yield from ((key, values, None) for key, values in self.removed.items())


class Difference(Struct, frozen=True):
    """One changed value; of a row added or removed the whole row, and no column."""

    table: str
    key: str
    column: str
    old: str | None
    new: str | None


def in_force(connection: Connection) -> dict[str, dict[Values, Values]]:
    """Table → key → values of the version in force."""
    return {name: _in_force(connection, name) for name in TABLES}


def _in_force(connection: Connection, name: str) -> dict[Values, Values]:
    table = TABLES[name]
    query = sql.SQL("select {} from reference.{} where until_version is null").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(name)
    )
    return {table.key_of(values): values for values in connection.execute(query)}


def changes_of(
    before: InForce,
    wanted: Mapping[str, dict[Values, Values]],
    *,
    replaces: bool = False,
    gone: Mapping[str, Collection[Values]] | None = None,
) -> dict[str, Change]:
    """What the wanted rows change; with `replaces` their tables hold nothing else afterwards. `gone`: keys that go."""
    gone = gone or {}
    changes = {
        name: _change(before[name], wanted.get(name, {}), gone=before[name].keys() if replaces else gone.get(name, ()))
        for name in {**wanted, **gone}
    }
    return {name: change for name, change in changes.items() if not change.is_empty}


def _change(current: dict[Values, Values], wanted: dict[Values, Values], *, gone: Collection[Values]) -> Change:
    return Change(
        added={key: values for key, values in wanted.items() if key not in current},
        replaced={
            key: (current[key], values) for key, values in wanted.items() if key in current and current[key] != values
        },
        removed={key: current[key] for key in gone if key in current and key not in wanted},
    )


def after(before: InForce, changes: Mapping[str, Change]) -> dict[str, dict[Values, Values]]:
    """What will be in force."""
    found = {}
    for name, rows in before.items():
        found[name] = dict(rows)
        if name in changes:
            for key, _, new in changes[name].pairs():
                if new is None:
                    del found[name][key]
                else:
                    found[name][key] = new
    return found


def differences(changes: Mapping[str, Change]) -> list[Difference]:
    """The changes as people read them, value by value."""
    found = [one for name, change in changes.items() for one in _differences(name, change)]
    return sorted(found, key=lambda one: (one.table, one.key, one.column))


def _differences(name: str, change: Change) -> Iterator[Difference]:
    columns = tuple(TABLES[name].columns)
    for key, old, new in change.pairs():
        if old is None or new is None:
            yield Difference(name, told_key(name, key), "", _row_text(name, old), _row_text(name, new))
            continue
        for column, before, now in zip(columns, old, new, strict=True):
            if before != now:
                yield Difference(name, told_key(name, key), column, _text(before), _text(now))


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _row_text(name: str, values: Values | None) -> str | None:
    if values is None:
        return None
    said = {column: _text(value) for column, value in TABLES[name].named(values).items() if value not in (None, "")}
    return json.dumps(said, ensure_ascii=False)
