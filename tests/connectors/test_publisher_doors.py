"""The publisher and a real gateway, Kafka and PostgreSQL: nothing is lost and nothing counts twice, whatever is killed."""

import asyncio
import json
import subprocess
import sys
import time
from datetime import datetime

import pytest

from connectors.inbox.names import inbox_topic
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import ensure_topics
from connectors.publisher import HttpDoor, Publisher
from connectors.publisher.events import case, deleted
from connectors.publisher.kafka_door import KafkaDoor
from connectors.publisher.pace import Pace
from connectors.source_keys import make_key
from streams import bare
from tests.connectors.gateways import Gateway, gateway, registered
from tests.connectors.inboxes import refused, take_in_once
from tests.connectors.publishing import SOURCE
from tests.connectors.test_gateway import messages
from tests.connectors.test_publisher import told, until
from tests.servers import REPOSITORY, kafka_server
from tests.streams.test_worker import ask, run_until

pytestmark = pytest.mark.broker
AT = datetime.fromisoformat("2026-11-24T09:02:00+08:00")


@pytest.fixture
def key(settings):
    ensure_topics(settings)
    return registered(settings, SOURCE, areas="360200")


def opened(path, url, key, **given):
    door = HttpDoor(url, key, timeout=20)
    return Publisher(path / "spool.sqlite", door, source=SOURCE, pace=Pace(shortest=0.05, longest=0.5), **given)


def test_what_is_published_is_on_the_log_and_what_the_door_refuses_is_kept(settings, tmp_path, key):
    here = told("x")["data"] | {"area_code": "360202"}
    with gateway(settings, tmp_path / "gateway.log") as running, opened(tmp_path, running.url, key) as out:
        out.publish_all(told(number, data=here, id=f"i{number}") for number in range(1500))
        out.publish(told("far", data=here | {"area_code": "110101"}, id="far"))
        out.publish(told("last", data=here))
        assert out.flush(30)
        [refused] = out.refused()
        assert (refused.id, refused.code, refused.field) == ("far", "area_not_allowed", "data.area_code")
        assert out.status().refused_by_code == {"area_not_allowed": 1}
        time.sleep(6)  # an idle connection ends meanwhile
        out.publish(told("later", data=here))
        assert out.flush(30)
        assert out.status().last_error is None
    found = [json.loads(record.value)["subject"] for record in messages(settings, "events.case")]
    assert len(found) == 1502
    assert set(found) == {str(number) for number in range(1500)} | {"last", "later"}


def test_the_example_of_the_page_does_what_it_says(settings, tmp_path):
    ensure_topics(settings)
    source = "urn:gov:360200:zjj-gg"
    (tmp_path / "govpulse.key").write_text(registered(settings, source))
    page = (REPOSITORY / "docs" / "publisher.md").read_text(encoding="utf-8")
    example = page.partition("```python\n")[2].partition("```")[0]
    assert source in example
    with gateway(settings, tmp_path / "gateway.log") as running:
        for shown, here in (
            ("https://govpulse.example.cn", running.url),
            ("/etc/zjj", str(tmp_path)),
            ("/var/lib/zjj", str(tmp_path)),
        ):
            assert shown in example
            example = example.replace(shown, here)
        done = subprocess.run(
            [sys.executable, "-c", example], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    [record] = messages(settings, "events.case")
    assert json.loads(record.value)["id"] == "case.accepted/360200-2026-0001234/accepted/1"


def test_a_key_that_has_ended_holds_events_up_until_the_new_one_is_there(settings, tmp_path, key):
    import psycopg

    file = tmp_path / "key"
    file.write_text("govpulse_ended\n")
    with gateway(settings, tmp_path / "gateway.log") as running, opened(tmp_path, running.url, file) as out:
        out.publish(told("a", data=told("a")["data"] | {"area_code": "360200"}))
        until(lambda: out.status().last_error is not None)
        status = out.status()
        assert status.waiting == 1
        assert "HTTP 401 unauthorised" in status.last_error
        assert "govpulse source rotate" in status.last_error
        assert "govpulse_ended" not in status.last_error
        with psycopg.connect(settings.database) as connection:
            file.write_text(make_key(connection, SOURCE, made_by="test").key)
        assert out.flush(20)


@pytest.mark.slow
def test_nothing_is_lost_or_counted_twice_when_publishers_and_gateway_are_killed(settings, tmp_path):
    """Three programs share a spool; each is killed, as the gateway is, twice; the door is away in between."""
    ensure_topics(settings)
    key_file = tmp_path / "key"
    key_file.write_text(registered(settings, SOURCE))
    door = Gateway(settings, tmp_path / "gateway.log")
    door.wait()
    returned = set()
    try:
        for turn in range(2):
            programs = [Program(tmp_path, door.url, key_file, f"p{turn}{name}") for name in range(3)]
            for program in programs:
                until(lambda program=program: len(program.returned()) > 30, seconds=40)
            door.process.kill()
            door.process.wait()
            for program in programs:  # publishing goes on while the door is away
                there = len(program.returned())
                until(lambda program=program, there=there: len(program.returned()) > there + 10, seconds=40)
            for program in programs:
                program.process.kill()
            for program in programs:
                program.process.wait()
                returned |= program.returned()
            door.start()
            door.wait()
        with opened(tmp_path, door.url, key_file.read_text()) as out:
            assert out.flush(60)
            assert out.refused() == []
        assert door.stop() == 0
    finally:
        if door.process.poll() is None:
            door.process.kill()
            door.process.wait()
    arrived = [json.loads(record.value)["id"] for record in messages(settings, "events.case")]
    assert returned <= set(arrived)
    assert len(set(arrived) - returned) <= 6  # killed programs: one each, kept before it could say so
    number = len(set(arrived))
    consumed = "select coalesce(sum(next_offset), 0) from stream.position"
    asyncio.run(run_until(bare.run, settings, lambda: ask(settings, consumed) == [(len(arrived),)]))
    assert ask(settings, "select count(*) from stream.subject") == [(number,)]
    assert ask(settings, "select sum(cases) from stream.measures where cohort = 'accepted'") == [(number,)]
    print(f"\n{len(returned)} returned, {number} counted, {len(arrived) - number} sent twice")


class Program:
    """`tests.connectors.publishing` in a process of its own."""

    def __init__(self, path, url, key_file, name):
        self.name, self.output = name, path / f"{name}.out"
        command = [sys.executable, "-m", "tests.connectors.publishing", str(path / "spool.sqlite"), url, str(key_file)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([*command, name], cwd=REPOSITORY, stdout=output, stderr=subprocess.DEVNULL)

    def returned(self) -> set[str]:
        """What it says that `publish` returned from; a line that was cut says nothing."""
        return {f"{self.name}-{int(line)}" for line in self.output.read_bytes().split(b"\n")[:-1]}


@pytest.mark.slow
def test_into_kafka_everything_goes_once_and_in_order_and_waits_while_the_broker_is_away(settings, tmp_path):
    from kafka import KafkaConsumer
    from msgspec.structs import replace

    server, bootstrap = kafka_server(tmp_path / "broker")
    server.start()
    there = replace(settings, kafka=bootstrap)
    try:
        [topic] = ensure_topics(there, ["inbox.hall"])
        door = KafkaDoor(topic, timeout=4, bootstrap_servers=bootstrap)
        with Publisher(tmp_path / "spool.sqlite", door, source=SOURCE, authority="jdz", pace=Pace(longest=0.5)) as out:
            out.publish_all(told(number % 7, id=f"i{number}") for number in range(2000))
            assert out.flush(30)
            server.kill()
            out.publish_all(told(number % 7, id=f"i{number}") for number in range(2000, 2050))
            assert not out.flush(1)
            until(lambda: out.status().last_error is not None, seconds=30)
            assert topic in out.status().last_error
            server.start()
            assert out.flush(60)
        consumer = KafkaConsumer(
            topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=3000
        )
        records = list(consumer)
        consumer.close()
    finally:
        server.stop()
    ids = [json.loads(record.value)["id"] for record in records]
    assert sorted(set(ids), key=lambda one: int(one[1:])) == [f"i{number}" for number in range(2050)]
    for number in range(7):
        mine = [record for record in records if record.key == f"jdz|{number}".encode()]
        assert {record.partition for record in mine} == {mine[0].partition}
        first_told = list(dict.fromkeys(json.loads(record.value)["id"] for record in mine))
        assert first_told == [f"i{one}" for one in range(2050) if one % 7 == number]


def test_a_topic_that_is_not_there_is_said_and_nothing_is_lost(settings, tmp_path):
    door = KafkaDoor(settings.topic("inbox.nobody"), timeout=3, **settings.kafka_client())
    with Publisher(tmp_path / "spool.sqlite", door, source=SOURCE, pace=Pace(longest=0.5)) as out:
        out.publish(told("a"))
        until(lambda: out.status().last_error is not None, seconds=30)
        assert "inbox.nobody" in out.status().last_error
        assert out.status().waiting == 1


def test_what_goes_into_the_inbox_of_a_source_ends_on_the_log(settings, key, tmp_path):
    ensure_inboxes(settings, [SOURCE])
    door = KafkaDoor(settings.topic(inbox_topic(SOURCE)), **settings.kafka_client())
    with Publisher(tmp_path / "spool.sqlite", door, source=SOURCE) as out:
        out.publish(case.accepted(subject="a", time=AT, matter_code="M007", unit_code="u1", area_code="360202"))
        out.publish(case.accepted(subject="b", time=AT, matter_code="M007", unit_code="u1", area_code="110101"))
        out.publish(deleted(case.visited(subject="a", time=AT, which=1), dataversion=2))
        assert out.flush(30)
        assert out.refused() == []  # what the platform refuses of a topic it says in another
    assert take_in_once(settings) == (2, 1)
    [said] = refused(settings, SOURCE)
    assert (said["code"], said["id"]) == ("area_not_allowed", "case.accepted/b/accepted/1")
    assert {json.loads(record.value)["subject"] for record in messages(settings, "events.case")} == {"a"}
