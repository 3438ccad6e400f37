"""The worker on bare aiokafka: the door out of Faust. It passes the same tests."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from streams.connection import FETCH_BYTES, consumer_options
from streams.engine import End
from streams.lanes import Lanes
from streams.settings import Settings
from streams.store import Partition
from streams.watch import folded_topics, wait_for_topics, watch_topics


class _Claims(ConsumerRebalanceListener):  # type: ignore[misc]
    """Claims what is assigned and reads on from where the store stands."""

    def __init__(self, consumer: AIOKafkaConsumer, lanes: Lanes, families: dict[str, str]) -> None:
        self.consumer, self.lanes, self.families = consumer, lanes, families

    def partition(self, place: TopicPartition) -> Partition:
        return Partition(place.topic, self.families[place.topic], place.partition)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        await self.lanes.revoke(map(self.partition, revoked))

    async def on_partitions_assigned(self, assigned: Any) -> None:
        for partition, offset in (await self.lanes.assign(map(self.partition, assigned))).items():
            self.consumer.seek(TopicPartition(partition.topic, partition.number), offset)


def end_of(consumer: AIOKafkaConsumer, place: TopicPartition) -> End | None:
    """Where the log ended when the broker last answered; None while there is more to fetch or nothing is known."""
    highwater, answered = consumer.highwater(place), consumer.last_poll_timestamp(place)
    if highwater is None or not answered:
        return None
    return End(highwater, datetime.fromtimestamp(answered / 1000, UTC), datetime.now(UTC))


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Takes part in the worker group until `stopping`; raises the first error of a lane."""
    families = folded_topics(settings)
    topics = await wait_for_topics(settings, families)
    consumer = AIOKafkaConsumer(
        group_id=settings.group("worker"),
        max_poll_records=settings.batch_records,
        **consumer_options(settings) | {"max_partition_fetch_bytes": FETCH_BYTES},
    )
    lanes = Lanes(settings, topics, seek=lambda where, to: consumer.seek(TopicPartition(where.topic, where.number), to))
    claims = _Claims(consumer, lanes, families)
    watch = asyncio.create_task(watch_topics(settings, topics))
    await consumer.start()
    try:
        consumer.subscribe(list(families), listener=claims)
        ticked = 0.0
        while not stopping.is_set() and not lanes.failed.done() and not watch.done():
            for place, records in (await consumer.getmany(timeout_ms=100)).items():
                if claims.partition(place) in lanes.owned:
                    await lanes.offer(claims.partition(place), records, end_of(consumer, place))
            if time.monotonic() - ticked >= settings.tick_seconds:
                ticked = time.monotonic()
                for partition in lanes.owned:
                    lanes.tick(partition, end_of(consumer, TopicPartition(partition.topic, partition.number)))
        for ended in (lanes.failed, watch):
            if ended.done():
                ended.result()
    finally:
        watch.cancel()
        await consumer.stop()
        await lanes.close()
