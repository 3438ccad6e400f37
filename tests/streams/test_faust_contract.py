"""The private API of Faust and aiokafka that the batch transport stands on: an upgrade that moves it fails here."""

import asyncio
import inspect
import threading
from functools import partial
from importlib.metadata import version
from types import SimpleNamespace

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.supervisors import CrashingSupervisor
from mode.threads import ServiceThread

from streams.app import make_app
from streams.batching import BatchConsumer, BatchThread
from streams.settings import Settings


def test_the_version_is_the_one_the_overrides_were_written_for():
    assert version("faust-streaming") == "0.15.3"


def test_what_is_overridden_exists_with_the_same_parameters():
    for overriding, overridden, names in (
        (BatchConsumer, driver.Consumer, ("getmany", "_add_gap", "_new_offset", "seek_to_committed", "on_partitions_revoked", "_new_consumer_thread")),
        (BatchThread, driver.AIOKafkaConsumerThread, ("_create_worker_consumer",)),
    ):  # fmt: skip
        for name in names:
            theirs = inspect.signature(getattr(overridden, name))
            ours = inspect.signature(getattr(overriding, name))
            assert list(ours.parameters) == list(theirs.parameters), name


def test_what_is_used_exists():
    for name in ("_wait_next_records", "perform_seek", "assignment", "highwater"):
        assert callable(getattr(driver.Consumer, name)), name
    assert callable(driver.AIOKafkaConsumerThread._ensure_consumer)
    assert "self.thread_loop" in inspect.getsource(ServiceThread)
    source = inspect.getsource(BaseConsumer)
    for attribute in ("self._acked_index", "self._acked", "self._buffered_partitions", "self.flow_active"):
        assert attribute in source, attribute
    for name in ("highwater", "last_poll_timestamp", "assignment", "seek"):
        assert callable(getattr(AIOKafkaConsumer, name)), name
    assert "_fetch_max_wait_ms" in inspect.getsource(AIOKafkaConsumer)


class Consumer:
    """What a thread asks of aiokafka; notes who sought where."""

    def __init__(self):
        self.sought = []

    def assignment(self):
        return {TopicPartition("t", 0)}

    def seek(self, place, offset):
        self.sought.append((place.partition, offset, threading.current_thread().name))


def test_a_seek_is_the_consumers_threads_own():
    """aiokafka deletes what was fetched of a partition: under a poll in another thread that was a KeyError."""
    loop, consumer = asyncio.new_event_loop(), Consumer()
    beside = threading.Thread(target=loop.run_forever, name="consumer")
    beside.start()
    thread = SimpleNamespace(thread_loop=loop, _ensure_consumer=lambda: consumer)
    thread._go_to = partial(BatchThread._go_to, thread)

    async def go_to():
        await BatchThread.go_to(thread, {TP("t", 0): 7, TP("t", 1): 8})

    asyncio.run(go_to())
    loop.call_soon_threadsafe(loop.stop)
    beside.join()
    loop.close()
    assert consumer.sought == [(0, 7, "consumer")], "once, and not of a partition that is gone"


def test_perform_seek_asks_for_positions():
    assert "self.seek_to_committed()" in inspect.getsource(BaseConsumer.perform_seek)


def test_a_worker_crashes_rather_than_acknowledge_what_failed(tmp_path):
    conf = make_app(Settings(home=tmp_path, kafka="127.0.0.1:9")).conf
    assert conf.agent_supervisor is CrashingSupervisor
    assert conf.broker_session_timeout == 10
    assert conf.stream_wait_empty is False
    assert str(conf.processing_guarantee.value) == "at_least_once"
    assert conf.topic_allow_declare is False
