"""Python in the stream and SQL in the warehouse read thousands of random cases alike, to the microsecond."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import create_engine

from connectors.landed import Landed
from connectors.landing_store import LandingStore
from connectors.verdicts import judge
from expectations.reconcile import reconcile
from infra.reference_data import load
from infra.warehouse.cut import take_cut
from infra.warehouse.dbt import Dbt
from streams.settings import Settings
from streams.topics import Topic
from tests.cases import china
from tests.random_cases import random_cases
from tests.streams.log import CASES, end_of, engine_on, mark, records
from tests.streams.test_engine import in_polls

pytestmark = [pytest.mark.broker, pytest.mark.slow]
AUTHORITIES = [
    {"authority": "old", "name": "x", "clock": "marked"},
    {"authority": "bold", "name": "x", "clock": "marked", "extension_any_time": "true", "late_pauses_extend": "true"},
]
SCHEDULES = [
    {"scope_type": "authority", "scope_code": "old", "schedule": "weekdays-amsterdam"},
    {"scope_type": "area", "scope_code": "360222", "schedule": "every_day"},
    {"scope_type": "unit", "scope_code": "u3", "schedule": "weekdays"},
]


def land(database: str, logged) -> None:
    store = LandingStore(database)
    store.claim({CASES.topic: Topic("topic-1", 1)})
    landed = Landed()
    landed.take(CASES.topic, 0, logged)
    store.write(landed)
    while judge(store.connection):
        pass
    store.close()


@pytest.fixture
def both(database, tmp_path):
    """A database in which the stream has folded and landing has landed the same log; and its dbt."""
    load(
        database,
        {
            "authority": AUTHORITIES,
            "schedule_assignment": SCHEDULES,
            "source": [{"source": "urn:b", "authority": "jdz", "precedence": "5"}],
        },
        loaded_by="test",
    )

    def fold(told, *, now: str):
        logged = records(told, arrived=china(now) - timedelta(hours=1))
        engine = engine_on(database)
        for poll in in_polls(logged, 5000):
            engine.apply(CASES, poll)
        while engine.tick(CASES, end=end_of(engine, china(now))):
            pass
        engine.store.close()
        land(database, logged)
        with psycopg.connect(database) as connection:
            take_cut(connection, "r1")
        nodes = Dbt(Settings(home=tmp_path, database=database), "r1").build("--exclude", "path:models/marts")
        assert [(node.name, node.message) for node in nodes if node.status == "error"] == []
        return reconcile(
            create_engine(database.replace("postgresql:", "postgresql+psycopg:")), "r1", warehouse="candidate"
        )

    return fold


@pytest.mark.parametrize("now", ["2026-03-05 11:00", "2027-06-01 00:00"])
def test_random_cases_are_read_alike(both, now):
    told = [
        *random_cases(900, seed=1),
        *random_cases(500, seed=2, authority="old", prefix="o"),
        *random_cases(500, seed=3, authority="bold", prefix="b"),
        mark("old", china("2026-02-01 16:00")),
        mark("bold", china("2025-11-05 10:30")),
    ]
    cases, signals = both(told, now=now)

    assert (cases.examples, signals.examples) == ([], [])
    assert cases.is_equal
    assert signals.is_equal
    assert cases.pending == 0
    assert cases.compared > 1800
    assert signals.compared > 1500
