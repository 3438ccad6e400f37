"""Writes a version: its rows, what they changed, whom they concern."""

import hashlib
import json
from collections.abc import Mapping

from psycopg import sql

from infra.reference_data.affected import write_scopes
from infra.reference_data.changes import Change, Connection, differences
from infra.reference_data.columns import Values
from infra.reference_data.scopes import Scope
from infra.reference_data.tables import TABLES
from streams.domain.events import FAMILIES, ONCE, RANK


def write(
    connection: Connection,
    version: int,
    changes: Mapping[str, Change],
    scopes: list[Scope],
    *,
    loaded_by: str,
    note: str,
    is_erratum: bool,
) -> None:
    """The rows come into force with the transaction; writers of older versions are refused from then on."""
    counts = {name: change.counts for name, change in changes.items()}
    connection.execute(
        """insert into reference.version (version, loaded_by, digest, note, is_erratum, changes)
           values (%s, %s, %s, %s, %s, %s)""",
        [version, loaded_by, _digest(changes), note, is_erratum, json.dumps(counts)],
    )
    for name, change in changes.items():
        _close(connection, name, version, [*change.replaced, *change.removed])
        _insert(connection, name, version, [values for _, _, values in change.pairs() if values is not None])
    if version > 1:
        _write_differences(connection, version, changes)
    write_scopes(connection, version, scopes)
    connection.execute(
        """insert into reference.active (version) values (%s)
           on conflict (only_row) do update set version = excluded.version""",
        [version],
    )


def _digest(changes: Mapping[str, Change]) -> str:
    return hashlib.sha256(repr(sorted(changes.items())).encode()).hexdigest()


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


def _write_differences(connection: Connection, version: int, changes: Mapping[str, Change]) -> None:
    query = "copy reference.version_change (version, table_name, key, column_name, old, new) from stdin"
    with connection.cursor().copy(query) as copy:
        for found in differences(changes):
            copy.write_row((version, found.table, found.key, found.column, found.old, found.new))


def write_event_types(connection: Connection) -> None:
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
