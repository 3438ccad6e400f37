"""The cut: up to where a build counts. An input of dbt, written before anything is computed."""

from typing import Any

import psycopg

from connectors import rejections
from streams.domain.events import FAMILIES, FOLDED

#: The smaller of both positions and the worker's clock of that moment, for every partition of a folded topic.
_FOLDED = """
    insert into ops.cut (run_id, topic, partition, "offset", authority, as_of)
    select %(run)s, s.topic, s.partition, least(s.next_offset, r.next_offset), c.authority, c.as_of
    from stream.position as s
    inner join raw.position as r using (topic, partition)
    inner join stream.clock as c using (topic, partition)
"""
#: What nobody folds has no position of a worker: it counts as far as landing has judged it, and as of now.
_ROWS = """
    insert into ops.cut (run_id, topic, partition, "offset", authority, as_of)
    select %(run)s, r.topic, r.partition, r.judged_to, '*', now()
    from raw.position as r
    where r.topic ~ %(topics)s and not exists (
        select from stream.position as s where s.topic = r.topic and s.partition = r.partition
    )
"""
#: Topics of families that are kept as rows, and that of refusals, whatever the prefix of the installation.
_TOPICS = rf"(^|\.)(events\.({'|'.join(family for family in FAMILIES if family not in FOLDED)})|{rejections.TOPIC})$"


def take_cut(connection: psycopg.Connection[Any], run_id: str) -> int:
    """Writes the cut of a run; returns how many events lie before it."""
    connection.execute(_FOLDED, {"run": run_id})
    connection.execute(_ROWS, {"run": run_id, "topics": _TOPICS})
    row = connection.execute(
        """select coalesce(sum("offset"), 0) from (select distinct topic, partition, "offset" from ops.cut where run_id = %s) as c""",
        [run_id],
    ).fetchone()
    return int(row[0]) if row else 0
