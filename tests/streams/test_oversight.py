"""Signals about sources and units, on a real PostgreSQL: raised once, cleared, told to people like any other."""

import json
from datetime import timedelta

import psycopg
import pytest

from connectors.source_keys import revoke_source
from infra.reference_data import load
from streams import overseer
from streams.oversight import oversee
from streams.reference import read_rulebook
from streams.settings import Settings
from tests.cases import SOURCE, SOURCE_ROW, accepted, china, document
from tests.dbt.test_two_implementations import land
from tests.streams.log import CASES, end_of, engine_on, records

pytestmark = pytest.mark.broker
FRIDAY = china("2026-11-20 15:00")


def look(database: str, at) -> int:
    with psycopg.connect(database, autocommit=True) as connection:
        return oversee(connection, read_rulebook(connection), at)


def standing(database: str):
    with psycopg.connect(database) as connection:
        return connection.execute(
            "select rule_id, family, subject_key from stream.signal where partition = -1 and until is null order by 1"
        ).fetchall()


def hear(database: str, at, *, source: str = SOURCE, offset: int) -> None:
    """Something arrives from a source."""
    with psycopg.connect(database) as connection:
        connection.execute("select raw.ensure_month(%s)", [at])
        connection.execute(
            """insert into raw.event (topic, partition, "offset", arrived_at, verdict, source, type, authority)
               values ('events.source', 0, %s, %s, 'accepted', %s, 'source.heartbeat', 'jdz')""",
            [offset, at, source],
        )


def silences(database: str):
    with psycopg.connect(database) as connection:
        return connection.execute(
            "select since, until from stream.signal where rule_id = 'AR-18' order by since"
        ).fetchall()


def test_a_unit_that_enters_afterwards_and_a_source_that_falls_silent(database):
    load(database, {"source": [SOURCE_ROW]}, loaded_by="test")
    told = []
    for number in range(25):
        told.append(accepted("2026-11-16", number=f"n{number}", unit_code="u7"))
        told.append(document("finished", "2026-11-19 09:00", number=f"n{number}", recordkey="f", result="granted"))
    engine = engine_on(database)
    log = records(told, arrived=FRIDAY)
    engine.apply(CASES, log)
    engine.store.close()
    land(database, log)

    assert look(database, FRIDAY + timedelta(minutes=5)) == 1
    assert standing(database) == [("AR-17", "unit", "jdz|u7")]
    assert look(database, FRIDAY + timedelta(minutes=10)) == 0
    assert look(database, china("2026-11-23 10:00")) == 2  # two days on: the one is over, the silence begins
    assert standing(database) == [("AR-18", "source", "urn:gov:360200:test")]

    later = records([accepted("2026-11-23", number="x")], first=len(log), arrived=china("2026-11-23 10:30"))
    engine = engine_on(database)
    engine.apply(CASES, later)
    engine.store.close()
    with psycopg.connect(database) as connection:  # landing goes on where it stopped
        connection.execute("delete from raw.position")
        connection.execute("delete from raw.event")
    land(database, log + later)
    assert look(database, china("2026-11-23 10:31")) == 1
    assert standing(database) == []
    with psycopg.connect(database) as connection:
        messages = [
            json.loads(bytes(value))
            for (value,) in connection.execute("select value from stream.outbox where partition = -1 order by id")
        ]
    assert [(one["rule_id"], one["until"] is None) for one in messages] == [
        ("AR-17", True), ("AR-18", True), ("AR-17", False), ("AR-18", False),
    ]  # fmt: skip
    assert all(one["operation"] == "U" and "partition" not in one for one in messages)


def test_a_unit_whose_rate_is_too_low(database):
    told = []
    for number in range(40):
        day = f"2026-10-{12 + number % 5}"
        told.append(accepted(day, number=f"n{number}", unit_code="u8", promise=(1, "workday")))
        end = day if number % 2 else "2026-10-30"
        told.append(document("finished", f"{end} 16:00", number=f"n{number}", recordkey="f", result="granted"))
    engine = engine_on(database)
    now = china("2026-11-24 09:00")
    engine.apply(CASES, records(told, arrived=now - timedelta(days=30)))
    engine.tick(CASES, end=end_of(engine, now))
    engine.store.close()
    assert look(database, now) == 1
    assert standing(database) == [("AR-19", "unit", "jdz|u8")]
    later = china("2027-02-01 09:00")
    engine = engine_on(database)
    engine.tick(CASES, end=end_of(engine, later))
    engine.store.close()
    assert look(database, later) == 1  # three full months without a late case of it
    assert standing(database) == []


def test_a_silence_stands_until_something_arrives_however_long_it_takes(database):
    load(database, {"source": [SOURCE_ROW]}, loaded_by="test")
    for offset in range(60):
        hear(database, china("2026-10-16 16:00") + timedelta(minutes=offset), offset=offset)
    assert look(database, china("2026-10-16 17:30")) == 0
    assert look(database, china("2026-10-19 10:00")) == 1
    # on day 14, on day 20, and in another year
    for day in ("2026-10-30 17:00", "2026-11-05 10:00", "2027-01-11 10:00"):
        assert look(database, china(day)) == 0
    assert silences(database) == [(china("2026-10-19 09:59"), None)]

    back = china("2027-01-11 10:10")
    hear(database, back, offset=60)
    assert look(database, back + timedelta(minutes=1)) == 1
    assert silences(database) == [(china("2026-10-19 09:59"), back + timedelta(minutes=1))]
    assert look(database, china("2027-01-11 15:00")) == 1  # one heartbeat is no rhythm: it is silent again
    assert standing(database) == [("AR-18", "source", SOURCE)]


def test_a_silence_is_found_after_an_absence_of_the_overseer_too(database):
    load(database, {"source": [SOURCE_ROW]}, loaded_by="test")
    hear(database, china("2026-10-16 16:00"), offset=0)
    assert look(database, china("2026-10-16 16:01")) == 0
    hear(database, china("2026-10-20 09:00"), offset=1)
    assert look(database, china("2026-12-01 10:00")) == 1
    assert silences(database) == [(china("2026-10-20 10:00"), None)]


def test_nothing_is_expected_of_who_is_shut_out_or_registered_no_more(database):
    load(database, {"source": [SOURCE_ROW]}, loaded_by="test")
    hear(database, china("2026-10-16 16:00"), offset=0)
    hear(database, china("2026-10-16 16:00"), offset=1, source="urn:gov:360200:nobody")
    assert look(database, china("2026-10-19 10:00")) == 1
    assert standing(database) == [("AR-18", "source", SOURCE)]
    with psycopg.connect(database) as connection:
        revoke_source(connection, SOURCE, revoked_by="test")
    assert look(database, china("2026-10-19 10:01")) == 1
    assert standing(database) == []


def test_a_source_with_a_rhythm_that_never_told_anything_is_silent_since_it_was_registered(database):
    """Without a rhythm nobody said that it would tell anything: the shipped source stays unmentioned."""
    load(database, {"source": [SOURCE_ROW | {"rhythm_minutes": "120"}]}, loaded_by="test")
    with psycopg.connect(database) as connection:
        connection.execute("update reference.version set loaded_at = %s", [china("2026-11-20 10:00")])
    load(database, {"source": [SOURCE_ROW | {"rhythm_minutes": "60"}]}, loaded_by="test")  # is no new registration
    assert look(database, china("2026-11-20 12:59")) == 0
    assert look(database, china("2026-11-20 13:00")) == 1
    assert look(database, china("2027-01-20 10:00")) == 0
    assert silences(database) == [(china("2026-11-20 13:00"), None)]
    assert standing(database) == [("AR-18", "source", SOURCE)]
    hear(database, china("2027-01-20 10:00"), offset=0)
    assert look(database, china("2027-01-20 10:01")) == 1
    assert standing(database) == []


# ------------------------------------------------------------------ from the event to the outbox

LATE = "urn:gov:360200:late"


def take(database: str, told, *, first: int, arrived, now) -> int:
    """Worker and landing take what is told; returns the next offset."""
    log = records(told, first=first, arrived=arrived)
    engine = engine_on(database)
    engine.apply(CASES, log)
    engine.tick(CASES, end=end_of(engine, now))
    engine.store.close()
    land(database, log)
    return first + len(log)


def outbox(database: str):
    """The signals of sources and units that wait for the relay, in order."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select topic, key, value from stream.outbox where partition = -1 order by id"
        ).fetchall()
    messages = [json.loads(bytes(value)) for _, _, value in rows]
    assert [(topic, bytes(key).decode()) for topic, key, _ in rows] == [
        ("signals", one["signal_key"]) for one in messages
    ]
    return [(one["rule_id"], one["subject_key"], one["until"] is None) for one in messages]


def test_events_become_signals_of_units_and_sources_and_go_into_the_outbox(database, tmp_path):
    """October's rate of u8, u7's cases of a week entered on one Monday, and a source of which nothing was heard since October."""
    load(database, {"source": [SOURCE_ROW, SOURCE_ROW | {"source": LATE}]}, loaded_by="test")
    settings = Settings(home=tmp_path, database=database)

    def oversees(at) -> int:
        with psycopg.connect(database, autocommit=True) as connection:
            return overseer.look(connection, settings, at)

    numbers = range(40)
    begun = [accepted("2026-10-12", number=f"o{one}", unit_code="u8", promise=(1, "workday")) for one in numbers]
    ended = [
        document(
            "finished",
            f"2026-10-{13 if one % 2 else 30} 16:{one:02}",
            number=f"o{one}",
            recordkey="f",
            result="granted",
        )
        for one in numbers
    ]
    friday = china("2026-10-30 17:00")
    place = take(database, begun, first=0, arrived=china("2026-10-12 16:00"), now=friday)
    place = take(database, ended, first=place, arrived=china("2026-10-30 16:50"), now=friday)
    assert oversees(friday) == 0

    monday = china("2026-11-23 14:00")
    entered = []
    for number in range(25):
        entered.append(accepted("2026-11-16", number=f"n{number}", unit_code="u7", source=LATE))
        given = {"source": LATE, "recordkey": "f", "result": "granted"}
        entered.append(document("finished", f"2026-11-19 09:{number:02}", number=f"n{number}", **given))
    place = take(database, entered, first=place, arrived=china("2026-11-23 13:50"), now=monday)
    assert oversees(monday) == 3
    found = [("AR-17", "unit", "jdz|u7"), ("AR-18", "source", SOURCE), ("AR-19", "unit", "jdz|u8")]
    assert standing(database) == found
    assert sorted(outbox(database)) == [(rule, subject, True) for rule, _, subject in found]
    assert oversees(monday) == 0

    beat = document("source.heartbeat", "2026-11-23 14:01", number=SOURCE, recordkey="beat")
    take(database, [beat], first=place, arrived=china("2026-11-23 14:01"), now=monday)
    assert oversees(china("2026-11-23 14:02")) == 1
    assert standing(database) == [found[0], found[2]]
    assert outbox(database)[3:] == [("AR-18", SOURCE, False)]
