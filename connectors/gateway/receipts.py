"""Receipts: what became of an event after the door had it. The binding verdict is landing's."""

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct

#: Of one identity no more occurrences are told, the first ones.
MOST = 100


class Occurrence(Struct, frozen=True):
    """One message of that identity, as it was taken or refused; `code` and `field` say why it was not taken."""

    verdict: str
    topic: str
    partition: int
    offset: int
    arrived_at: datetime
    authority: str | None
    subject: str | None
    is_superseded: bool
    door: str | None = None
    reason: str | None = None
    code: str | None = None
    field: str | None = None
    replay_of: str | None = None
    replayed_at: datetime | None = None


class Receipt(Struct, frozen=True):
    """What became of (source, id), and every occurrence in the order of arrival.

    `verdict`: that of the first occurrence that was taken; of the first one where none was.
    """

    source: str
    id: str
    verdict: str
    occurrences: list[Occurrence]


#: Verdicts of what was not taken.
NOT_TAKEN = frozenset({"rejected", "dead_lettered"})
_QUERY = """
    with taken as (
        select
            e.verdict, e.topic, e.partition, e."offset", e.arrived_at, e.authority, e.subject, e.is_superseded,
            e.door, e.reason, split_part(e.reason, ': ', 1) as code, nullif(split_part(e.reason, ': ', 2), '') as field,
            e.replay_of
        from raw.event as e
        where hashtextextended(e.id, 0) = hashtextextended(%(id)s, 0) and e.id = %(id)s and e.source = %(source)s
    ),
    refused as (
        select
            'rejected', r.topic, r.partition, r."offset", r.arrived_at, null, null, false,
            r.door, concat_ws(': ', r.code, r.field), r.code, r.field, null
        from raw.rejection as r
        where hashtextextended(r.id, 0) = hashtextextended(%(id)s, 0) and r.id = %(id)s and r.source = %(source)s
    ),
    told as (
        select * from taken union all select * from refused
    )
    select
        t.*,
        (select min(r.arrived_at) from taken as r
         where r.replay_of = t.topic || '/' || t.partition || '/' || t."offset") as replayed_at
    from told as t
    order by t.arrived_at, t.topic, t.partition, t."offset"
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
    binding = next((one for one in occurrences if one.verdict not in NOT_TAKEN), occurrences[0])
    return Receipt(source, identity, binding.verdict, occurrences)
