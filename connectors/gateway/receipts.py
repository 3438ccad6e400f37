"""Receipts: what became of an event after the door had it. The binding verdict is landing's."""

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct

#: Of one identity no more occurrences are told, the first ones.
MOST = 100


class Occurrence(Struct, frozen=True):
    """One message of that identity on the log."""

    verdict: str
    topic: str
    partition: int
    offset: int
    arrived_at: datetime
    authority: str
    subject: str
    is_superseded: bool
    reason: str | None = None
    replay_of: str | None = None
    replayed_at: datetime | None = None


class Receipt(Struct, frozen=True):
    """What became of (source, id), and every occurrence in the order of arrival.

    The verdict is that of the first occurrence; of a dead letter that was replayed that of its replay.
    """

    source: str
    id: str
    verdict: str
    occurrences: list[Occurrence]


_QUERY = """
    select
        e.verdict, e.topic, e.partition, e."offset", e.arrived_at, e.authority, e.subject, e.is_superseded, e.reason,
        e.replay_of,
        (select min(r.arrived_at) from raw.event as r
         where hashtextextended(r.id, 0) = hashtextextended(e.id, 0) and r.id = e.id and r.source = e.source
             and r.replay_of = e.topic || '/' || e.partition || '/' || e."offset") as replayed_at
    from raw.event as e
    where hashtextextended(e.id, 0) = hashtextextended(%(id)s, 0) and e.id = %(id)s and e.source = %(source)s
    order by e.arrived_at, e.topic, e.partition, e."offset"
    limit %(most)s
"""


def receipt_of(connection: psycopg.Connection[Any], source: str, identity: str) -> Receipt | None:
    """The receipt as landing has it now; None where nothing of that identity has landed."""
    if "\x00" in source + identity:
        return None
    rows = connection.execute(_QUERY, {"id": identity, "source": source, "most": MOST}).fetchall()
    if not rows:
        return None
    occurrences = [Occurrence(*row) for row in rows]
    first = next((one for one in occurrences if one.replayed_at is None), occurrences[0])
    return Receipt(source, identity, first.verdict, occurrences)
