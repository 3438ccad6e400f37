"""Loads reference data: what differs from the version in force becomes a new version, all rows or none."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import sql

from infra.reference_data.goals import GOALS
from infra.reference_data.goals import faults as goal_faults
from infra.reference_data.tables import SHIPPED, TABLES, InvalidRows, Row, Values, parse, read_directory
from streams.domain.events import FAMILIES, ONCE, RANK

Connection = psycopg.Connection[Any]
#: A row added to one of these can change a stored reading only if a subject already bears its code (column of subject).
ADDITIVE = {"authority": "authority", "matter": "matter_code"}
SCOPES = {"unit": "unit_code", "area": "area_code", "authority": "authority"}
#: Additions that no stored reading can depend on.
HARMLESS = frozenset({"calendar", "schedule", "office_hours", "unit"})


class Change(Struct, frozen=True):
    """What a load changes in one table."""

    added: dict[Values, Values]
    replaced: dict[Values, Values]
    removed: list[Values]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.replaced or self.removed)


class LoadResult(Struct, frozen=True):
    """The version in force after a load, and what it changed: table → (added, replaced, removed)."""

    version: int
    is_new: bool
    recomputes: bool
    changes: dict[str, tuple[int, int, int]]


def load(
    url: str, tables: Mapping[str, Iterable[Row]], *, loaded_by: str, note: str = "", replaces: bool = False
) -> LoadResult:
    """Adds and replaces the given rows; with `replaces` the given tables hold nothing else afterwards.

    Raises InvalidRows with every fault found; nothing is loaded then.
    """
    wanted = parse(tables)
    with psycopg.connect(url) as connection:
        connection.execute("lock table reference.version in exclusive mode")
        row = connection.execute("select version from reference.active for update").fetchone()
        current: int = row[0] if row else 0
        in_force = {name: _in_force(connection, name) for name in TABLES}
        changes = {name: _change(in_force[name], rows, replaces=replaces) for name, rows in wanted.items()}
        changes = {name: change for name, change in changes.items() if not change.is_empty}
        if not changes and current:
            return LoadResult(current, is_new=False, recomputes=False, changes={})
        _check(_after(in_force, changes))
        recomputes = current > 0 and _recomputes(connection, changes)
        version = current + 1
        _write(connection, version, changes, loaded_by=loaded_by, note=note, recomputes=recomputes)
    counts = {name: (len(change.added), len(change.replaced), len(change.removed)) for name, change in changes.items()}
    return LoadResult(version, is_new=True, recomputes=recomputes, changes=counts)


def load_shipped(url: str) -> LoadResult:
    """Loads the shipped rows once per release; rows that somebody loaded since are left as they are."""
    digest = hashlib.sha256()
    for path in sorted(SHIPPED.glob("*.csv")):
        digest.update(path.read_bytes())
    note = f"shipped {digest.hexdigest()[:16]}"
    with psycopg.connect(url) as connection:
        _write_event_types(connection)
        known = connection.execute("select 1 from reference.version where note = %s", [note]).fetchone()
        row = connection.execute("select version from reference.active").fetchone()
    if known and row:
        return LoadResult(row[0], is_new=False, recomputes=False, changes={})
    return load(url, read_directory(SHIPPED), loaded_by="govpulse", note=note)


def load_folder(url: str, folder: Path, *, loaded_by: str, note: str = "", replaces: bool = False) -> LoadResult:
    """Loads every CSV of a folder in the form of the shipped ones."""
    return load(url, read_directory(folder), loaded_by=loaded_by, note=note or folder.name, replaces=replaces)


def _in_force(connection: Connection, name: str) -> dict[Values, Values]:
    table = TABLES[name]
    query = sql.SQL("select {} from reference.{} where until_version is null").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(name)
    )
    return {table.key_of(values): values for values in connection.execute(query)}


def _change(current: dict[Values, Values], wanted: dict[Values, Values], *, replaces: bool) -> Change:
    return Change(
        added={key: values for key, values in wanted.items() if key not in current},
        replaced={key: values for key, values in wanted.items() if key in current and current[key] != values},
        removed=[key for key in current if key not in wanted] if replaces else [],
    )


def _after(in_force: dict[str, dict[Values, Values]], changes: dict[str, Change]) -> dict[str, list[dict[str, Any]]]:
    after = {}
    for name, rows in in_force.items():
        change = changes.get(name)
        kept = dict(rows)
        if change is not None:
            kept.update(change.added)
            kept.update(change.replaced)
            for key in change.removed:
                kept.pop(key)
        after[name] = [dict(zip(TABLES[name].columns, values, strict=True)) for values in kept.values()]
    return after


def _check(rows: dict[str, list[dict[str, Any]]]) -> None:
    """What one row alone cannot show: names that must exist, sessions that overlap."""
    faults: list[str] = []
    calendars = {row["calendar"] for row in rows["calendar"]}
    hours = {row["hours"] for row in rows["office_hours"]}
    schedules = {row["schedule"] for row in rows["schedule"]}
    for name, column, known in (
        ("calendar_day", "calendar", calendars),
        ("schedule", "calendar", calendars),
        ("schedule", "hours", hours),
        ("schedule_assignment", "schedule", schedules),
    ):
        unknown = sorted({row[column] for row in rows[name]} - known)
        faults += [f"{name}.csv: {column} {value!r} is not defined; add it to {column}.csv" for value in unknown]
    if not any(row["scope_type"] == "default" for row in rows["schedule_assignment"]):
        faults.append("schedule_assignment.csv: no row 'default'; say by which schedule everybody else works")
    faults += _session_faults(rows["office_hours"])
    faults += goal_faults(rows)
    for row in rows["matter"]:
        for kind in ("statutory", "fallback", "promise"):
            if (row[f"{kind}_value"] is None) != (row[f"{kind}_unit"] is None):
                faults.append(f"matter.csv: {row['matter_code']!r}: {kind}_value and {kind}_unit go together")
    if faults:
        raise InvalidRows(faults)


def _session_faults(rows: list[dict[str, Any]]) -> list[str]:
    faults = []
    ordered = sorted(rows, key=lambda row: (row["hours"], row["season_from"], row["opens"]))
    for before, row in zip([None, *ordered], ordered, strict=False):
        if row["closes"] <= row["opens"]:
            faults.append(f"office_hours.csv: {row['hours']!r} closes at {row['closes']} before it opens")
        if before is not None and (before["hours"], before["season_from"]) == (row["hours"], row["season_from"]):
            if before["closes"] > row["opens"]:
                faults.append(f"office_hours.csv: {row['hours']!r} opens at {row['opens']} within another session")
            if before["season_to"] != row["season_to"]:
                faults.append(f"office_hours.csv: {row['hours']!r} {row['season_from']}: one season has two ends")
    return faults


def _recomputes(connection: Connection, changes: dict[str, Change]) -> bool:
    """Whether a stored reading could differ under the new version."""
    for name, change in changes.items():
        if name in GOALS:
            continue
        if change.replaced or change.removed:
            return True
        if name in HARMLESS:
            continue
        if name == "source":
            if any(values[-1] != 0 for values in change.added.values()):
                return True
        elif name == "schedule_assignment":
            if any(_is_borne(connection, SCOPES.get(kind), [code]) for kind, code in change.added):
                return True
        elif name not in ADDITIVE or _is_borne(connection, ADDITIVE[name], [key[0] for key in change.added]):
            return True
    return False


def _is_borne(connection: Connection, column: str | None, codes: list[str]) -> bool:
    if column is None:
        return True
    query = sql.SQL("select exists (select from stream.subject where {} = any(%s))").format(sql.Identifier(column))
    row = connection.execute(query, [codes]).fetchone()
    return row is not None and bool(row[0])


def _write(
    connection: Connection, version: int, changes: dict[str, Change], *, loaded_by: str, note: str, recomputes: bool
) -> None:
    digest = hashlib.sha256(repr(sorted(changes.items())).encode()).hexdigest()
    connection.execute(
        """insert into reference.version (version, loaded_by, digest, note, recompute_below)
           values (%(version)s, %(loaded_by)s, %(digest)s, %(note)s, case when %(recomputes)s then %(version)s
               else coalesce((select v.recompute_below from reference.version v join reference.active using (version)), 0)
               end)""",
        {"version": version, "loaded_by": loaded_by, "digest": digest, "note": note, "recomputes": recomputes},
    )
    for name, change in changes.items():
        _close(connection, name, version, [*change.replaced, *change.removed])
        _insert(connection, name, version, [*change.added.values(), *change.replaced.values()])
    connection.execute(
        """insert into reference.active (version) values (%s)
           on conflict (only_row) do update set version = excluded.version""",
        [version],
    )


def _close(connection: Connection, name: str, version: int, keys: list[Values]) -> None:
    match = sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in TABLES[name].key)
    query = sql.SQL("update reference.{} set until_version = %s where until_version is null and {}").format(
        sql.Identifier(name), match
    )
    with connection.cursor() as cursor:
        cursor.executemany(query, [(version, *key) for key in keys])


def _insert(connection: Connection, name: str, version: int, rows: list[Values]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, (*TABLES[name].columns, "since_version")))
    query = sql.SQL("copy reference.{} ({}) from stdin").format(sql.Identifier(name), columns)
    with connection.cursor().copy(query) as copy:
        for values in rows:
            copy.write_row((*values, version))


def _write_event_types(connection: Connection) -> None:
    """`reference.event_type` is written from the event types themselves, so that SQL folds in the same order."""
    rows = [
        (f"{family}.{name}", family, RANK[f"{family}.{name}"], f"{family}.{name}" in ONCE)
        for family, types in FAMILIES.items()
        for name, _ in types
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into reference.event_type (type, family, rank, is_once) values (%s, %s, %s, %s)
               on conflict (type) do update set rank = excluded.rank, is_once = excluded.is_once
               where (event_type.rank, event_type.is_once) is distinct from (excluded.rank, excluded.is_once)""",
            rows,
        )


__all__ = ["InvalidRows", "LoadResult", "load", "load_folder", "load_shipped"]
