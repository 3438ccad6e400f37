"""Lanes: threads with a store and an engine each. A partition always uses the same one, so its transactions never overlap."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streams.batch import Record
from streams.engine import End, Engine, Gap
from streams.retries import with_retries
from streams.settings import Settings
from streams.store import Partition, Store
from streams.topics import Topic

#: Polls of one partition that may wait in a lane before the reader is held back.
MOST_WAITING = 2


class Lanes:
    """Runs engines beside an event loop. The first error of any lane is what `failed` ends with."""

    def __init__(self, settings: Settings, topics: dict[str, Topic], *, seek: Callable[[Partition, int], None]) -> None:
        self._topics, self._seek = topics, seek
        self._engines = [Engine(Store(settings.database)) for _ in range(settings.lanes)]
        self._threads = [ThreadPoolExecutor(1, thread_name_prefix=f"lane-{number}") for number in range(settings.lanes)]
        self._stopping = threading.Event()
        self._waiting: Counter[Partition] = Counter()
        self._room = asyncio.Condition()
        self._ticking: set[Partition] = set()
        self._tasks: set[asyncio.Future[None]] = set()
        self._owned: set[Partition] = set()
        self._lane_of: dict[Partition, int] = {}
        self._loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[None] = self._loop.create_future()

    @property
    def owned(self) -> frozenset[Partition]:
        return frozenset(self._owned)

    @property
    def counts(self) -> Counter[str]:
        """Events taken, dead letters, subjects woken and recomputed since the start."""
        total: Counter[str] = Counter()
        for engine in self._engines:
            total.update(engine.counts)
        return total

    async def assign(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Claims partitions; partition → offset to read on from. Waits while the database is away."""
        wanted = sorted(partitions)
        claims = asyncio.gather(*(self._on_lane(partition, self._claim, partition) for partition in wanted))
        # The callback of a rebalance would swallow the reason why a partition must not be worked on.
        claims.add_done_callback(self._note_failure)
        offsets = await claims
        self._owned.update(wanted)
        return {partition: offset for partition, offset in zip(wanted, offsets, strict=True) if offset is not None}

    async def revoke(self, partitions: Iterable[Partition]) -> None:
        """Gives partitions up once their running transactions are done; polls still waiting are dropped."""
        given_up = sorted(set(partitions) & self._owned)
        self._owned.difference_update(given_up)
        await asyncio.gather(
            *(self._on_lane(partition, self._engine_of(partition).revoke, partition) for partition in given_up)
        )
        for partition in given_up:
            del self._lane_of[partition]

    async def offer(self, partition: Partition, records: Sequence[Record], end: End | None) -> None:
        """Queues a poll on the partition's lane; waits only while too much is waiting there."""
        async with self._room:
            await self._room.wait_for(lambda: self._waiting[partition] < MOST_WAITING or self.failed.done())
            self._waiting[partition] += 1
        task = asyncio.ensure_future(self._on_lane(partition, self._apply, partition, records, end))
        task.add_done_callback(lambda done: self._taken(partition, done))

    def tick(self, partition: Partition, end: End | None) -> None:
        """Queues a tick, unless one is under way."""
        if partition not in self._ticking and partition in self._owned:
            self._ticking.add(partition)
            task = asyncio.ensure_future(self._on_lane(partition, self._tick, partition, end))
            task.add_done_callback(lambda done: self._ticked(partition, end, done))

    async def close(self) -> None:
        """Lets the running transactions end and closes the connections."""
        self._stopping.set()
        self._owned.clear()
        await asyncio.gather(*(self._loop.run_in_executor(thread, lambda: None) for thread in self._threads))
        for thread, engine in zip(self._threads, self._engines, strict=True):
            thread.shutdown()
            engine.store.close()

    # ------------------------------------------------------------------ on the loop

    def _on_lane(self, partition: Partition, act: Callable[..., Any], *arguments: object) -> "asyncio.Future[Any]":
        return self._loop.run_in_executor(self._threads[self._lane(partition)], act, *arguments)

    def _lane(self, partition: Partition) -> int:
        """Its lane as long as it is owned. A new one goes where the fewest of its topic are, whichever a group deals out."""
        if partition not in self._lane_of:
            taken = Counter(lane for other, lane in self._lane_of.items() if other.topic == partition.topic)
            self._lane_of[partition] = min(range(len(self._threads)), key=lambda lane: taken[lane])
        return self._lane_of[partition]

    def _taken(self, partition: Partition, done: "asyncio.Future[bool]") -> None:
        self._note_failure(done)
        self._waiting[partition] -= 1
        self._keep(asyncio.ensure_future(self._make_room()))
        if not done.cancelled() and done.exception() is None and done.result():
            self.tick(partition, None)

    def _keep(self, task: "asyncio.Future[None]") -> None:
        """A task that nobody holds may vanish before it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make_room(self) -> None:
        async with self._room:
            self._room.notify_all()

    def _ticked(self, partition: Partition, end: End | None, done: "asyncio.Future[bool]") -> None:
        self._ticking.discard(partition)
        self._note_failure(done)
        if not done.cancelled() and done.exception() is None and done.result():
            self.tick(partition, end)  # behind the polls that came meanwhile: batches and ticks alternate

    def _note_failure(self, done: "asyncio.Future[Any]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None and not self.failed.done():
            self.failed.set_exception(error)

    # ------------------------------------------------------------------ on a lane

    def _engine_of(self, partition: Partition) -> Engine:
        return self._engines[self._lane_of[partition]]

    def _claim(self, partition: Partition) -> int | None:
        engine, topic = self._engine_of(partition), self._topics[partition.topic]
        return with_retries(
            engine,
            None,
            lambda: engine.assign(partition, topic_id=topic.topic_id, partitions=topic.partitions),
            stopping=self._stopping,
        )

    def _apply(self, partition: Partition, records: Sequence[Record], end: End | None) -> bool:
        """True when the clock of a marked authority moved: its subjects are due for a tick at once."""
        if partition not in self._owned:  # given up while this poll waited: its next owner reads it
            return False
        engine = self._engine_of(partition)
        try:
            with_retries(engine, partition, lambda: engine.apply(partition, records, end=end), stopping=self._stopping)
        except Gap as gap:
            self._loop.call_soon_threadsafe(self._seek, partition, gap.expected)
            return False
        return engine.is_due(partition)

    def _tick(self, partition: Partition, end: End | None) -> bool:
        """True when there is more to do at once."""
        engine = self._engine_of(partition)
        more = with_retries(engine, partition, lambda: engine.tick(partition, end=end), stopping=self._stopping)
        stale = with_retries(engine, partition, lambda: engine.recompute(partition), stopping=self._stopping)
        return bool(more or stale)
