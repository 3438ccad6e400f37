"""Landing: every message on the event topics becomes a row of schema `raw`, whether it counts or not; so does every refusal."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors import rejections
from connectors.landed import Landed
from connectors.landing_store import Fenced, LandingStore
from connectors.verdicts import judge
from streams.connection import consumer_options
from streams.settings import Settings
from streams.topics import EVENT_TOPICS, Topic
from streams.watch import folded_topics, wait_for_topics, watch_topics

log = logging.getLogger(__name__)
#: Records of one poll: bounds the memory and the transaction.
MOST_RECORDS = 20_000
LONGEST_WITHOUT_VERDICT = 60.0
#: The topics that are landed, without the prefix of the installation.
LANDED = (*EVENT_TOPICS, rejections.TOPIC)


async def land(settings: Settings, stopping: asyncio.Event, *, once: bool = False) -> int:
    """Lands until `stopping`, or with `once` up to where the topics end now; returns how many messages it landed."""
    store = LandingStore(settings.database)
    topics = await wait_for_topics(settings, [settings.topic(name) for name in LANDED])
    try:
        while not await _patiently(store, store.is_alone, stopping):
            if once or stopping.is_set():
                return 0
            log.info("another landing runs on this database; waiting")
            await _pause(stopping, 2.0)
        return await _land(settings, stopping, store, topics, once=once)
    finally:
        store.close()


async def _land(
    settings: Settings, stopping: asyncio.Event, store: LandingStore, topics: dict[str, Topic], *, once: bool
) -> int:
    consumer = AIOKafkaConsumer(max_poll_records=MOST_RECORDS, **consumer_options(settings))
    watch = asyncio.create_task(watch_topics(settings, topics))
    await consumer.start()
    total, judged_at = 0, 0.0
    try:
        await _claim(store, consumer, topics, stopping)
        ends = await consumer.end_offsets(consumer.assignment()) if once else {}
        while not stopping.is_set() and not watch.done():
            fetched = await consumer.getmany(timeout_ms=200)
            if fetched:
                landed = await asyncio.to_thread(_landed, settings, fetched)
                total += sum(map(len, fetched.values()))
                if not await _written(store, landed, stopping):
                    await _claim(store, consumer, topics, stopping)
            judged = 0
            # A backlog is brought in first; verdicts follow when it is, or when they would wait too long.
            if sum(map(len, fetched.values())) < MOST_RECORDS or time.monotonic() > judged_at + LONGEST_WITHOUT_VERDICT:
                judged = await _patiently(store, lambda: judge(store.connection, folded_topics(settings)), stopping)
                judged_at = time.monotonic()
            if once and not fetched and not judged and await _is_at(consumer, ends):
                break
        if watch.done():
            watch.result()
    finally:
        watch.cancel()
        await consumer.stop()
    return total


async def _claim(
    store: LandingStore, consumer: AIOKafkaConsumer, topics: dict[str, Topic], stopping: asyncio.Event
) -> None:
    offsets = await _patiently(store, lambda: store.claim(topics), stopping) or {}
    consumer.assign([TopicPartition(*place) for place in offsets])
    for place, offset in offsets.items():
        consumer.seek(TopicPartition(*place), offset)


def _landed(settings: Settings, fetched: dict[TopicPartition, list[Any]]) -> Landed:
    landed = Landed(settings.topic(rejections.TOPIC))
    for place, records in fetched.items():
        landed.take(place.topic, place.partition, records)
    return landed


async def _written(store: LandingStore, landed: Landed, stopping: asyncio.Event) -> bool:
    """False when it is uncertain what was written: the positions must be read again."""
    try:
        await asyncio.to_thread(store.write, landed)
    except Fenced as error:
        log.warning("%s; claiming again", error)
        return False
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        log.warning("database: %s; again soon", str(error).strip().splitlines()[0])
        store.close()
        await _pause(stopping, 0.5)
        while not stopping.is_set() and not await _patiently(store, store.is_alone, stopping):
            await _pause(stopping, 1.0)
        return False
    return True


async def _patiently(store: LandingStore, act: Callable[[], Any], stopping: asyncio.Event) -> Any:
    """Tries until the database answers."""
    delay = 0.2
    while not stopping.is_set():
        try:
            return await asyncio.to_thread(act)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("database: %s; again in %.1f s", str(error).strip().splitlines()[0], delay)
            store.close()
            await _pause(stopping, delay)
            delay = min(delay * 2, 5.0)
    return None


async def _is_at(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    positions = [(await consumer.position(place), end) for place, end in ends.items()]
    return all(position >= end for position, end in positions)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
