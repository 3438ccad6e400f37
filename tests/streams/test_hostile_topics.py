"""Hostile messages and topics through a real broker: the worker goes on, or says why it must not."""

import asyncio
import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from connectors.kafka import ensure_topics
from connectors.landing import land
from streams import app, bare, wire
from streams.store import WrongTopic
from tests.cases import accepted
from tests.streams.test_worker import ask, run_until, send

pytestmark = pytest.mark.broker
RUNNERS = pytest.mark.parametrize("runner", [bare.run, app.run], ids=["bare", "faust"])


@RUNNERS
def test_a_ten_megabyte_message_is_set_aside_whole_and_nothing_else_is_lost(settings, runner):
    ensure_topics(settings)
    big = b'{"x":"' + b"y" * (10 * 1024 * 1024) + b'"}'
    send(settings, [accepted("2026-11-02", number=f"n{n}") for n in range(20)])
    producer = KafkaProducer(**settings.kafka_client(), max_request_size=12 * 1024 * 1024)
    producer.send(settings.topic("events.case"), big, partition=1).get(30)
    producer.close()
    send(settings, [accepted("2026-11-02", number=f"m{n}") for n in range(20)])

    asyncio.run(
        run_until(runner, settings, lambda: ask(settings, "select sum(next_offset) from stream.position") == [(41,)])
    )
    assert ask(settings, "select code, length(value) from stream.dead_letter") == [("too_large", len(big))]
    assert ask(settings, "select count(*) from stream.subject") == [(40,)]
    asyncio.run(land(settings, asyncio.Event(), once=True))
    assert ask(settings, "select verdict, reason, count(*) from raw.event group by 1, 2 order by 1") == [
        ("accepted", None, 40),
        ("dead_lettered", "too_large", 1),
    ]


def remake(settings, *, partitions: int) -> None:
    """Deletes the topic and makes it anew."""
    admin = KafkaAdminClient(**settings.kafka_client())
    name = settings.topic("events.case")
    admin.delete_topics([name])
    deadline = time.monotonic() + 20
    while name in admin.list_topics():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    admin.close()
    from msgspec.structs import replace

    ensure_topics(replace(settings, partitions=partitions))


@RUNNERS
def test_a_topic_made_anew_stops_the_worker_with_the_remedy(settings, runner):
    ensure_topics(settings)
    send(settings, [accepted("2026-11-02", number=f"n{n}") for n in range(20)])
    asyncio.run(run_until(runner, settings, lambda: ask(settings, "select count(*) from stream.subject") == [(20,)]))
    remake(settings, partitions=3)
    with pytest.raises(WrongTopic, match="restore the topic"):
        asyncio.run(run_until(runner, settings, lambda: False))
    with pytest.raises(WrongTopic, match="made anew"):
        asyncio.run(land_twice(settings))
    assert ask(settings, "select count(*) from stream.subject") == [(20,)]


async def land_twice(settings) -> None:
    """Landing saw the topic before it was made anew."""
    import psycopg

    with psycopg.connect(settings.database) as connection:
        connection.execute("insert into raw.position select topic, 'before', partition, 5, 1, 5 from stream.position")
    await land(settings, asyncio.Event(), once=True)


@RUNNERS
def test_another_partition_count_stops_a_running_worker(settings, runner):
    ensure_topics(settings)
    send(settings, [accepted("2026-11-02", number="a")])

    async def live() -> None:
        stopping = asyncio.Event()
        task = asyncio.create_task(runner(settings, stopping))
        while await asyncio.to_thread(ask, settings, "select count(*) from stream.subject") != [(1,)]:  # noqa: ASYNC110 - another process writes what is waited for
            await asyncio.sleep(0.1)
        admin = KafkaAdminClient(**settings.kafka_client())
        admin.create_partitions({settings.topic("events.case"): 7})
        admin.close()
        await asyncio.wait_for(task, 30)

    with pytest.raises(WrongTopic, match="partitions"):
        asyncio.run(live())


def test_a_message_for_another_family_is_set_aside(settings):
    ensure_topics(settings)
    heartbeat = accepted("2026-11-02", number="h") | {"type": wire.type_name("source.heartbeat"), "data": {}}
    send(settings, [heartbeat, accepted("2026-11-02", number="a")])
    asyncio.run(
        run_until(bare.run, settings, lambda: ask(settings, "select sum(next_offset) from stream.position") == [(2,)])
    )
    assert ask(settings, "select code from stream.dead_letter") == [("wrong_family",)]
    assert ask(settings, "select subject_key from stream.subject") == [("jdz|a",)]
