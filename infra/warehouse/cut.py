"""The cut: up to where a build counts. An input of dbt, written before anything is computed."""

from typing import Any

import psycopg

#: The smaller of both positions and the worker's clock of that moment, for every partition of a folded topic.
_CUT = """
    insert into ops.cut (run_id, topic, partition, "offset", authority, as_of)
    select %(run)s, s.topic, s.partition, least(s.next_offset, r.next_offset), c.authority, c.as_of
    from stream.position as s
    inner join raw.position as r using (topic, partition)
    inner join stream.clock as c using (topic, partition)
"""


def take_cut(connection: psycopg.Connection[Any], run_id: str) -> int:
    """Writes the cut of a run; returns how many events lie before it."""
    connection.execute(_CUT, {"run": run_id})
    row = connection.execute(
        """select coalesce(sum("offset"), 0) from (select distinct topic, partition, "offset" from ops.cut where run_id = %s) as c""",
        [run_id],
    ).fetchone()
    return int(row[0]) if row else 0
