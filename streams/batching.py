"""Faust's transport, with one message per (partition, poll) instead of one per record.

Stock delivery awaits four tasks for every record and so ends at some 10,000 events/s whatever the agent does; and its
committed offsets may pass events that were not processed (`docs/decisions/0001-faust.md`). Here a poll's records travel
as one message, and reading starts where the store stands: Kafka's committed offset is advisory.

Private API of faust-streaming 0.15.3 and aiokafka in use: see `tests/streams/test_faust_contract.py`.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.connection import FETCH_WAIT_MS
from streams.engine import End

#: Given the assigned partitions, claims them and says where to read on.
LoadPositions = Callable[[frozenset[TP]], Awaitable[Mapping[TP, int]]]


class Poll(list[Any]):
    """The records of one partition and poll (aiokafka ConsumerRecord), in offset order, and where the log ended."""

    end: End | None = None


class PollSchema(faust.Schema):
    """Hands a poll through as it is: decoding is the engine's."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002
        return message.key

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002
        return message.value


class BatchThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread, with a fetch wait that lets an event be seen within a second."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - Faust hard-codes 1500
        return consumer

    def go_to(self, offsets: Mapping[TP, int]) -> "asyncio.Future[None]":
        """Reads on from these offsets, where a partition is still assigned.

        In the thread itself: a seek from another one takes a fetch from under the poll that is unpacking it.
        """
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._go_to(offsets), self.thread_loop))

    async def _go_to(self, offsets: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        for tp, offset in offsets.items():
            place = driver.ensure_aiokafka_TP(tp)
            if place in consumer.assignment():
                consumer.seek(place, offset)


class BatchConsumer(driver.Consumer):
    """One message per (partition, poll)."""

    load_positions: LoadPositions

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._delivered: defaultdict[TP, deque[int]] = defaultdict(deque)  # last offsets of polls not yet committed
        super().__init__(*arguments, **named)

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - Faust's signature
        fetched, active = await self._wait_next_records(timeout)
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:  # a rebalance is under way: what was fetched is fetched again
            await self.perform_seek()
            return
        generation = self.app.consumer_generation_id
        for place, records in fetched.items():
            tp = TP(place.topic, place.partition)
            if not records or not self.flow_active or generation != self.app.consumer_generation_id:
                continue
            if active is None or tp in active or tp in self._buffered_partitions:
                yield tp, self._poll_message(tp, records, generation)

    def _poll_message(self, tp: TP, records: list[Any], generation: int) -> Any:
        poll, last = Poll(records), records[-1]
        poll.end = self.end_of(tp)
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        self._delivered[tp].append(last.offset)
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            poll,
            None,
            0,
            0,
            tp,
            generation_id=generation,
        )

    def end_of(self, tp: TP) -> End | None:
        """Where the log ended when the broker last answered; None while nothing is known."""
        consumer = self._thread._ensure_consumer()  # noqa: SLF001 - read only
        place = driver.ensure_aiokafka_TP(tp)
        if place not in consumer.assignment():
            return None
        highwater, answered = consumer.highwater(place), consumer.last_poll_timestamp(place)
        return (
            End(highwater, datetime.fromtimestamp(answered / 1000, UTC), datetime.now(UTC))
            if highwater is not None and answered
            else None
        )

    def read_again(self, tp: TP, offset: int) -> None:
        """Goes back to an offset after a gap."""
        self._thread.go_to({tp: offset})

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Goes to where the store stands, whatever was committed to Kafka."""
        positions = await self.load_positions(frozenset(self.assignment()))
        await self._thread.go_to(positions)
        for tp in positions:
            self._delivered.pop(tp, None)
        return positions

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """No gap between the last offsets of polls is one."""

    def _new_offset(self, tp: TP) -> int | None:
        """One past the longest prefix of delivered polls that are acknowledged."""
        delivered, acked, done = self._delivered[tp], self._acked_index[tp], None
        while delivered and delivered[0] in acked:
            done = delivered.popleft()
            acked.discard(done)
        if done is None:
            return None
        self._acked[tp].clear()
        self._acked[tp].extend(acked)
        return done + 1

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        for tp in revoked:
            self._delivered.pop(tp, None)
        await super().on_partitions_revoked(revoked)


def deliver_polls(app: faust.App, load_positions: LoadPositions) -> None:
    """Makes an app read its topics poll by poll."""
    consumer = type("PollConsumer", (BatchConsumer,), {"load_positions": staticmethod(load_positions)})
    transport = type("PollTransport", (driver.Transport,), {"Consumer": consumer})
    app.transport = transport(app.conf.broker_consumer, app, loop=None)
