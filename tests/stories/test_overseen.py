"""Every story of sources and units holds: by the pure rules over aggregates, and with `oversee` on a real PostgreSQL."""

import json
from datetime import datetime

import psycopg
import pytest

from connectors.landed import Landed
from connectors.landing_store import LandingStore
from connectors.quarantine import release
from connectors.verdicts import judge
from infra.reference_data import load
from streams import overseer
from streams.settings import Settings
from streams.topics import Topic
from streams.wire import encode
from tests.stories.overseen import FLOOD, Seen, Story, Told, stories
from tests.stories.overseen_purely import Pure
from tests.streams.log import CASES, TOPIC_ID, FakeRecord, end_of, engine_on

TOLD = list(stories())
EACH = pytest.mark.parametrize("story", TOLD, ids=[story.name for story in TOLD])
BEATS = "events.source"


@EACH
def test_a_story_holds_by_the_pure_rules(story):
    assert story.picked(Pure(story).seen()) == story.expected(), story.about


@pytest.mark.broker
@EACH
def test_a_story_holds_in_the_store_and_goes_into_the_outbox(story, database, tmp_path):
    prepare(database, story)
    store = Stored(database, Settings(home=tmp_path, database=database, quarantine_after=FLOOD))
    store.live(story)
    assert story.picked(seen(store.connection)) == story.expected(), story.about
    assert story.picked(announced(store.connection)) == story.expected(), story.about
    store.close()


def prepare(database: str, story: Story) -> None:
    """Its rules and its sources, registered when the story says so."""
    if any(story.tables.values()):
        load(database, story.tables, loaded_by="test")
    registered = story.instants("registered")
    for row in story.source_rows.values():
        load(database, {"source": [row]}, loaded_by="test")
        if row["source"] in registered:
            with psycopg.connect(database) as connection:
                connection.execute(
                    """update reference.version set loaded_at = %s where version = (
                           select since_version from reference.source where source = %s and until_version is null)""",
                    [registered[row["source"]], row["source"]],
                )


def seen(connection: psycopg.Connection) -> list[Seen]:
    """What stands and stood of sources and units."""
    rows = connection.execute(
        "select rule_id, level, family, subject_key, since, until from stream.signal where partition = -1"
    ).fetchall()
    return [Seen(*row) for row in rows]


def announced(connection: psycopg.Connection) -> list[Seen]:
    """What the outbox tells of them: of each signal the last message."""
    rows = connection.execute(
        "select key, value from stream.outbox where topic = 'signals' and partition = -1 order by id"
    )
    return last_of((bytes(key), bytes(value)) for key, value in rows.fetchall())


def last_of(messages) -> list[Seen]:
    """Of messages of topic `signals` the last of each key."""
    last = {key.decode(): json.loads(value) for key, value in messages}
    assert all(key == one["signal_key"] and one["operation"] == "U" for key, one in last.items())
    return [
        Seen(
            *(one[name] for name in Seen._fields[:4]),
            since=datetime.fromisoformat(one["since"]),
            until=one["until"] and datetime.fromisoformat(one["until"]),
        )
        for one in last.values()
    ]


class Stored:
    """Worker, landing and overseer in this process, with the arrivals a story has."""

    def __init__(self, database: str, settings: Settings) -> None:
        self.settings = settings
        self.engine = engine_on(database)
        self.landing = LandingStore(database)
        self.landing.claim({CASES.topic: Topic(TOPIC_ID, 1), BEATS: Topic("beats", 1)})
        self.connection = psycopg.connect(database, autocommit=True)
        self.ends = {CASES.topic: 0, BEATS: 0}

    def live(self, story: Story) -> None:
        """Takes what arrives up to each look, lets sources in again whose time has come, and looks."""
        told = story.told()
        for look in story.looks:
            arrived = [one for one in told if one.arrived <= look]
            told = told[len(arrived) :]
            self.take(arrived)
            self.engine.tick(CASES, end=end_of(self.engine, look))
            while judge(self.landing.connection, [CASES.topic]):
                pass
            let_in(self.connection, story, look)
            overseer.look(self.connection, self.settings, look)

    def take(self, told: list[Told]) -> None:
        landed = Landed()
        for topic in self.ends:
            log = [
                FakeRecord(self.ends[topic] + place, int(one.arrived.timestamp() * 1000), one.key, encode(one.document))
                for place, one in enumerate(one for one in told if one.topic == topic)
            ]
            if log:
                self.ends[topic] += len(log)
                landed.take(topic, 0, log)
                if topic == CASES.topic:
                    self.engine.apply(CASES, log)
        self.landing.write(landed)

    def close(self) -> None:
        self.engine.store.close()
        self.landing.close()
        self.connection.close()


def let_in(connection: psycopg.Connection, story: Story, now) -> None:
    for source, at in story.instants("released").items():
        shut = "select from ops.source_quarantine where source = %s and released_at is null"
        if now >= at and connection.execute(shut, [source]).fetchone() is not None:
            release(connection, source, released_by="test", reason="mended")
