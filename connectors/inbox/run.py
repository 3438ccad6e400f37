"""The inbox at work: reads, admits, sends, waits for the broker, and only then says how far it has read."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import CommitFailedError, KafkaError, MessageSizeTooLargeError
from kafka.structs import OffsetAndMetadata

from connectors.inbox.answers import Place
from connectors.inbox.intake import Intake, Taken
from connectors.inbox.patience import Patience
from connectors.inbox.standing import InForce, Standing
from connectors.inbox.unreadable import UNREADABLE, unreadable
from connectors.kafka import Delivery
from connectors.measured import Counters
from connectors.unknown_fields import UnknownFields
from streams.settings import Settings
from streams.wire import Rejected

log = logging.getLogger(__name__)
GROUP = "inbox"
#: Bytes that the broker hands over at once, of all inboxes and of one; a single record may be larger.
MOST_BYTES, MOST_OF_ONE = 4 * 1024 * 1024, 512 * 1024
#: Everything that was handed over is taken at once: so nothing piles up here.
MOST_RECORDS = 1_000_000
WAIT_MS = 500
#: How often the log says what came in.
SAID_EVERY = 60.0


class Again(Exception):
    """Reader and way out are to be made anew; what was not committed is read again."""


class Inbox:
    """One process of the group that reads all inboxes. What it knows of the outside stands in `standing`."""

    def __init__(self, settings: Settings, measured: Counters) -> None:
        self.settings, self.measured = settings, measured
        self.unknown = UnknownFields()
        self.standing = Standing(settings, self.unknown)
        self.patience = Patience(settings)
        self.too_large: set[Place] = set()
        self.received = self.rejected = 0
        self._said = (0, 0, time.monotonic())

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
                self._say()
                if once:
                    ends = ends or reader.end_offsets(sorted(reader.assignment()))
                    if ends and all(reader.position(place) >= end for place, end in ends.items()):
                        return

    def _step(self, reader: KafkaConsumer, out: Delivery, in_force: InForce) -> None:
        """One poll: everything of it is with the broker before it is committed."""
        intake = Intake(in_force, out, datetime.now(UTC), self.too_large)
        self.patience.look(reader)
        try:
            polled = reader.poll(timeout_ms=WAIT_MS)
        except UNREADABLE as error:
            self._step_over(reader, intake)
            raise Again(str(error)) from None
        records = [record for some in polled.values() for record in some if record.topic in in_force.inboxes]
        if records:
            self._end(reader, intake, map(intake.take, records))

    def _step_over(self, reader: KafkaConsumer, intake: Intake) -> None:
        """Refuses what cannot be read. The reader is done for afterwards: its library would go round in circles."""
        positions = {place: reader.position(place) for place in reader.assignment()}
        self._end(reader, intake, (intake.refuse(*one) for one in unreadable(self.settings, positions)))

    def _end(self, reader: KafkaConsumer, intake: Intake, taking: Iterable[Taken]) -> None:
        """Takes, waits until the broker has everything, and says how far it was read."""
        taken: list[Taken] = []
        try:
            for one in taking:
                taken.append(one)  # noqa: PERF402 - what was taken is looked at if the rest cannot be
            intake.out.flush()
        except MessageSizeTooLargeError as error:
            found = {one.place for one in taken if one.is_too_large}
            if not found:
                raise
            self.too_large |= found
            raise Again(str(error)) from None
        offsets = {
            TopicPartition(one.place.topic, one.place.partition): OffsetAndMetadata(one.place.offset + 1, "", -1)
            for one in taken
        }
        try:
            reader.commit(offsets)
        except CommitFailedError:
            log.info("another process reads these inboxes now; it will send again what was not committed")
        self.patience.heed(reader, taken, intake.now)
        self.too_large.difference_update([one.place for one in taken] if self.too_large else ())
        self._count(taken, intake.now)

    def _say(self) -> None:
        """Now and then, if anything came in, how much."""
        received, rejected, at = self._said
        if time.monotonic() < at + SAID_EVERY:
            return
        if (received, rejected) != (self.received, self.rejected):
            log.info("%d received, %d rejected since", self.received - received, self.rejected - rejected)
        self._said = (self.received, self.rejected, time.monotonic())

    def _count(self, taken: list[Taken], now: datetime) -> None:
        for one in taken:
            if isinstance(one.found, Rejected):
                self.measured.rejected.labels(one.found.code).inc()
                self.rejected += 1
            else:
                event = one.found.event
                self.unknown.count(event.source, one.found.dropped)
                self.measured.event(event, now.timestamp(), dropped=len(one.found.dropped))
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
            except Again as error:
                log.warning("%s; reading again", error)
                stopping.wait(0.2)
            except KafkaError as error:
                delay = 0.2 if inbox.received + inbox.rejected > before else min(delay * 2, 5.0)
                log.warning("Kafka: %s; again in %.1f s", error, delay)
                stopping.wait(delay)
    finally:
        inbox.patience.close()
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
        reconnect_backoff_max_ms=2_000,
    )
    try:
        yield reader
    finally:
        reader.close(autocommit=False, timeout_ms=5_000)
