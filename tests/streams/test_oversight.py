"""Signals about sources and units, on a real PostgreSQL: raised once, cleared, told to people like any other."""

import json
from datetime import timedelta

import psycopg
import pytest

from streams.oversight import oversee
from streams.reference import read_rulebook
from tests.cases import accepted, china, document
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


def test_a_unit_that_enters_afterwards_and_a_source_that_falls_silent(database):
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
