"""Expiry: what dead letters say is removed after a time; that they were, why and from whom stays."""

from datetime import datetime, timedelta
from typing import Any

import psycopg

#: So many letters a transaction.
AT_ONCE = 5000
#: `detail` may quote the message.
_EXPIRE = """
    update stream.dead_letter as d set key = null, value = null, detail = '', expired_at = %(now)s
    from (
        select topic, partition, "offset" from stream.dead_letter
        where expired_at is null and arrived_at <= %(before)s
        order by arrived_at limit %(most)s for update skip locked
    ) as old
    where (d.topic, d.partition, d."offset") = (old.topic, old.partition, old."offset")
"""


def expire_letters(connection: psycopg.Connection[Any], days: int, now: datetime) -> int:
    """Removes key, value and detail of letters that arrived so many days ago or more; returns of how many."""
    removed = 0
    while True:
        with connection.transaction():
            cursor = connection.execute(_EXPIRE, {"now": now, "before": now - timedelta(days=days), "most": AT_ONCE})
        removed += cursor.rowcount
        if cursor.rowcount < AT_ONCE:
            return removed
