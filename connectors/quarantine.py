"""Quarantined sources: which there are, and letting one in again."""

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.rows import class_row

Connection = psycopg.Connection[Any]


class NotQuarantined(Exception):
    """There is nothing to release; the message says where to look."""


class Quarantine(Struct, frozen=True):
    """Since when a source is shut off, and why: `bad` of `told` messages within so many minutes could not be taken."""

    source: str
    since: datetime
    bad: int
    told: int
    minutes: int


def quarantined(connection: Connection) -> list[Quarantine]:
    """The quarantines that stand, the oldest first."""
    with connection.cursor(row_factory=class_row(Quarantine)) as cursor:
        return cursor.execute(
            """select source, since, bad, told, minutes from ops.source_quarantine
               where released_at is null order by since, source"""
        ).fetchall()


def release(connection: Connection, source: str, *, released_by: str, reason: str = "") -> None:
    """Lets a source in again; what it told before counts for no quarantine any more. Raises NotQuarantined."""
    moved = connection.execute(
        """update ops.source_quarantine set released_at = clock_timestamp(), released_by = %s, reason = %s
           where source = %s and released_at is null""",
        [released_by, reason, source],
    )
    if moved.rowcount != 1:
        raise NotQuarantined(f"source {source!r} is not quarantined: 'govpulse source list' shows which are")
