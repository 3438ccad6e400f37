"""Quarantine: a source that floods is shut off until somebody releases it, so that the others go on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from msgspec import Struct

from streams.settings import Settings

Connection = psycopg.Connection[Any]
#: With fewer sources than this, most of them failing says nothing about the platform.
FEW = 3


class Heard(NamedTuple):
    """What a source told within the window: `bad` of it could not be taken."""

    source: str
    bad: int
    told: int


class Limits(Struct, frozen=True):
    """When it is a flood: at least `most` bad messages, and more than `share` of all, within `window`; `most` 0: never."""

    most: int
    share: float
    window: timedelta


class Decision(Struct, frozen=True):
    """Who is shut off now; `is_widespread`: most sources fail at once, which is no fault of theirs, so nobody is."""

    floods: tuple[Heard, ...]
    is_widespread: bool = False


def limits_of(settings: Settings) -> Limits:
    """The limits of an installation."""
    window = timedelta(minutes=settings.quarantine_minutes)
    return Limits(settings.quarantine_after, settings.quarantine_share, window)


def decide(heard: Iterable[Heard], active: int, limits: Limits) -> Decision:
    """Which of the sources flood, where `active` sources told something at all."""
    floods = tuple(one for one in heard if one.bad >= limits.most and one.bad > limits.share * one.told)
    is_widespread = active >= FEW and 2 * len(floods) > active
    return Decision(() if is_widespread else floods, is_widespread)


def quarantine_floods(connection: Connection, limits: Limits, now: datetime) -> Decision:
    """Shuts off the sources that flood; every door hears of it when it reads the register again."""
    if not limits.most:
        return Decision(())
    since = {"since": now - limits.window, "most": limits.most}
    suspects = [source for (source,) in connection.execute(_SUSPECTS, since)]
    if not suspects:
        return Decision(())
    heard = [Heard(*row) for row in connection.execute(_HEARD, since | {"suspects": suspects})]
    row = connection.execute(_ACTIVE, since).fetchone()
    decision = decide(heard, row[0] if row else 0, limits)
    with connection.cursor() as cursor:
        minutes = limits.window // timedelta(minutes=1)
        cursor.executemany(_QUARANTINE, [(*one, minutes, now) for one in decision.floods])
    return decision


#: Asked every time, so from narrow tables alone.
_SUSPECTS = """
    with bad as (
        select source from stream.dead_letter where expired_at is null and arrived_at > %(since)s
        union all
        select source from raw.rejection where arrived_at > %(since)s
    )
    select b.source
    from bad as b inner join reference.source as s on s.source = b.source and s.until_version is null
    where not exists (select from ops.source_quarantine as q where q.source = b.source and q.released_at is null)
    group by b.source
    having count(*) >= %(most)s
"""
#: Both counts as landing has them, so that they are of one moment. After a release counting begins anew.
_HEARD = """
    with asked as (
        select
            source, greatest(%(since)s, (
                select max(q.released_at) from ops.source_quarantine as q where q.source = asked.source)) as since
        from unnest(%(suspects)s::text[]) as asked (source)
    ),
    told as (
        select e.source, e.verdict = 'dead_lettered' as is_bad
        from raw.event as e inner join asked as a on a.source = e.source and e.arrived_at > a.since
        where e.replay_of is null and e.arrived_at > %(since)s
        union all
        select r.source, r.code <> 'source_quarantined'
        from raw.rejection as r inner join asked as a on a.source = r.source and r.arrived_at > a.since
        where r.arrived_at > %(since)s
    )
    select source, count(*) filter (where is_bad), count(*) from told group by source order by source
"""
_ACTIVE = """
    select count(*) from (
        select source from raw.event where arrived_at > %(since)s and source is not null
        union
        select source from raw.rejection where arrived_at > %(since)s and source is not null) as told
"""
_QUARANTINE = """
    insert into ops.source_quarantine (source, bad, told, minutes, since) values (%s, %s, %s, %s, %s)
    on conflict (source) where released_at is null do nothing
"""
