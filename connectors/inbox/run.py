"""The inbox at work: reads, admits, sends, waits for the broker, and only then says how far it has read."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import CommitFailedError, KafkaError
from kafka.structs import OffsetAndMetadata
from msgspec.structs import replace

from connectors.admission import Admitted, rejection
from connectors.inbox.answers import answer
from connectors.inbox.records import told_by
from connectors.inbox.standing import InForce, Standing
from connectors.kafka import Delivery
from connectors.measured import Counters
from connectors.told import Told, admit_told, identity
from connectors.unknown_fields import UnknownFields
from streams import wire
from streams.settings import Settings
from streams.wire import Rejected

log = logging.getLogger(__name__)
GROUP = "inbox"
#: Bytes that the broker hands over at once, of all inboxes and of one; a single record may be larger.
MOST_BYTES, MOST_OF_ONE = 4 * 1024 * 1024, 512 * 1024
#: Everything that was handed over is taken at once: so nothing piles up here.
MOST_RECORDS = 1_000_000
WAIT_MS = 500


class Inbox:
    """One process of the group that reads all inboxes. What it knows of the outside stands in `standing`."""

    def __init__(self, settings: Settings, measured: Counters) -> None:
        self.settings, self.measured = settings, measured
        self.unknown = UnknownFields()
        self.standing = Standing(settings, self.unknown)
        self.received = self.rejected = 0

    def work(self, stopping: threading.Event, *, once: bool = False) -> None:
        """Takes in until `stopping`, with `once` up to the present end; raises KafkaError where the broker is away.

        A record is read again unless the broker acknowledged what became of it: nothing is lost, and what is sent
        twice has the same id.
        """
        heard: frozenset[str] = frozenset()
        ends: dict[TopicPartition, int] | None = None
        with Delivery(self.settings) as out, _reader(self.settings) as reader:
            while not stopping.is_set():
                self.standing.refresh(wait=0.0 if self.standing.in_force else 0.5)
                in_force = self.standing.in_force
                if in_force is None:
                    continue
                if heard != in_force.inboxes.keys():
                    heard = frozenset(in_force.inboxes)
                    reader.subscribe(sorted(heard)) if heard else reader.unsubscribe()
                    log.info("listening to %d inboxes", len(heard))
                if not heard:
                    if once:
                        return
                    stopping.wait(0.5)
                    continue
                self._step(reader, out, in_force)
                if once:
                    ends = ends or reader.end_offsets(sorted(reader.assignment()))
                    if ends and all(reader.position(place) >= end for place, end in ends.items()):
                        return

    def _step(self, reader: KafkaConsumer, out: Delivery, in_force: InForce) -> None:
        """One poll: everything of it is with the broker before it is committed."""
        polled = reader.poll(timeout_ms=WAIT_MS)
        if not polled:
            return
        now = datetime.now(UTC)
        found = [
            self._pass_on(record, in_force.inboxes[place.topic], out, in_force, now)
            for place, records in polled.items()
            for record in records
        ]
        out.flush()
        _commit(reader, {place: records[-1] for place, records in polled.items()})
        self._count(found, now)

    def _pass_on(
        self, record: Any, teller: str, out: Delivery, in_force: InForce, now: datetime
    ) -> Admitted | Rejected:
        """Admits a record, and sends it on or says why not."""
        told = told_by(record)
        found = (
            replace(told, source=teller)
            if isinstance(told, Rejected)
            else admit_told(in_force.door, told, now=now, teller=teller)
        )
        if isinstance(found, Admitted):
            out.send(found.topic, found.key, found.value)
            return found
        found = replace(found, source=teller)
        original = _original(record, told)
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        out.send("rejected", None, rejection(in_force.door, original, found, now=now, place=place))
        if teller in in_force.answered:
            _, named = identity(told) if not isinstance(told, Rejected) else (None, None)
            said = answer(found, identity=named, size=len(original), place=place, now=now)
            out.send(in_force.answered[teller], None, said)
        return found

    def _count(self, found: list[Admitted | Rejected], now: datetime) -> None:
        for one in found:
            if isinstance(one, Rejected):
                self.measured.rejected.labels(one.code).inc()
                self.rejected += 1
            else:
                self.unknown.count(one.event.source, one.dropped)
                self.measured.event(one.event, now.timestamp(), dropped=len(one.dropped))
                self.received += 1


def take_in(
    settings: Settings, stopping: threading.Event, *, once: bool = False, measured: Counters
) -> tuple[int, int]:
    """Takes in until `stopping`, waiting for servers that are away; returns how many it received and rejected."""
    inbox = Inbox(settings, measured)
    delay = 0.2
    try:
        while not stopping.is_set():
            before = inbox.received + inbox.rejected
            try:
                inbox.work(stopping, once=once)
                if once:
                    break
            except KafkaError as error:
                delay = 0.2 if inbox.received + inbox.rejected > before else min(delay * 2, 5.0)
                log.warning("Kafka: %s; again in %.1f s", error, delay)
                stopping.wait(delay)
    finally:
        inbox.standing.close()
    return inbox.received, inbox.rejected


@contextmanager
def _reader(settings: Settings) -> Iterator[KafkaConsumer]:
    """A member of the group; it leaves at once when it ends."""
    reader = KafkaConsumer(
        **settings.kafka_client(),
        client_id="govpulse-inbox",
        group_id=settings.group(GROUP),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        allow_auto_create_topics=False,
        partition_assignment_strategy=[RoundRobinPartitionAssignor],
        fetch_max_bytes=MOST_BYTES,
        max_partition_fetch_bytes=MOST_OF_ONE,
        max_poll_records=MOST_RECORDS,
        fetch_max_wait_ms=200,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=3_000,
        bootstrap_timeout_ms=5_000,
    )
    try:
        yield reader
    finally:
        reader.close(autocommit=False, timeout_ms=5_000)


def _commit(reader: KafkaConsumer, last: dict[TopicPartition, Any]) -> None:
    offsets = {place: OffsetAndMetadata(record.offset + 1, "", record.leader_epoch) for place, record in last.items()}
    try:
        reader.commit(offsets)
    except CommitFailedError:
        log.info("another process reads these inboxes now; it will send again what was not committed")


def _original(record: Any, told: Told | Rejected) -> bytes:
    """What was told as one JSON document, where it can be one."""
    if isinstance(told, dict):
        try:
            return wire.encode(told)
        except (TypeError, UnicodeEncodeError, RecursionError):
            pass
    return record.value or b""
