"""Accounts: what became of every record that the doors took in or refused, by source and day, as it stands now."""

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from msgspec import Struct

#: What a record may have become; each is in exactly one of these.
BECAME = ("accepted", "duplicate", "conflict", "rejected", "dead_lettered", "pending")


class SourceAccount(Struct, frozen=True, kw_only=True):
    """One source on one day of its own zone; the day is that of receipt. `source` is 'unknown' where none can be read.

    received = accepted + duplicate + conflict + rejected + dead_lettered + pending. `replayed`: so many of them were dead
    letters or refusals first. `doors` and `reasons`: how many by door, and by the code of what was not taken.
    `p95_lateness_seconds`: of receipt after event; `silent_since`: where AR-18 stands now.
    """

    source: str
    day: date
    received: int
    accepted: int
    duplicate: int
    conflict: int
    rejected: int
    dead_lettered: int
    pending: int
    replayed: int
    heartbeats: int
    doors: dict[str, int]
    reasons: dict[str, int]
    unknown_fields: dict[str, int]
    first_event_at: datetime | None
    last_event_at: datetime | None
    last_received_at: datetime | None
    p95_lateness_seconds: int | None
    silent_since: datetime | None

    @property
    def became(self) -> int:
        """How many records have their place."""
        return sum(getattr(self, name) for name in BECAME)

    @property
    def is_balanced(self) -> bool:
        """Whether every record has become something, and only one thing."""
        return self.received == self.became


class Tally(NamedTuple):
    """Records of one source and day that share door, code and verdict."""

    door: str
    code: str | None
    verdict: str
    records: int
    replayed: int
    heartbeats: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    last_received_at: datetime


class Gap(Struct, frozen=True):
    """Offsets of a partition that landing passed and that are no row, or more than one."""

    topic: str
    partition: int
    passed: int
    rows: int


#: Records of a day, whatever the zone: its arrivals lie within these instants.
_TALLIED = """
    select
        source, door, code, verdict, count(*) as records, count(*) filter (where is_replayed) as replayed,
        count(*) filter (where type = 'source.heartbeat') as heartbeats,
        min(event_at), max(event_at), max(arrived_at)
    from raw.received
    where arrived_at >= (%(day)s::date - 1)::timestamp at time zone 'UTC'
        and arrived_at < (%(day)s::date + 2)::timestamp at time zone 'UTC'
        and day = %(day)s and (%(source)s::text is null or source = %(source)s)
    group by source, door, code, verdict
    order by source, door, code, verdict
"""
_LATE = """
    select source, percentile_disc(0.95) within group (order by lateness_seconds)
    from raw.received
    where arrived_at >= (%(day)s::date - 1)::timestamp at time zone 'UTC'
        and arrived_at < (%(day)s::date + 2)::timestamp at time zone 'UTC'
        and day = %(day)s and (%(source)s::text is null or source = %(source)s) and lateness_seconds is not null
    group by source
"""
_UNKNOWN = (
    "select source, jsonb_object_agg(field, times) from ops.unknown_field_day where day = %(day)s group by source"
)
_SILENT = """
    select subject_key, min(since) from stream.signal
    where rule_id = 'AR-18' and until is null and not is_withdrawn
    group by subject_key
"""
_REGISTERED = """
    select s.source from reference.source as s
    where s.until_version is null and not exists (select from ops.source_revocation as r where r.source = s.source)
"""
#: From the first row of the days on, every offset that landing passed is one row.
_GAPS = """
    with began as (
        select topic, partition, min("offset") as "offset"
        from (
            select topic, partition, "offset" from raw.event where arrived_at >= %(since)s
            union all select topic, partition, "offset" from raw.rejection where arrived_at >= %(since)s
        ) as late
        group by topic, partition
    ),
    counted as (
        select
            p.topic, p.partition, p.next_offset - b."offset" as passed,
            (select count(*) from raw.event as e
             where e.topic = p.topic and e.partition = p.partition and e."offset" >= b."offset")
            + (select count(*) from raw.mark as m
               where m.topic = p.topic and m.partition = p.partition and m."offset" >= b."offset")
            + (select count(*) from raw.rejection as r
               where r.topic = p.topic and r.partition = p.partition and r."offset" >= b."offset") as rows
        from began as b
        inner join raw.position as p using (topic, partition)
    )
    select topic, partition, passed, rows from counted where passed <> rows order by topic, partition
"""


def accounts(
    connection: psycopg.Connection[Any], *, day: date | None = None, source: str | None = None
) -> list[SourceAccount]:
    """The accounts of a day, by default today's: of every source that told something, and of every registered one."""
    day = day or today(connection)
    asked = {"day": day, "source": source}
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for name, *rest in connection.execute(_TALLIED, asked):
        tallies[name].append(Tally(*rest))
    late, unknown, silent = (dict(connection.execute(query, asked)) for query in (_LATE, _UNKNOWN, _SILENT))
    registered = {name for (name,) in connection.execute(_REGISTERED)}
    names = {source} if source else tallies.keys() | unknown.keys() | registered
    return [
        _account(
            name,
            day,
            tallies[name],
            unknown_fields=unknown.get(name, {}),
            p95_lateness_seconds=late.get(name),
            silent_since=silent.get(name),
        )
        for name in sorted(names)
    ]


def _account(source: str, day: date, tallies: list[Tally], **rest: Any) -> SourceAccount:
    became: Counter[str] = Counter()
    doors: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for one in tallies:
        became[one.verdict] += one.records
        doors[one.door] += one.records
        if one.code:
            reasons[one.code] += one.records
    return SourceAccount(
        source=source,
        day=day,
        received=sum(one.records for one in tallies),
        accepted=became["accepted"],
        duplicate=became["duplicate"],
        conflict=became["conflict"],
        rejected=became["rejected"],
        dead_lettered=became["dead_lettered"],
        pending=became["pending"],
        replayed=sum(one.replayed for one in tallies),
        heartbeats=sum(one.heartbeats for one in tallies),
        doors=dict(doors),
        reasons=dict(reasons),
        first_event_at=min((one.first_event_at for one in tallies if one.first_event_at), default=None),
        last_event_at=max((one.last_event_at for one in tallies if one.last_event_at), default=None),
        last_received_at=max((one.last_received_at for one in tallies), default=None),
        **rest,
    )


def today(connection: psycopg.Connection[Any]) -> date:
    """The day it is by the default schedule."""
    row = connection.execute("select reference.today_of('')").fetchone()
    assert row is not None
    found: date = row[0]
    return found


def gaps(connection: psycopg.Connection[Any], *, since: datetime) -> list[Gap]:
    """Partitions of which records that came since then are missing in schema raw, or stand there twice."""
    return [Gap(*row) for row in connection.execute(_GAPS, {"since": since})]
