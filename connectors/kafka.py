"""Topics, and the producer that every door uses (kafka-python): acks from all replicas, idempotent, keyed by subject."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from streams.settings import Settings
from streams.topics import EVENT_TOPICS, partitions_of
from streams.wire import LARGEST_MESSAGE

#: Every topic of the platform, without the prefix of the installation.
TOPICS = (*EVENT_TOPICS, "signals", "rejected")
_CONFIG = {
    "message.timestamp.type": "LogAppendTime",  # arrival is the broker's to say
    "retention.ms": "-1",  # the log is the truth from which all can be rebuilt
    "retention.bytes": "-1",
}


def ensure_topics(
    settings: Settings, names: Iterable[str] = TOPICS, *, configs: Mapping[str, str] = _CONFIG
) -> list[str]:
    """Creates the topics that are missing; returns their full names."""
    admin = KafkaAdminClient(**settings.kafka_client(), client_id="govpulse")
    try:
        wanted = [settings.topic(name) for name in names]
        present = {found["name"] for found in admin.describe_topics(wanted) if found["error_code"] == 0}
        missing = [name for name in wanted if name not in present]
        if missing:
            try:
                admin.create_topics(
                    [
                        NewTopic(name, partitions_of(settings, name), settings.replication, topic_configs=dict(configs))
                        for name in missing
                    ],
                    wait_for_metadata=True,
                )
            except TopicAlreadyExistsError:
                return []  # another was faster
        return missing
    finally:
        admin.close()


class Delivery:
    """Sends messages and keeps account of what the broker acknowledged. A context: leaving it flushes and closes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer = KafkaProducer(
            **settings.kafka_client(),
            client_id="govpulse-door",
            acks="all",
            enable_idempotence=True,
            linger_ms=20,
            batch_size=256 * 1024,
            max_request_size=LARGEST_MESSAGE + 64 * 1024,
            allow_auto_create_topics=False,
            delivery_timeout_ms=120_000,
            reconnect_backoff_max_ms=2_000,
        )
        self.acknowledged = 0
        self._error: Exception | None = None

    def send(self, topic: str, key: bytes | None, value: bytes, *, partition: int | None = None) -> Any:
        """Queues a message, returns its future; raises the error of an earlier one that the broker refused."""
        self._raise()
        future = self._producer.send(self._settings.topic(topic), value, key=key, partition=partition)
        future.add_callback(self._acknowledge)
        future.add_errback(self._fail)
        return future

    def send_marks(self, topics: Iterable[str], authority: str, value: bytes) -> int:
        """Flushes, then writes a mark into every partition of the topics: what it covers is acknowledged before it."""
        self.flush()
        places = [
            (topic, partition)
            for topic in topics
            for partition in sorted(self._producer.partitions_for(self._settings.topic(topic)))
        ]
        for topic, partition in places:
            self.send(topic, authority.encode(), value, partition=partition)
        return len(places)

    def flush(self) -> None:
        """Waits until the broker has everything; raises the first refusal."""
        self._producer.flush()
        self._raise()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._producer.close(timeout=10)

    def _acknowledge(self, _: Any) -> None:
        self.acknowledged += 1

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
