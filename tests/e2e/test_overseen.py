"""Every story of sources and units, end to end: events through Kafka, folded and landed, `oversee` on its schedule, `signals`."""

import json
import queue
import threading
import time
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import pairwise

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from msgspec.structs import replace

from connectors.kafka import ensure_topics
from connectors.outbox import relay
from connectors.sources.replay import mark
from infra.reference_data import load
from streams import overseer, wire
from tests.conftest import installation
from tests.e2e.test_receipt import Running
from tests.stories.overseen import FLOOD, Story, stories
from tests.stories.test_overseen import last_of, let_in, prepare, seen

pytestmark = [pytest.mark.broker, pytest.mark.slow]
TOLD = list(stories())
#: Arrival is the test's to say here: a story takes days.
TOPICS = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
LOOKED = [(look, story) for story in TOLD for look in story.looks]


def authority_of(story: Story) -> str:
    """Rates of months are told by marks; what arrives late, or not at all, says nothing of an authority with marks."""
    return story.name if story.lives_by_months else "jdz"


class Clock:
    """The overseer's clock, which a test moves: as long as it stands still no look begins."""

    def __init__(self) -> None:
        self.times: queue.Queue[datetime] = queue.Queue()
        self.asked = self.given = 0

    def __call__(self) -> datetime:
        self.asked += 1
        return self.times.get()

    def move(self, at: datetime) -> None:
        """Until a whole look was taken as of then: the overseer asks for the time of the next."""
        self.given += 1
        self.times.put(at)
        wait_until(lambda: self.asked > self.given)

    def run_out(self) -> None:
        """Lets the last look begin that was asked for, so that the overseer ends."""
        self.times.put(max(look for look, _ in LOOKED))


class City:
    """An installation that runs, and what has been sent to it."""

    def __init__(self, settings, producer: KafkaProducer, connection: psycopg.Connection) -> None:
        self.settings, self.producer, self.connection = settings, producer, connection
        self.clock = Clock()
        self.left = {story.name: story.told(authority_of(story)) for story in TOLD}
        self.sent = 0

    def live(self, story: Story, look: datetime) -> None:
        """What arrives up to a look, taken by worker and landing; then the look."""
        told = self.left[story.name]
        arrived = [one for one in told if one.arrived <= look]
        self.left[story.name] = told[len(arrived) :]
        for one in arrived:
            self.send(one.topic, one.key, wire.encode(one.document), one.arrived)
        self.sent += len(arrived)
        if story.lives_by_months:
            self.producer.flush()
            for partition in range(self.settings.partitions):
                name = authority_of(story)
                self.send("events.case", name.encode(), mark(name, look), look, partition=partition)
        self.producer.flush()
        wait_until(lambda: self.has_taken(story, look))
        let_in(self.connection, story, look)
        self.clock.move(look)

    def send(self, topic: str, key: bytes, value: bytes, at: datetime, **where) -> None:
        milliseconds = int(at.timestamp() * 1000)
        self.producer.send(self.settings.topic(topic), value, key=key, timestamp_ms=milliseconds, **where)

    def has_taken(self, story: Story, look: datetime) -> bool:
        """All is landed and has its verdict, and a story with marks has come to the look in every partition."""
        clocks = self.settings.partitions if story.lives_by_months else 0
        [row] = self.connection.execute(
            """select count(*), count(*) filter (where verdict is null or verdict = 'pending'),
                      (select count(*) from stream.clock where authority = %s and as_of = %s)
               from raw.event""",
            [authority_of(story), look],
        ).fetchall()
        return row == (self.sent, 0, clocks)


def wait_until(condition) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)


@contextmanager
def in_the_background(run, *given, at_end=lambda: None, **named):
    stopping = threading.Event()
    thread = threading.Thread(target=run, args=(*given, stopping), kwargs=named)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        at_end()
        thread.join(20)


@pytest.fixture(scope="module")
def lived(database_of_the_module, kafka_bootstrap, tmp_path_factory):
    """Story → the signals after its last look; and all messages of topic `signals`."""
    home = tmp_path_factory.mktemp("overseen")
    settings = installation(home, database=database_of_the_module, kafka=kafka_bootstrap)
    settings = replace(settings, quarantine_after=FLOOD, oversee_seconds=0.05)
    ensure_topics(settings, configs=TOPICS)
    marked = [{"authority": authority_of(one), "name": "x", "clock": "marked"} for one in TOLD if one.lives_by_months]
    load(settings.database, {"authority": marked}, loaded_by="test")
    for story in TOLD:
        prepare(settings.database, story)
    stood = {}
    with (
        closing(KafkaProducer(**settings.kafka_client(), acks="all")) as producer,
        psycopg.connect(settings.database, autocommit=True) as connection,
        Running(settings),
        in_the_background(relay, settings),
    ):
        city = City(settings, producer, connection)
        with in_the_background(overseer.run, settings, clock=city.clock, at_end=city.clock.run_out):
            for look, story in sorted(LOOKED, key=lambda one: one[0]):
                city.live(story, look)
                stood[story.name] = seen(connection)
        wait_until(lambda: connection.execute("select count(*) from stream.outbox").fetchone() == (0,))
    return stood, signals(settings)


def signals(settings) -> list[tuple[bytes, bytes]]:
    """The messages of topic `signals`, in order within a key."""
    with closing(KafkaConsumer(**settings.kafka_client())) as consumer:
        places = [
            TopicPartition(settings.topic("signals"), one)
            for one in consumer.partitions_for_topic(settings.topic("signals"))
        ]
        consumer.assign(places)
        consumer.seek_to_beginning()
        ends, found = consumer.end_offsets(places), []
        while any(consumer.position(place) < end for place, end in ends.items()):
            found += [record for records in consumer.poll(timeout_ms=500).values() for record in records]
    return [(record.key, record.value) for record in found]


@pytest.mark.parametrize("story", TOLD, ids=[story.name for story in TOLD])
def test_a_story_of_sources_and_units_holds_end_to_end(story, lived):
    stood, messages = lived
    authority = authority_of(story)
    assert story.picked(stood[story.name], authority) == story.expected(authority), story.about
    until_then = [one for one in messages if is_overseen(one[1], story.looks[-1])]
    assert story.picked(last_of(until_then), authority) == story.expected(authority), story.about


def is_overseen(value: bytes, until: datetime) -> bool:
    """Whether a message is about a source or unit and was written by then."""
    message = json.loads(value)
    return message["family"] in ("source", "unit") and datetime.fromisoformat(message["as_of"]) <= until


def test_no_look_of_one_story_falls_into_another_that_lives_by_the_wall_clock():
    """Or the other would end its signals sooner than it says."""
    lives = sorted((story.looks[0], story.looks[-1]) for story in TOLD if not story.lives_by_months)
    assert all(before[1] < after[0] for before, after in pairwise(lives))
