"""Oversight of sources and units: reads aggregates, asks the pure rules, writes what stands as signals. One at a time."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from streams.domain import oversight
from streams.domain.alert_rules import AlertRule, Scope
from streams.domain.oversight import Entered, Found, Heard, Kept, ShutOff, Standing, Unheard
from streams.domain.rulebook import Rulebook
from streams.domain.worktime import Schedule
from streams.ledger import signal_message
from streams.store import SIGNAL_COLUMNS

Connection = psycopg.Connection[Any]
#: "oversee" as a number: one at a time.
LOCK = 0x6F766572
#: Signals of sources and units belong to no partition of a topic.
NO_PARTITION = -1
#: How far back a source's habits are looked at.
HABIT = timedelta(days=14)
#: Entries are looked at by whole days, today's and those up to so long ago: half a day has other shares than the whole.
ENTRIES = timedelta(days=2)


def oversee(connection: Connection, rulebook: Rulebook, now: datetime) -> int:
    """Raises and clears AR-16 of quarantined sources and AR-17 to AR-19 as they stand now; returns how many changed."""
    found = [
        *_floods(connection, rulebook, now),
        *_back_entries(connection, rulebook, now),
        *_silences(connection, rulebook, now),
        *_rates(connection, rulebook),
    ]
    with connection.transaction():
        row = connection.execute("select pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone()
        if row is None or not row[0]:
            return 0
        return _write(connection, found, now)


def _rule(rulebook: Rulebook, rule_id: str, scope: Scope, day: date) -> AlertRule | None:
    return next(iter(rulebook.alerts.on(scope, day).get(rule_id, ())), None)


_FLOODS = """
    select q.source, s.authority, q.quarantine_id, q.since, q.bad, q.told
    from ops.source_quarantine as q inner join reference.source as s on s.source = q.source and s.until_version is null
    where q.released_at is null
"""


def _floods(connection: Connection, rulebook: Rulebook, now: datetime) -> Iterator[Found]:
    """AR-16, by source that is shut off."""
    for source, authority, number, since, bad, told in connection.execute(_FLOODS):
        schedule = rulebook.schedule_of(None, None, authority)
        rule = _rule(rulebook, "AR-16", Scope("", "", authority), schedule.local_date(now))
        if rule is not None:
            objection = oversight.shut_off(ShutOff(number, since, bad, told))
            yield Found(rule, "source", source, authority, None, objection)


#: When each fact first came, of what still stands, of the cases whose finish did so since; told of late, or by cases.
_ENTERED = """
    with fact as (
        select
            partition, subject_key, type,
            min(event_at) filter (where not is_superseded) as event_at,
            -- a dead letter that was mended had come long before
            min(arrived_at) filter (where replay_of is null) as first_arrival
        from {events}
        where type in ('case.accepted', 'case.finished') and operation = 'U' and verdict in ('accepted', 'conflict')
        group by partition, subject_key, type, record_key
        having not bool_and(is_superseded)
    ),
    told as (
        select
            partition, subject_key,
            min(event_at) filter (where type = 'case.accepted') as accepted_at,
            min(event_at) filter (where type = 'case.finished' and first_arrival > %(since)s) as finished_at,
            min(first_arrival) filter (where type = 'case.accepted') as accepted_arrival,
            min(first_arrival) filter (where type = 'case.finished' and first_arrival > %(since)s) as finished_arrival
        from fact
        group by partition, subject_key
    )
    select
        s.authority, s.unit_code, t.subject_key, t.accepted_at, t.finished_at, t.accepted_arrival, t.finished_arrival
    from told as t
    inner join stream.subject as s on (s.family, s.partition, s.subject_key) = ('case', t.partition, t.subject_key)
    where t.finished_at is not null and s.unit_code is not null
"""
_OF_LATE = _ENTERED.replace(
    "{events}", "(select * from raw.event where arrived_at > %(since)s and authority <> all(%(marked)s)) as event"
)
#: Case by case by the index of facts, however many they are ("offset 0"): a join might read all that was ever told.
_OF_CASES = _ENTERED.replace(
    "{events}",
    """unnest(%(keys)s::text[]) as asked (key)
        cross join lateral (select * from raw.event where subject_key = asked.key offset 0) as event""",
)


def _back_entries(connection: Connection, rulebook: Rulebook, now: datetime) -> Iterator[Found]:
    """AR-17, by unit and local day of the finish's first arrival; a marked authority's arrivals say nothing.

    What came before is looked up only of those units and days for which it could matter: the history is long.
    """
    # two days more: the first of the days began before this time of day, and an acceptance may have come the day before
    asked = {"since": now - ENTRIES - timedelta(days=2), "marked": [*filter(rulebook.is_marked, rulebook.authorities)]}
    keys: list[str] = []
    for _, rule, schedule, cases in _days_of_units(connection, rulebook, now, _OF_LATE, asked):
        if oversight.may_be_back_entry(rule, cases.values(), schedule=schedule):
            keys += cases
    for (authority, unit, day), rule, schedule, cases in _days_of_units(
        connection, rulebook, now, _OF_CASES, {**asked, "keys": keys}
    ):
        for objection in oversight.back_entry(rule, cases.values(), schedule=schedule, day=day):
            yield Found(rule, "unit", f"{authority}|{unit}", authority, unit, objection)


def _days_of_units(
    connection: Connection, rulebook: Rulebook, now: datetime, query: str, asked: dict[str, Any]
) -> Iterator[tuple[tuple[str, str, date], AlertRule, Schedule, dict[str, Entered]]]:
    """Authority, unit and day, by which rule and schedule, and what was entered on it, by case."""
    units: defaultdict[tuple[str, str, date], dict[str, Entered]] = defaultdict(dict)
    for authority, unit, key, *instants in connection.execute(query, asked):
        entered = Entered(*instants)
        day = rulebook.schedule_of(unit, None, authority).local_date(entered.finished_arrival)
        units[authority, unit, day][key] = entered
    for (authority, unit, day), cases in units.items():
        schedule = rulebook.schedule_of(unit, None, authority)
        rule = _rule(rulebook, "AR-17", Scope(unit, "", authority), day)
        if rule is not None and day >= schedule.local_date(now - ENTRIES):
            yield (authority, unit, day), rule, schedule, cases


#: What arrived of late is remembered, so that a silence is known when it is longer than the looking back.
_REMEMBER = """
    insert into ops.source_heard as known (source, authority, last_at, first_at, told_minutes)
    select
        source, min(authority), max(arrived_at), min(arrived_at), count(distinct date_trunc('minute', arrived_at))
    from raw.event
    where source is not null and authority is not null and source not like 'urn:govpulse:%%'
        -- or since the last that is known of, where nobody looked for longer
        and arrived_at > (select least(%(since)s, max(last_at)) from ops.source_heard)
    group by source
    on conflict (source) do update set
        authority = excluded.authority, last_at = excluded.last_at,
        first_at = excluded.first_at, told_minutes = excluded.told_minutes
    where excluded.last_at > known.last_at
"""
#: Who is registered is expected to tell something, until it is shut out.
_HEARD = """
    select h.source, h.authority, s.calendar, h.last_at, h.told_minutes, h.first_at
    from ops.source_heard as h
    inner join reference.source as s on s.source = h.source and s.until_version is null
    where not exists (select from ops.source_revocation as r where r.source = h.source)
"""
_UNHEARD = """
    select s.source, s.authority, s.calendar, s.rhythm_minutes, min(v.loaded_at)
    from reference.source as s
    inner join reference.source as known on known.source = s.source
    inner join reference.version as v on v.version = known.since_version
    where s.until_version is null and s.rhythm_minutes is not null
        and not exists (select from ops.source_revocation as r where r.source = s.source)
        and not exists (select from ops.source_heard as h where h.source = s.source)
    group by s.source, s.authority, s.calendar, s.rhythm_minutes
"""


def _silences(connection: Connection, rulebook: Rulebook, now: datetime) -> Iterator[Found]:
    """AR-18, by source: from its last receipt on, or from its registration where it never told anything."""
    connection.execute(_REMEMBER, {"since": now - HABIT})
    for source, authority, calendar, last_at, minutes, first_at in connection.execute(_HEARD):
        schedule = rulebook.schedule_of_source(calendar, authority)
        rule = _silence_rule(rulebook, authority, schedule.local_date(now))
        if rule is not None:
            office = (schedule.business_us(last_at) - schedule.business_us(first_at)) // 60_000_000
            heard = Heard(last_at, minutes, office)
            for objection in oversight.silence(rule, heard, schedule=schedule, as_of=now):
                yield Found(rule, "source", source, authority, None, objection)
    for source, authority, calendar, minutes, registered_at in connection.execute(_UNHEARD):
        schedule = rulebook.schedule_of_source(calendar, authority)
        rule = _silence_rule(rulebook, authority, schedule.local_date(now))
        if rule is not None:
            unheard = Unheard(registered_at, timedelta(minutes=minutes))
            for objection in oversight.never_heard(rule, unheard, schedule=schedule, as_of=now):
                yield Found(rule, "source", source, authority, None, objection)


def _silence_rule(rulebook: Rulebook, authority: str, day: date) -> AlertRule | None:
    """A marked authority's silence says nothing."""
    return None if rulebook.is_marked(authority) else _rule(rulebook, "AR-18", Scope("", "", authority), day)


_KEPT = """
    with clock as (
        select authority, max(as_of) as as_of from stream.clock group by authority
    ),
    counted as (
        select
            m.authority, m.unit_code, m.judged, m.on_time, m.month,
            date_trunc('month', coalesce(own.as_of, wall.as_of) at time zone 'Asia/Shanghai')::date as this_month
        from stream.measures as m
        left join clock as own on own.authority = m.authority
        left join clock as wall on wall.authority = '*'
        where m.family = 'case' and m.cohort = 'finished' and m.clock_id = '' and m.unit_code <> ''
    )
    select
        authority, unit_code, this_month,
        coalesce(sum(judged) filter (where month >= this_month - interval '3 months' and month < this_month), 0),
        coalesce(sum(on_time) filter (where month >= this_month - interval '3 months' and month < this_month), 0),
        coalesce(sum(judged) filter (
            where month >= this_month - interval '15 months' and month < this_month - interval '12 months'), 0),
        coalesce(sum(on_time) filter (
            where month >= this_month - interval '15 months' and month < this_month - interval '12 months'), 0)
    from counted
    where this_month is not null
    group by authority, unit_code, this_month
"""


def _rates(connection: Connection, rulebook: Rulebook) -> Iterator[Found]:
    """AR-19, by unit, over the last three full months of its authority's time."""
    for authority, unit, month, *counts in connection.execute(_KEPT):
        schedule = rulebook.schedule_of(unit, None, authority)
        rule = _rule(rulebook, "AR-19", Scope(unit, "", authority), month)
        if rule is not None:
            since = schedule.midnight_after(month - timedelta(days=1))
            for objection in oversight.fallen(rule, Kept(*map(int, counts)), month=month, since=since):
                yield Found(rule, "unit", f"{authority}|{unit}", authority, unit, objection)


def _write(connection: Connection, found: list[Found], now: datetime) -> int:
    rows = connection.execute(
        sql.SQL("select {} from stream.signal where partition = %s and until is null and not is_withdrawn").format(
            sql.SQL(", ").join(map(sql.Identifier, SIGNAL_COLUMNS))
        ),
        [NO_PARTITION],
    ).fetchall()
    standing = {_standing(row).key: row for row in rows}
    raised, cleared = oversight.settle([_standing(row) for row in rows], found)
    version = int(now.timestamp() * 1_000_000)
    changed = [_row(key, one, now, version) for key, one in raised.items()]
    changed += [_cleared(row, now, version) for key, row in standing.items() if key in cleared]
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, changed)
        cursor.executemany(
            "insert into stream.outbox (partition, epoch, topic, key, value) values (%s, %s, 'signals', %s, %s)",
            [(NO_PARTITION, version, row[2].encode(), signal_message(row)) for row in changed],
        )
    return len(changed)


def _standing(row: tuple[Any, ...]) -> Standing:
    named = dict(zip(SIGNAL_COLUMNS, row, strict=True))
    return Standing(named["signal_key"], named["rule_id"], named["family"], named["subject_key"])


def _row(key: str, found: Found, now: datetime, version: int) -> tuple[Any, ...]:
    rule, objection = found.rule, found.objection
    return (
        found.family, NO_PARTITION, key, rule.rule_id, rule.level, found.subject_key, found.authority, "",
        found.unit_code, None, objection.since, None, None, now, version, False,
    )  # fmt: skip


def _cleared(row: tuple[Any, ...], now: datetime, version: int) -> tuple[Any, ...]:
    named = dict(zip(SIGNAL_COLUMNS, row, strict=True)) | {"until": now, "as_of": now, "data_version": version}
    return tuple(named.values())


_UPSERT = sql.SQL(
    """insert into stream.signal ({}) values ({}) on conflict (family, partition, signal_key)
       do update set until = excluded.until, as_of = excluded.as_of, data_version = excluded.data_version"""
).format(
    sql.SQL(", ").join(map(sql.Identifier, SIGNAL_COLUMNS)), sql.SQL(", ").join([sql.SQL("%s")] * len(SIGNAL_COLUMNS))
)
