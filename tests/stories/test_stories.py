"""Every story holds: folded in any order, through the engine on a real PostgreSQL, and (case core) in the warehouse."""

import random
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import create_engine

from expectations.reconcile import reconcile
from infra.reference_data import load
from infra.warehouse.cut import take_cut
from infra.warehouse.dbt import Dbt
from streams.domain.reading import read
from streams.engine import End, Engine
from streams.settings import Settings
from streams.store import Partition, Store
from tests.stories.overseen import stories as overseen_stories
from tests.stories.told import (
    Story,
    built_compressions,
    compressions,
    picked,
    rows_of_all,
    said_of,
    stored,
    stored_compressions,
    stories,
)
from tests.streams.log import records

TOLD = list(stories())
EACH = pytest.mark.parametrize("story", TOLD, ids=[story.name for story in TOLD])


@EACH
def test_a_story_holds_in_whatever_order_it_is_told(story):
    dice = random.Random(7)
    for told in (story.events, dice.sample(story.events * 2, k=2 * len(story.events))):
        readings = story.readings(told)
        for key, wanted in story.expected().items():
            assert picked(said_of(readings[key]), wanted) == wanted, story.about
        if wanted := story.figures["stream"]:
            assert picked(compressions(readings.values()), wanted) == wanted, story.about


@EACH
def test_what_has_stopped_stands_whenever_it_is_read(story):
    for subject in story.subjects(story.events).values():
        told_at = max(entry.at for entry in subject.entries.values())
        first, *later = (
            [
                (clock.clock_id, clock.start.at, clock.stopped_at, clock.due_at)
                for clock in reading.clocks
                if clock.stopped_at
            ]
            for days in (0, 1, 2, 5, 30)
            if (reading := read(subject, story.rulebook, told_at + timedelta(days=days)))
        )
        assert all(clocks == first for clocks in later), (subject.key, first, later)


@pytest.mark.broker
@pytest.mark.slow
def test_every_story_holds_in_the_store_and_its_core_in_the_warehouse(database, tmp_path):
    load(database, rows_of_all(), loaded_by="test")
    engine = Engine(Store(database))
    cases = {}
    for number, story in enumerate(TOLD):
        for family in story.families:
            partition = partition_of(engine, story, family, number)
            told = [event for event in story.events if event["type"].split(".")[3] == family]
            log = records(told, arrived=story.as_of - timedelta(minutes=1))
            engine.apply(partition, log)
            for _ in range(4):  # a bundle looks three times before it believes how far its cases have come
                while engine.tick(partition, end=End(len(log), story.as_of)):
                    pass
            if family == "case":
                cases[number] = log
    for story in TOLD:
        for key, wanted in story.expected().items():
            assert picked(stored(engine.store.connection, key), wanted) == wanted, (story.name, story.about)
        if wanted := story.figures["stream"]:
            assert picked(stored_compressions(engine.store.connection, story.authority), wanted) == wanted, story.about
    engine.store.close()
    compared = in_the_warehouse(database, tmp_path, cases)
    assert [(one.different, one.examples) for one in compared if not one.is_equal] == []
    assert sum(one.compared for one in compared) > len(cases)
    with psycopg.connect(database) as connection:
        for story in TOLD:
            if wanted := story.figures["warehouse"]:
                assert picked(built_compressions(connection, story.authority), wanted) == wanted, story.about


def partition_of(engine: Engine, story: Story, family: str, number: int) -> Partition:
    """A partition for a story. A bundle lives by the clock of its cases: it has a topic of cases of its own."""
    prefix = f"{story.name}." if family == "bundle" else ""
    partition = Partition(f"{prefix}events.{family}", family, number)
    engine.assign(partition, topic_id=f"id of {family}", partitions=len(TOLD))
    if prefix:
        cases = Partition(f"{prefix}events.case", "case", 0)
        engine.assign(cases, topic_id="none", partitions=1)
        engine.tick(cases, end=End(0, story.as_of))
    return partition


def in_the_warehouse(database: str, tmp_path, cases: dict) -> list:
    """Lands the cases of all stories, builds, and compares with the stream."""
    from connectors.landed import Landed
    from connectors.landing_store import LandingStore
    from connectors.verdicts import judge
    from streams.topics import Topic

    store = LandingStore(database)
    store.claim({"events.case": Topic("id of case", len(TOLD))})
    for number, log in cases.items():
        landed = Landed()
        landed.take("events.case", number, log)
        store.write(landed)
    while judge(store.connection, ["events.case"]):
        pass
    store.close()
    with psycopg.connect(database) as connection:
        take_cut(connection, "r1")
    nodes = Dbt(Settings(home=tmp_path, database=database), "r1").build("--exclude", "path:models/marts")
    assert [(node.name, node.message) for node in nodes if node.status == "error"] == []
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    return reconcile(engine, "r1", warehouse="candidate")


def test_every_rule_has_a_story():
    rules = {
        signal.split()[0] for story in TOLD for wanted in story.expect.values() for signal in wanted.get("signals", {})
    }
    overseen = set().union(*(story.rule_ids for story in overseen_stories()))
    assert rules | overseen >= {f"AR-{number:02}" for number in range(1, 23)}
    assert overseen == {"AR-16", "AR-17", "AR-18", "AR-19"}
