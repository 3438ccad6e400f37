"""Tables of a front-end database, on a real PostgreSQL: what is new is sent once, and nothing is lost."""

import uuid
from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from tests.connectors.fronts import Front, Poller

pytestmark = pytest.mark.broker
DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - as the column has it


@pytest.fixture
def front(postgres_url):
    name = f"front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    server = postgres_url.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://")
    found = Front(f"{server}/{name}", time="timestamp")
    yield found
    found.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def case(number, *, version=1, made=DAY, **given):
    return {
        "ORGBUSNO": f"B{number}", "PROJID": f"P{number}", "DATAVER": version, "ITEMNO": "M006", "ACCEPTDEPTID": "u1",
        "REGION_ID": "360200", "APPROVALTYPE": "2", "PROMISETIMELIMIT": 5, "PROMISETIMEUNIT": "1", "TIMELIMIT": 20,
        "TIMEUNIT": "g", "SUBMIT": "1", "APPLICANT": "张三", "OCCURTIME": DAY, "MAKETIME": made,
    } | given  # fmt: skip


def test_a_table_is_read_from_its_beginning_and_then_only_what_is_new(settings, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", *(case(n, made=DAY + timedelta(minutes=n)) for n in range(50)))
    poller = Poller(settings, front, "ea-jc-basicinfo", page_rows=7)
    (first,) = poller.look()
    assert (first.rows, first.events) == (50, {"case.accepted": 50})
    facts = poller.facts()
    assert facts["P7", "accepted"] == (
        "case.accepted", 1,
        {
            "matter_code": "M006", "unit_code": "u1", "area_code": "360200", "case_type": "promise", "channel": "online",
            "promise": {"value": 5, "unit": "workday"}, "statutory": {"value": 20, "unit": "workday"},
        },
    )  # fmt: skip
    event = next(event for event in poller.log() if event.subject == "P7")
    assert event.at.isoformat() == "2026-11-01T16:00:00+00:00"
    assert event.recorded_at.isoformat() == "2026-11-01T16:07:00+00:00"

    (again,) = poller.look()
    assert (again.rows, again.events, again.unchanged) == (0, {}, 15)
    front.put("EA_JC_BASICINFO", case(60, made=DAY + timedelta(minutes=60)))
    (third,) = poller.look()
    assert (third.rows, poller.sent()) == (1, 51)
