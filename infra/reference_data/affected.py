"""Affected: which stored readings a set of scopes covers, and how many still wait to be made again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from msgspec import Struct

from infra.reference_data.changes import Connection
from infra.reference_data.scopes import Scope

#: A version that is never in force: scopes are tried under it and taken back.
TRIAL = 2**31 - 1


class Affected(Struct, frozen=True):
    """How many subjects are read again: open ones, and closed ones."""

    open: int
    closed: int


def write_scopes(connection: Connection, version: int, scopes: Iterable[Scope]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into reference.recompute (version, scope_type, scope_code, since, until) values (%s, %s, %s, %s, %s)",
            [(version, scope.scope_type, scope.scope_code, scope.since, scope.until) for scope in scopes],
        )


def covered_scopes(connection: Connection, scopes: Iterable[Scope]) -> set[Scope]:
    """Those of the scopes that cover a subject."""
    with _tried(connection, scopes):
        rows = connection.execute(
            "select distinct scope_type, scope_code, since, until from stream.scoped where version = %s", [TRIAL]
        ).fetchall()
    return {Scope(*row) for row in rows}


def affected_by(connection: Connection, scopes: Iterable[Scope]) -> Affected:
    """How many subjects the scopes cover."""
    with _tried(connection, scopes):
        row = connection.execute(
            """with covered as (
                   select distinct family, partition, subject_key, stopped_at from stream.scoped where version = %s
               )
               select count(*) filter (where stopped_at is null), count(*) filter (where stopped_at is not null)
               from covered""",
            [TRIAL],
        ).fetchone()
    assert row is not None
    return Affected(*row)


@contextmanager
def _tried(connection: Connection, scopes: Iterable[Scope]) -> Iterator[None]:
    """The scopes stand while the block runs, and never stood afterwards."""
    with connection.transaction() as trial:
        connection.execute(
            "insert into reference.version (version, loaded_by, digest) values (%s, 'trial', '')", [TRIAL]
        )
        write_scopes(connection, TRIAL, scopes)
        yield
        raise psycopg.Rollback(trial)


def waiting(connection: Connection) -> int:
    """How many subjects still have to be read again, by the scopes alone."""
    row = connection.execute(
        """select count(distinct (s.family, s.partition, s.subject_key)) from stream.scoped as s
           left join stream.caught_up as c using (family, partition)
           where s.version > s.rulebook_version and s.version > coalesce(c.rulebook_version, 0)"""
    ).fetchone()
    assert row is not None
    return int(row[0])
