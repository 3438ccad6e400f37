"""The HTTP door on a real Kafka and PostgreSQL: what it received is on the log, what it refused has a reason."""

import asyncio
import gzip
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from connectors.kafka import ensure_topics
from connectors.landing import land
from connectors.source_keys import MadeKey, UnknownKey, make_key, read_keys, revoke_key, revoke_source
from infra.reference_data import load
from streams import bare
from tests.cases import document
from tests.connectors.gateways import BATCH, SINGLE, gateway, registered
from tests.servers import kafka_server
from tests.streams.test_worker import ask, run_until

pytestmark = pytest.mark.broker
HALL, BUREAU = "urn:gov:360200:hall", "urn:gov:360200:zjj"


def told(number: str, *, source: str = HALL, **given):
    return document("accepted", "2026-11-23", source=source, number=number, matter_code="M007", unit_code="u1") | given


def messages(settings, topic: str) -> list:
    """Everything on a topic, in the order of partition and offset."""
    consumer = KafkaConsumer(bootstrap_servers=settings.bootstrap, consumer_timeout_ms=1000)
    places = [TopicPartition(settings.topic(topic), number) for number in range(settings.partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    found = []
    while len(found) < sum(ends.values()):
        found += [record for records in consumer.poll(1000).values() for record in records]
    consumer.close()
    return found


@pytest.fixture
def door(settings, tmp_path):
    """A gateway, and a client with the hall's key."""
    ensure_topics(settings)
    key = registered(settings, HALL)
    with gateway(settings, tmp_path / "gateway.log") as running, running.client(key) as client:
        yield running, client


def test_every_way_of_sending_ends_on_the_log(door, settings):
    _, client = door
    single = client.post("/v1/events", json=told("a"), headers={"content-type": SINGLE})
    assert (single.status_code, single.json()["received"]) == (202, 1)
    packed = gzip.compress(json.dumps([told("b"), told("c")]).encode())
    batch = client.post("/v1/events", content=packed, headers={"content-type": BATCH, "content-encoding": "gzip"})
    assert (batch.status_code, batch.json()["received"]) == (202, 2)
    event = told("d", recordkey="受理")
    headers = {f"ce-{name}": quote(value) for name, value in event.items() if name != "data"}
    binary = client.post("/v1/events", json=event["data"], headers=headers)
    assert binary.status_code == 202, binary.text
    assert client.post("/v1/events", content=b"[]", headers={"content-type": BATCH}).status_code == 202
    found = {record.key: json.loads(record.value) for record in messages(settings, "events.case")}
    assert set(found) == {b"jdz|a", b"jdz|b", b"jdz|c", b"jdz|d"}
    assert found[b"jdz|d"]["recordkey"] == "受理"
    assert {one["door"] for one in found.values()} == {"http"}


def test_one_bad_item_does_not_sink_its_batch(door, settings):
    _, client = door
    number = "360202198001011234"
    batch = [told("a", id="1"), told("b", time="2026-11-23"), 17, told("c", source=BUREAU),
             told("d", 张三=number, data=told("d")["data"] | {"mood": number})]  # fmt: skip
    answer = client.post("/v1/events", json=batch, headers={"content-type": BATCH})
    assert answer.status_code == 207
    said = [(one["verdict"], one.get("code"), one.get("field")) for one in answer.json()["events"]]
    assert said == [
        ("received", None, None),
        ("rejected", "bad_time", "time"),
        ("rejected", "wrong_type", None),
        ("rejected", "foreign_source", "source"),
        ("received", None, None),
    ]
    assert answer.json()["events"][1]["message"]["zh"]
    assert answer.json()["events"][4]["dropped"] == ["张三", "data.mood"]
    assert len(messages(settings, "events.case")) == 2
    refused = [json.loads(record.value) for record in messages(settings, "rejected")]
    assert {one["code"] for one in refused} == {"bad_time", "wrong_type", "foreign_source"}
    assert not any(number.encode() in record.value for record in messages(settings, "events.case"))
    again = client.post("/v1/events", json=[told("a", id="1")], headers={"content-type": BATCH}).json()
    assert again["events"][0]["duplicate"]


def test_none_received_is_an_error_that_says_why(door):
    gate, client = door
    answer = client.post("/v1/events", json=[told("a", time="now")], headers={"content-type": BATCH})
    assert (answer.status_code, answer.json()["received"]) == (400, 0)
    foreign = client.post("/v1/events", json=told("a", source=BUREAU), headers={"content-type": SINGLE})
    assert (foreign.status_code, foreign.json()["events"][0]["code"]) == (403, "foreign_source")
    unreadable = client.post("/v1/events", content=b"[{", headers={"content-type": BATCH})
    assert unreadable.headers["content-type"] == "application/problem+json"
    assert (unreadable.status_code, unreadable.json()["code"]) == (400, "not_json")
    for wrong in ("", "Bearer nothing", "Basic eDp5"):
        refused = httpx.post(f"{gate.url}/v1/events", headers={"authorization": wrong}, trust_env=False)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get("/v1/events").status_code == 405
    assert client.get("/nothing").json()["code"] == "not_found"
    assert client.post("/v1/events/").status_code == 404  # a redirect would look like success to curl


def test_a_receipt_tells_what_landing_saw(door, settings):
    _, client = door
    first = told("a", id="x/1 ü", source=HALL)
    client.post("/v1/events", json=[first, first], headers={"content-type": BATCH})
    place = f"/v1/receipts/{quote(HALL, safe='')}/{quote('x/1 ü')}"
    assert client.get(place).json()["code"] == "no_receipt"
    asyncio.run(land(settings, asyncio.Event(), once=True))
    assert client.get(place).json()["verdict"] == "pending"
    asyncio.run(run_until(bare.run, settings, lambda: ask(settings, "select state from stream.subject")))
    asyncio.run(land(settings, asyncio.Event(), once=True))
    receipt = client.get(place).json()
    assert (receipt["verdict"], [one["verdict"] for one in receipt["occurrences"]]) == (
        "accepted",
        ["accepted", "duplicate"],
    )
    assert (receipt["occurrences"][0]["authority"], receipt["occurrences"][0]["subject"]) == ("jdz", "a")
    assert receipt["occurrences"][0]["topic"].endswith("events.case")
    for other_source in ("https://gg.example/a b", BUREAU):
        other = client.get(f"/v1/receipts/{quote(other_source, safe='')}/1/2")
        assert other.json()["code"] == "foreign_receipt"
    other = client.get(f"/v1/receipts/{quote(BUREAU)}/1")
    assert (other.status_code, other.json()["code"]) == (403, "foreign_receipt")


def test_keys_are_changed_without_a_gap_and_ended_at_once(database):
    load(database, {"source": [{"source": HALL, "authority": "jdz"}]}, loaded_by="test")
    with psycopg.connect(database, autocommit=True) as connection:

        def another() -> MadeKey:
            return make_key(connection, HALL, made_by="test")

        now = datetime.now(UTC)
        first, second = another(), another()
        held = read_keys(connection)
        assert [held.holder(key.key, now) for key in (first, second)] == [HALL, HALL]
        assert held.holder(first.key, now + timedelta(days=8)) is None
        third = another()
        held = read_keys(connection)
        assert [held.holder(key.key, now) for key in (first, second, third)] == [None, HALL, HALL]
        revoke_key(connection, HALL, third.key_id)
        assert read_keys(connection).holder(third.key, now) is None
        revoke_source(connection, HALL, revoked_by="test")
        assert read_keys(connection).holders == {}
        with pytest.raises(UnknownKey):
            revoke_key(connection, HALL, "nothing")
        fourth = another()  # lets it in again
        assert read_keys(connection).holder(fourth.key, now) == HALL
        stored = connection.execute("select row_to_json(k)::text from ops.source_key as k").fetchall()
        assert not any(first.key in text or second.key in text for (text,) in stored)


def test_a_source_that_is_shut_out_stays_out_within_seconds(door, settings):
    _, client = door
    assert client.post("/v1/events", json=told("a"), headers={"content-type": SINGLE}).status_code == 202
    with psycopg.connect(settings.database) as connection:
        revoke_source(connection, HALL, revoked_by="test")
    deadline = time.monotonic() + 10
    while client.post("/v1/events", json=told("a"), headers={"content-type": SINGLE}).status_code != 401:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_unknown_fields_are_counted_by_name_and_numbers_are_no_names(door, settings):
    _, client = door
    batch = [told(str(number), colour="red", **{"360202198001011234": 1}) for number in range(10)]
    assert client.post("/v1/events", json=batch, headers={"content-type": BATCH}).status_code == 202
    deadline = time.monotonic() + 10
    expected = [(HALL, "colour", 10), (HALL, "…", 10)]
    while ask(settings, "select source, field, times from ops.unknown_field order by 2") != expected:
        assert time.monotonic() < deadline, ask(settings, "select * from ops.unknown_field")
        time.sleep(0.2)
    text = client.get("/metrics").text
    assert f'approvals_unknown_fields_total{{source="{HALL}"}} 20.0' in text
    assert f'approvals_events_received_total{{source="{HALL}",type="case.accepted"}} 10.0' in text
    assert 'approvals_events_rejected_total{code="not_json"} 0.0' in text


def test_while_kafka_is_away_the_door_says_so_and_loses_nothing(settings, tmp_path):
    from msgspec.structs import replace

    server, bootstrap = kafka_server(tmp_path / "broker")
    server.start()
    settings = replace(settings, kafka=bootstrap)
    try:
        ensure_topics(settings)
        key = registered(settings, HALL)
        with gateway(settings, tmp_path / "gateway.log") as running, running.client(key) as client:
            assert client.post("/v1/events", json=told("a"), headers={"content-type": SINGLE}).status_code == 202
            server.kill()
            assert grown_while_away(running, key) < 64 * 1024 * 1024
            first = client.post("/v1/events", json=told("b"), headers={"content-type": SINGLE})
            assert (first.status_code, first.json()["code"]) == (503, "kafka_away")
            assert int(first.headers["retry-after"]) > 0
            running.wait(is_ready=False)
            began = time.monotonic()
            assert client.post("/v1/events", json=told("c"), headers={"content-type": SINGLE}).status_code == 503
            assert time.monotonic() - began < 1  # known by now: nobody waits
            server.start()
            running.wait()
            assert client.post("/v1/events", json=told("c"), headers={"content-type": SINGLE}).status_code == 202
        found = [record.key for record in messages(settings, "events.case")]
        assert {b"jdz|a", b"jdz|c"} <= set(found)
    finally:
        server.stop()


def grown_while_away(running, key: str) -> int:
    """By how many bytes the door grows while many send it batches of 4 MB that it cannot pass on."""
    process = psutil.Process(running.process.pid)
    before = process.memory_info().rss
    content = json.dumps([told(str(number), padding="x" * 4000) for number in range(1000)]).encode()
    codes: list[int] = []

    def send() -> None:
        with running.client(key) as client:
            for _ in range(5):
                answer = client.post("/v1/events", content=content, headers={"content-type": BATCH})
                codes.append(answer.status_code)
                assert int(answer.headers["retry-after"]) > 0

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(codes) == 40
    assert set(codes) <= {429, 503}
    return process.memory_info().rss - before


def test_what_was_received_while_stopping_is_on_the_log(settings, tmp_path):
    ensure_topics(settings)
    key = registered(settings, HALL)
    received: list[str] = []
    with gateway(settings, tmp_path / "gateway.log") as running:

        def send(name: int) -> None:
            with running.client(key) as client:
                for number in range(10_000):
                    numbers = [f"{name}-{number}-{place}" for place in range(50)]
                    batch = [told(one) for one in numbers]
                    try:
                        answer = client.post("/v1/events", json=batch, headers={"content-type": BATCH})
                    except httpx.TransportError:
                        return
                    if answer.status_code == 202:
                        received.extend(numbers)

        senders = [threading.Thread(target=send, args=(name,)) for name in range(3)]
        for sender in senders:
            sender.start()
        time.sleep(2)
        assert running.stop() == 0
        for sender in senders:
            sender.join(30)
    assert len(received) > 100
    on_the_log = {json.loads(record.value)["subject"] for record in messages(settings, "events.case")}
    assert set(received) <= on_the_log
