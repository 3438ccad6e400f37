"""`govpulse inbox` as a process: killed, stopped, joined by others; every event counts once."""

import asyncio
import signal
import threading
import time
import urllib.request

import pytest
from kafka import KafkaProducer
from msgspec.structs import replace

from connectors.inbox.names import inbox_topic
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import ensure_topics
from connectors.landing import land
from infra.local.ports import free_port
from infra.reference_data import load
from streams import bare, wire
from tests.connectors.gateways import registered
from tests.connectors.inboxes import InboxProcess, lying_on, producer, refused, write
from tests.connectors.test_inbox import BUREAU, HALL, told
from tests.servers import kafka_server
from tests.streams.test_worker import ask, run_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture
def hall(settings):
    ensure_topics(settings)
    registered(settings, HALL)
    ensure_inboxes(settings, [HALL])
    return settings


@pytest.fixture
def inbox(hall, tmp_path):
    """Starts processes of the inbox; all end with the test."""
    started: list[InboxProcess] = []

    def start(*arguments: str) -> InboxProcess:
        started.append(InboxProcess(hall, tmp_path / f"inbox-{len(started)}.log", *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


def until(condition, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def flood(settings, source: str, *, events: int, seconds: float, wrong: int) -> None:
    """Writes cases evenly over a time, every `wrong`-th of them unreadable."""
    out: KafkaProducer = producer(settings, linger_ms=20)
    began = time.monotonic()
    topic = settings.topic(inbox_topic(source))
    for number in range(events):
        out.send(topic, wire.encode(told(f"n{number}", source=source, id=f"i{number}")))
        if number % wrong == 0:
            out.send(topic, f"not JSON {number}".encode())
        if number % 100 == 0:
            time.sleep(max(0.0, began + seconds * number / events - time.monotonic()))
    out.close()


def test_killed_at_random_under_load_everything_counts_once(hall, inbox):
    events, wrong = 4000, 200
    sender = threading.Thread(target=flood, args=(hall, HALL), kwargs={"events": events, "seconds": 10, "wrong": wrong})
    running = [inbox(), inbox()]
    sender.start()
    for turn in range(2):
        time.sleep(3)
        running[turn].kill()
        running[turn] = inbox()
    time.sleep(3)
    running[0].process.send_signal(signal.SIGSTOP)  # others own its inboxes when it wakes
    sender.join()
    until(lambda: len({record.key for record in lying_on(hall, "events.case")}) == events, seconds=90)
    until(lambda: len({str(one["place"]) for one in refused(hall, HALL)}) == events // wrong)
    running[0].process.send_signal(signal.SIGCONT)
    time.sleep(2)
    assert [one.stop() for one in running] == [0, 0]
    asyncio.run(run_until(bare.run, hall, lambda: ask(hall, "select count(*) from stream.subject") == [(events,)]))
    asyncio.run(land(hall, asyncio.Event(), once=True))
    verdicts = dict(ask(hall, "select verdict, count(*) from raw.event group by 1"))
    print(f"\n{verdicts}")  # how much was sent again
    assert verdicts.pop("accepted") == events
    assert set(verdicts) <= {"duplicate"}
    assert ask(hall, "select sum(cases) from stream.measures where cohort = 'accepted'") == [(events,)]


def test_while_a_server_is_away_it_waits_and_loses_nothing(settings, tmp_path):
    server, bootstrap = kafka_server(tmp_path / "broker")
    server.start()
    settings = replace(settings, kafka=bootstrap)
    running = None
    try:
        ensure_topics(settings)
        registered(settings, HALL)
        ensure_inboxes(settings, [HALL])
        running = InboxProcess(settings, tmp_path / "inbox.log")
        sender = threading.Thread(
            target=flood, args=(settings, HALL), kwargs={"events": 2000, "seconds": 4, "wrong": 5000}
        )
        sender.start()
        until(lambda: lying_on(settings, "events.case"))
        server.kill()
        time.sleep(1)
        server.start()
        sender.join()
        until(lambda: len({record.key for record in lying_on(settings, "events.case")}) == 2000, seconds=90)
        assert running.stop() == 0
    finally:
        if running is not None and running.process.poll() is None:
            running.kill()
        server.stop()


def test_what_was_begun_is_ended_and_not_done_again(hall, inbox):
    sender = threading.Thread(target=flood, args=(hall, HALL), kwargs={"events": 4000, "seconds": 6, "wrong": 10_000})
    one = inbox()
    sender.start()
    until(lambda: lying_on(hall, "events.case"))
    assert one.stop() == 0
    assert sender.is_alive()  # there is more to come
    sender.join()
    other = inbox()
    until(lambda: "listening" in other.log.read_text())
    until(lambda: len({record.key for record in lying_on(hall, "events.case")}) == 4000)
    assert other.stop() == 0
    assert len(lying_on(hall, "events.case")) == 4000  # in order: nothing came twice


def test_it_tells_prometheus_where_it_is_told_to(hall, inbox):
    port = str(free_port())
    running = inbox("--metrics-port", port)
    write(hall, HALL, told("a"), b"not JSON")
    counted = (
        f'approvals_events_received_total{{source="{HALL}",type="case.accepted"}} 1.0',
        'approvals_events_rejected_total{code="not_json"} 1.0',
    )

    def scraped() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return answer.read().decode()

    until(lambda: "/metrics" in running.log.read_text())
    until(lambda: all(line in scraped() for line in counted))
    other = inbox("--metrics-port", port)
    assert other.process.wait(30) == 3
    assert other.log.read_text().count("\n") == 1
    assert (
        f"port {port} is not to be had (Address already in use): set --metrics-port to another" in other.log.read_text()
    )
    assert running.stop() == 0


def test_a_new_source_is_heard_without_a_restart_and_a_revoked_right_holds(hall, inbox):
    running = inbox()
    write(hall, HALL, told("a"))
    until(lambda: len(lying_on(hall, "events.case")) == 1)
    registered(hall, BUREAU)  # its topics are made by the inbox
    until(lambda: "listening to 2 inboxes" in running.log.read_text())
    write(hall, BUREAU, told("b", source=BUREAU))
    until(lambda: len(lying_on(hall, "events.case")) == 2)
    load(hall.database, {"source": [{"source": BUREAU, "authority": "jdz", "families": "demand"}]}, loaded_by="test")
    time.sleep(4)
    write(hall, BUREAU, told("c", source=BUREAU))
    until(lambda: [one["code"] for one in refused(hall, BUREAU)] == ["family_not_allowed"])
    assert running.stop() == 0
