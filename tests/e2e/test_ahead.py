"""What is dated ahead of its arrival, end to end: it waits for its instant, then is faulty (AR-16), until it is corrected."""

import json
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import psycopg
import pytest
from kafka import KafkaProducer

from connectors.admission import admit
from connectors.doors import door_of
from connectors.kafka import ensure_topics
from connectors.lines import publish_lines
from connectors.outbox import relay
from connectors.sources.replay import mark
from infra.reference_data import load
from streams import wire
from tests.cases import SOURCE_ROW, accepted, document
from tests.conftest import installation
from tests.e2e.test_overseen import TOPICS, in_the_background, signals, wait_until
from tests.e2e.test_receipt import Running

pytestmark = [pytest.mark.broker, pytest.mark.slow]
#: So far off lies the instant of what is dated ahead: long enough to look before it comes.
AWAY = timedelta(seconds=20)
SKEW, MOMENT = timedelta(minutes=5), timedelta(milliseconds=1)
#: Subject → how long before its instant it arrived.
AHEAD = {
    "jdz|case": timedelta(minutes=10),
    "jdz|payout": timedelta(minutes=10),
    "jdz|beyond-the-skew": SKEW + MOMENT,
    "jdz|within-the-skew": SKEW,
    "jdz|mended-meanwhile": timedelta(minutes=10),
    "old|case": timedelta(minutes=10),
}
FAULTY = {"jdz|case", "jdz|payout", "jdz|beyond-the-skew"}
#: Nothing is as far ahead as that.
TOO_FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Stand(NamedTuple):
    """What stands of a subject: its state, what is wrong with it, and when it is read again."""

    state: str
    findings: list[str]
    wake_at: datetime | None


class City:
    """An installation that runs, and what it hears. When that arrived is the test's to say."""

    def __init__(self, settings, producer: KafkaProducer, connection: psycopg.Connection) -> None:
        self.settings, self.producer, self.connection = settings, producer, connection
        self.door = door_of(settings, "test")

    def hear(self, event, *, arrived: datetime) -> tuple[str, ...]:
        """Through a door and the log; returns what its sender is told to look at."""
        admitted = admit(self.door, event, now=arrived)
        self.log(admitted.topic, admitted.key, admitted.value, arrived)
        return admitted.notes

    def log(self, topic: str, key: bytes, value: bytes, arrived: datetime, **where) -> None:
        milliseconds = round(arrived.timestamp() * 1000)
        self.producer.send(self.settings.topic(topic), value, key=key, timestamp_ms=milliseconds, **where).get(20)

    def ask(self, query: str, *parameters):
        return self.connection.execute(query, parameters).fetchall()

    def stands(self) -> dict[str, Stand]:
        rows = self.ask("select subject_key, state, findings, wake_at from stream.subject")
        return {key: Stand(*row) for key, *row in rows}

    def signals(self) -> set[tuple]:
        return set(self.ask("select subject_key, rule_id, level, since, until, is_withdrawn from stream.signal"))

    def has_judged(self, number: int) -> bool:
        """Whether so many events are folded and landed, and what the door refused is."""
        return self.ask(
            """select count(*), (select count(*) from raw.rejection) from raw.event where verdict <> 'pending'"""
        ) == [(number, 1)]

    def has_come_to(self, at: datetime) -> bool:
        """Whether the wall clock of every partition is past an instant, and nothing is due at it any more."""
        [row] = self.ask(
            """select count(*) filter (where as_of > %s),
                      (select count(*) from stream.subject where wake_at <= %s and authority = 'jdz')
               from stream.clock where authority = '*' and topic = any(%s)""",
            at, at, [self.settings.topic("events.case"), self.settings.topic("events.payout")],
        )  # fmt: skip
        return row == (2 * self.settings.partitions, 0)


def told(key: str, at: datetime, **envelope):
    """The first record of a subject; a higher `dataversion` corrects it."""
    authority, _, number = key.partition("|")
    who = {"number": number, "authority": authority, "recordkey": "first", **envelope}
    if number == "payout":
        return document("payout.applied", at.isoformat(), policy="x", unit_code="u1", **who)
    return accepted(at.isoformat(), **who)


class Lived(NamedTuple):
    """What was seen of it all, before the instant, at it, and after the corrections."""

    at: datetime
    notes: dict[str, tuple[str, ...]]
    before: tuple[dict[str, Stand], set[tuple]]
    then: tuple[dict[str, Stand], set[tuple]]
    mended: tuple[dict[str, Stand], set[tuple]]
    announced: dict[str, list[str]]
    dead: list[tuple]
    refused: list[tuple]


@pytest.fixture(scope="module")
def lived(database_of_the_module, kafka_bootstrap, tmp_path_factory):
    home = tmp_path_factory.mktemp("ahead")
    settings = installation(home, database=database_of_the_module, kafka=kafka_bootstrap)
    ensure_topics(settings, configs=TOPICS)
    marked = {"authority": "old", "name": "x", "clock": "marked"}
    load(settings.database, {"authority": [marked], "source": [SOURCE_ROW]}, loaded_by="test")
    with (
        closing(KafkaProducer(**settings.kafka_client(), acks="all")) as producer,
        psycopg.connect(settings.database, autocommit=True) as connection,
        Running(settings),
        in_the_background(relay, settings),
    ):
        yield live(City(settings, producer, connection))


def live(city: City) -> Lived:
    wait_until(lambda: city.has_come_to(datetime.now(UTC) - AWAY))
    now = datetime.now(UTC).replace(microsecond=0)
    at = now + AWAY
    notes = {key: city.hear(told(key, at), arrived=at - ahead) for key, ahead in AHEAD.items()}
    city.hear(told("jdz|mended-meanwhile", now - SKEW, dataversion=2), arrived=now)
    city.log("events.case", b"jdz|too-far", wire.encode(told("jdz|too-far", TOO_FAR)), now)
    publish_lines(city.settings, [msgspec.json.encode(told("jdz|too-far", TOO_FAR))], marks=False, now=now)
    wait_until(lambda: city.has_judged(len(AHEAD) + 2))
    before = city.stands(), city.signals()
    for partition in range(city.settings.partitions):
        city.log("events.case", b"old", mark("old", at), now, partition=partition)
    wait_until(lambda: city.has_come_to(at) and city.stands()["old|case"].state == "accepted")
    then = city.stands(), city.signals()
    for key in FAULTY:
        city.hear(told(key, now - SKEW, dataversion=2), arrived=datetime.now(UTC))
    wait_until(lambda: city.has_judged(len(AHEAD) + 2 + len(FAULTY)))
    wait_until(lambda: city.ask("select count(*) from stream.outbox") == [(0,)])
    announced = defaultdict(list)
    for _, value in signals(city.settings):
        message = json.loads(value)
        announced[message["subject_key"]].append(f"{message['rule_id']} {message['operation']}")
    return Lived(
        at, notes, before, then, (city.stands(), city.signals()), announced,
        dead=city.ask("select key, code, field from stream.dead_letter"),
        refused=city.ask("select code, field from raw.rejection"),
    )  # fmt: skip


def test_a_sender_is_told_that_its_clock_is_ahead_and_is_not_refused(lived):
    ahead = FAULTY | {"jdz|mended-meanwhile"}
    assert lived.notes == {key: ("from_the_future",) if key in ahead else () for key in AHEAD}


def test_nothing_is_seen_of_it_before_its_instant(lived):
    stands, raised = lived.before
    waiting = {key: stand for key, stand in stands.items() if key != "jdz|mended-meanwhile"}
    assert waiting == {key: Stand("unknown", [], lived.at) for key in AHEAD.keys() - {"jdz|mended-meanwhile"}}
    assert raised == set()


def test_from_its_instant_on_it_counts_and_is_faulty(lived):
    stands, raised = lived.then
    assert {key: stand.state for key, stand in stands.items()} == {
        key: "applied" if key == "jdz|payout" else "accepted" for key in AHEAD
    }
    assert {key: stand.findings for key, stand in stands.items()} == {
        key: ["future_dated"] if key in FAULTY else [] for key in AHEAD
    }
    assert raised == {(key, "AR-16", "red", lived.at, None, False) for key in FAULTY}


def test_the_right_time_in_a_higher_version_withdraws_the_signal(lived):
    stands, raised = lived.mended
    assert {key: stand.findings for key, stand in stands.items()} == {key: [] for key in AHEAD}
    assert raised == {(key, "AR-16", "red", lived.at, None, True) for key in FAULTY}
    assert lived.announced == {key: ["AR-16 U", "AR-16 D"] for key in FAULTY}


def test_the_right_time_before_the_wrong_one_came_raises_nothing(lived):
    stands, _ = lived.before
    assert (stands["jdz|mended-meanwhile"].state, stands["jdz|mended-meanwhile"].findings) == ("accepted", [])
    assert "jdz|mended-meanwhile" not in lived.announced


def test_what_is_dated_beyond_every_calendar_is_refused_by_the_door_and_a_dead_letter_in_the_log(lived):
    assert lived.dead == [(b"jdz|too-far", "time_out_of_range", "time")]
    assert lived.refused == [("time_out_of_range", "time")]
