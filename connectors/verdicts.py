"""The second step of landing: the verdict on each occurrence, set by set, in offset order within a partition."""

from collections.abc import Collection
from typing import Any

import psycopg

#: How many offsets of a partition one transaction judges.
MOST_AT_ONCE = 50_000

#: What the worker has not consumed yet may still become a dead letter of its own; it stays pending.
_DUE = """
    with known as (
        select
            r.topic, r.partition, r.judged_to,
            case when r.topic = any(%(folded)s) then least(r.next_offset, coalesce(s.next_offset, 0)) else r.next_offset end as until
        from raw.position as r left join stream.position as s using (topic, partition)
    )
    select topic, partition, judged_to, least(until, judged_to + %(most)s)
    from known
    where judged_to < until
    order by topic, partition
"""
_DEAD = """
    update raw.event as e
    set verdict = 'dead_lettered', reason = concat_ws(': ', d.code, d.field)
    from stream.dead_letter as d
    where e.topic = %(topic)s and e.partition = %(partition)s and e."offset" >= %(from)s and e."offset" < %(to)s
        and e.verdict = 'pending'
        and d.topic = e.topic and d.partition = e.partition and d."offset" = e."offset"
"""
_IDENTITY = """
    insert into raw.identity (subject_key, source, id, body_hash, topic, partition, "offset")
    select distinct on (subject_key, source, id) subject_key, source, id, body_hash, topic, partition, "offset"
    from raw.event
    where topic = %(topic)s and partition = %(partition)s and "offset" >= %(from)s and "offset" < %(to)s
        and verdict = 'pending'
    order by subject_key, source, id, "offset"
    on conflict do nothing
"""
_VERDICT = """
    update raw.event as e
    set verdict = case
        when (i.topic, i.partition, i."offset") = (e.topic, e.partition, e."offset") then 'accepted'
        when i.body_hash = e.body_hash then 'duplicate'
        else 'conflict'
    end
    from raw.identity as i
    where e.topic = %(topic)s and e.partition = %(partition)s and e."offset" >= %(from)s and e."offset" < %(to)s
        and e.verdict = 'pending'
        and (i.subject_key, i.source, i.id) = (e.subject_key, e.source, e.id)
"""
#: Of every entry key that the judged stretch touches more than once: all but the greatest version.
_SUPERSEDED = """
    with touched as (
        select distinct subject_key, record_key, source
        from raw.event
        where topic = %(topic)s and partition = %(partition)s and "offset" >= %(from)s and "offset" < %(to)s
            and verdict in ('accepted', 'conflict')
    ),
    ranked as (
        select
            e.topic, e.partition, e."offset", e.arrived_at,
            rank() over (
                partition by e.subject_key, e.record_key, e.source
                order by e.data_version desc, e.recorded_at desc nulls last, e.operation = 'D' desc, e.body_hash desc
            ) as place
        from raw.event as e inner join touched using (subject_key, record_key, source)
        where e.verdict <> 'dead_lettered'
    )
    update raw.event as e
    set is_superseded = true
    from ranked as r
    where (e.topic, e.partition, e."offset", e.arrived_at) = (r.topic, r.partition, r."offset", r.arrived_at)
        and r.place > 1 and not e.is_superseded
"""
_JUDGED = "update raw.position set judged_to = %(to)s where topic = %(topic)s and partition = %(partition)s"


def judge(connection: psycopg.Connection[Any], folded: Collection[str]) -> int:
    """Judges a stretch of every partition that has one; returns how many offsets got their verdict.

    `folded`: the topics whose messages a worker takes, too; their verdict waits for it.
    """
    judged = 0
    with connection.transaction():
        due = connection.execute(_DUE, {"most": MOST_AT_ONCE, "folded": list(folded)}).fetchall()
    for topic, partition, since, to in due:
        stretch = {"topic": topic, "partition": partition, "from": since, "to": to}
        with connection.transaction():
            for step in (_DEAD, _IDENTITY, _VERDICT, _SUPERSEDED, _JUDGED):
                connection.execute(step, stretch)
        judged += to - since
    return judged
