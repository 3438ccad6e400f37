"""Lag: how long what arrives waits until a worker takes it, by the ends of the log and the workers' own clocks."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from streams.settings import Settings
from streams.topics import describe
from streams.watch import folded_topics

#: A broker that does not answer in time is away.
REQUEST_MS = 5000
#: Derived from cases, whose clock it follows: it would tell the same lag a second time.
DERIVED = "bundle"
#: How far a worker has read a partition, and when that arrived.
_TAKEN = """
    select p.topic, p.partition, p.next_offset, c.as_of
    from stream.position as p
    inner join stream.clock as c on c.topic = p.topic and c.partition = p.partition and c.authority = '*'
"""


class Lag:
    """Asks broker and database when it is told to; used by one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: KafkaAdminClient | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._places: list[TopicPartition] = []
        self._taken: dict[TopicPartition, tuple[int, datetime]] = {}

    def seconds(self) -> float:
        """The longest of any partition; 0.0 where everything is taken, or no worker ever was there. Raises KafkaError.

        While the database is away nobody takes anything: what was read last goes on to hold.
        """
        if self._admin is None:
            self._open()
        assert self._admin is not None
        self._read()
        ends = self._admin.list_partition_offsets(dict.fromkeys(self._places, OffsetSpec.LATEST))
        now = datetime.now(UTC)
        return max(
            (
                (now - as_of).total_seconds()
                for place, (next_offset, as_of) in self._taken.items()
                if place in ends and ends[place].offset > next_offset
            ),
            default=0.0,
        )

    def close(self) -> None:
        """What is asked later begins anew."""
        if self._admin is not None:
            self._admin.close()
        if self._connection is not None:
            self._connection.close()
        self._admin = self._connection = None

    def _read(self) -> None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    self._settings.database, connect_timeout=5, application_name="govpulse door", autocommit=True
                )
            rows = self._connection.execute(_TAKEN).fetchall()
        except psycopg.OperationalError:
            return
        self._taken = {TopicPartition(topic, number): (offset, as_of) for topic, number, offset, as_of in rows}

    def _open(self) -> None:
        names = [name for name, family in folded_topics(self._settings).items() if family != DERIVED]
        self._places = [
            TopicPartition(name, partition)
            for name, topic in describe(self._settings, names).items()
            for partition in range(topic.partitions)
        ]
        self._admin = KafkaAdminClient(
            **self._settings.kafka_client(), client_id="govpulse-door", request_timeout_ms=REQUEST_MS
        )
