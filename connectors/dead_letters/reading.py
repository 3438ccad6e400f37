"""Reading: which dead letters there are, in groups or one by one; their bytes only under the role that may."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import sql
from psycopg.rows import class_row

from connectors.dead_letters.prospect import Letter
from connectors.dead_letters.selection import Selection

Connection = psycopg.Connection[Any]
#: Who may read what dead letters say.
ROLE = "govpulse_dead_letters"
#: Letters that wait for somebody.
WAITING = ("open", "refused")


class NotAllowed(Exception):
    """The database login is no member of the role that may read what dead letters say."""


class Group(Struct, frozen=True):
    """Dead letters of one code, source and day of arrival (in China), by what became of them."""

    code: str
    source: str
    day: date
    letters: int
    open: int
    sent: int
    accepted: int
    refused: int
    expired: int
    first: str


class Listed(Struct, frozen=True):
    """A dead letter without what it says. `verdict`: of its replay; `refused_code`: why that was refused."""

    place: str
    arrived_at: datetime
    day: date
    code: str
    field: str | None
    source: str | None
    bytes: int | None
    state: str
    verdict: str | None
    refused_code: str | None
    replayed_at: datetime | None
    expired_at: datetime | None


class Shown(Struct, frozen=True):
    """A dead letter whole; key and value are None once they have expired, or where the message had none."""

    listed: Listed
    key: bytes | None
    value: bytes | None
    detail: str
    replays: list[dict[str, Any]]


@contextmanager
def reader(url: str) -> Iterator[Connection]:
    """A connection that acts as the role that may read dead letters, and as nobody else. Raises NotAllowed."""
    with psycopg.connect(
        url, autocommit=True, connect_timeout=5, application_name="govpulse dead-letters"
    ) as connection:
        try:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(ROLE)))
        except psycopg.errors.InsufficientPrivilege:
            login = connection.info.user
            raise NotAllowed(
                f"only members of role {ROLE} read what dead letters say, and {login!r} is none: "
                f'grant {ROLE} to "{login}"'
            ) from None
        yield connection


def groups(connection: Connection, selection: Selection) -> list[Group]:
    """Dead letters by code, source and day, the newest day first."""
    return _read(connection, Group, _GROUPS, selection)


def letters(connection: Connection, selection: Selection) -> list[Listed]:
    """Dead letters one by one, the newest first."""
    return _read(connection, Listed, _LISTED, selection)


def one(connection: Connection, selection: Selection) -> Shown | None:
    """The letter at a place, whole, with its replays; None where there is none. Needs a `reader`."""
    found = letters(connection, selection)
    if not found:
        return None
    place = selection.place
    ((key, value, detail),) = connection.execute(
        'select key, value, detail from stream.dead_letter where (topic, partition, "offset") = (%s, %s, %s)', place
    )
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        replays = cursor.execute(_REPLAYS, place).fetchall()
    return Shown(found[0], key, value, detail, replays)


def payloads(connection: Connection, places: Sequence[tuple[str, int, int]]) -> list[Letter]:
    """The letters at these places, with their bytes, in this order. Needs a `reader`."""
    columns: list[list[Any]] = [list(column) for column in zip(*places, strict=True)]
    rows = connection.execute(_PAYLOADS, columns, binary=True)
    return [Letter(*row) for row in rows]


_GROUPS = """
    select
        code, coalesce(source, '') as source, day, count(*) as letters,
        count(*) filter (where state = 'open') as open, count(*) filter (where state = 'sent') as sent,
        count(*) filter (where state = 'accepted') as accepted, count(*) filter (where state = 'refused') as refused,
        count(expired_at) as expired, (array_agg(place order by arrived_at, place))[1] as first
    from ops.dead_letters
    where {}
    group by code, coalesce(source, ''), day
    order by day desc, letters desc, code, source
"""
_LISTED = """
    select place, arrived_at, day, code, field, source, bytes, state, verdict, refused_code, replayed_at, expired_at
    from ops.dead_letters
    where {}
    order by arrived_at desc, topic, partition, "offset" desc
"""
_REPLAYS = """
    select r.run_id, o.at, r.os_user, r.given_name, r.selection, r.patch_sha256, o.outcome, o.code, o.field
    from ops.dead_letter_outcome as o inner join ops.dead_letter_replay as r using (run_id)
    where (o.topic, o.partition, o."offset") = (%s, %s, %s)
    order by r.run_id
"""
_PAYLOADS = """
    select d.topic, d.partition, d."offset", d.value, d.expired_at is not null
    from unnest(%s::text[], %s::int[], %s::bigint[]) with ordinality as asked (topic, partition, "offset", place)
    inner join stream.dead_letter as d using (topic, partition, "offset")
    order by asked.place
"""


def _read(connection: Connection, kind: type[Any], query: str, selection: Selection) -> list[Any]:
    condition, parameters = selection.sql()
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        asked = sql.SQL(query).format(sql.SQL(condition))
        return cursor.execute(asked, parameters).fetchall()
