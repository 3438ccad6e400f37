"""The private API of Faust and aiokafka that the batch transport stands on: an upgrade that moves it fails here."""

import inspect
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers import aiokafka as driver
from mode.supervisors import CrashingSupervisor

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
    for name in ("seek", "_ensure_consumer"):
        assert callable(getattr(driver.AIOKafkaConsumerThread, name)), name
    source = inspect.getsource(BaseConsumer)
    for attribute in ("self._acked_index", "self._acked", "self._buffered_partitions", "self.flow_active"):
        assert attribute in source, attribute
    for name in ("highwater", "last_poll_timestamp", "assignment"):
        assert callable(getattr(AIOKafkaConsumer, name)), name
    assert "_fetch_max_wait_ms" in inspect.getsource(AIOKafkaConsumer)


def test_perform_seek_asks_for_positions():
    assert "self.seek_to_committed()" in inspect.getsource(BaseConsumer.perform_seek)


def test_a_worker_crashes_rather_than_acknowledge_what_failed(tmp_path):
    conf = make_app(Settings(home=tmp_path, kafka="127.0.0.1:9")).conf
    assert conf.agent_supervisor is CrashingSupervisor
    assert conf.broker_session_timeout == 10
    assert conf.stream_wait_empty is False
    assert str(conf.processing_guarantee.value) == "at_least_once"
    assert conf.topic_allow_declare is False
