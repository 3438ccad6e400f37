"""Reads what Debezium captured from Kafka, and sends what the rows tell by their mappings."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata
from msgspec import Struct

from connectors.admission import Door
from connectors.doors import door_of
from connectors.kafka import Delivery
from connectors.polling.captured import Captured, captured
from connectors.polling.rows import Change
from connectors.polling.telling import Found, RowDoor, Statement, count
from connectors.sources.account import Account
from connectors.sources.logged import BadRow, Fault
from connectors.sources.mapping import BadMapping, Mapping
from streams.settings import Settings

log = logging.getLogger(__name__)
DOOR = "capture"
MOST_RECORDS = 5_000
_MICROSECOND = timedelta(microseconds=1)


class Instants:
    """When each change of a partition was recorded, so that of two changes of one row the later one is later.

    Commits of a transaction share an instant, and MariaDB's log counts in seconds: a row that changes again at the same
    instant is a microsecond later each time. What is committed to Kafka never splits an instant, so that a reader that died
    counts as before.
    """

    def __init__(self) -> None:
        self._committed: datetime | None = None
        self._times: dict[bytes, int] = {}
        self.began = 0

    def of(self, change: Captured, key: bytes, offset: int) -> datetime:
        if change.committed != self._committed:
            self._committed, self._times, self.began = change.committed, {}, offset
        times = self._times.get(key, 0)
        self._times[key] = times + 1
        return change.committed + times * _MICROSECOND


class Tables(Struct, frozen=True):
    """The mappings by their table; `names`: a mapping's names of columns by their small letters."""

    doors: dict[str, RowDoor]
    names: dict[str, dict[str, str]]


def tables_of(mappings: Iterable[Mapping]) -> Tables:
    """Raises BadMapping for lookups, which no log has."""
    doors: dict[str, RowDoor] = {}
    names: dict[str, dict[str, str]] = {}
    for mapping in mappings:
        row_door = RowDoor(mapping)
        if row_door.table.lookup:
            raise BadMapping(f"mapping {mapping.name}: a captured row has no other table's columns: leave out 'lookup'")
        table = row_door.table.name.lower()
        doors[table] = row_door
        names[table] = {name.lower(): name for name, _ in mapping.attributes_named()}
    return Tables(doors, names)


class Reader:
    """The records of several topics, told by the mappings of their tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._instants: dict[TopicPartition, Instants] = {}
        self._strangers: set[str] = set()

    def take(
        self, place: TopicPartition, records: Iterable[Any], door: Door, accounts: dict[str, Account]
    ) -> list[Statement]:
        """What the records of one partition tell, in their order; the accounts note it."""
        found = []
        for record in records:
            named = self._named(place, record)
            if named is None:
                continue
            row_door, row = named
            told = row_door.told(row, door, now=datetime.now(UTC))
            name = row_door.mapping.name
            account = accounts.setdefault(name, Account(file=row_door.table.name, mapping=name))
            count(account, [told], {one.digest: one for one in told})
            row_door.note_unmapped(account)
            found += told
        return found

    def _named(self, place: TopicPartition, record: Any) -> tuple[RowDoor, Found] | None:
        """The row of a record, and whose it is; None where it is no change, or of a table that no mapping names."""
        doors = self._tables.doors
        try:
            change = captured(record.value)
            if change is None:
                return None
            row_door = doors.get(change.table.lower())
            if row_door is None:
                self._note_stranger(change.table)
                return None
            return row_door, self._row(change, record, self._instants.setdefault(place, Instants()))
        except BadRow as bad:
            where = f"{place.topic} {place.partition}, offset {record.offset}"
            fault = Fault(bad.fault.code, 0, bad.fault.column, f"{where}: {bad.fault.detail}")
            return next(iter(doors.values())), Found({}, fault=fault)

    def _note_stranger(self, table: str) -> None:
        if table not in self._strangers:
            self._strangers.add(table)
            log.warning("table %s is captured, and no mapping reads it", table)

    def check_quarantine(self, door: Door) -> None:
        """Raises SourceQuarantined where a table's source is: nothing is committed, so all of it is read again."""
        for one in self._tables.doors.values():
            door.register.check_quarantine(one.mapping.source)

    def settled(self, place: TopicPartition, next_offset: int) -> int:
        """Up to where a partition may be committed: not into the last instant, of which more may come."""
        instants = self._instants.get(place)
        return instants.began if instants is not None else next_offset

    def _row(self, change: Captured, record: Any, instants: Instants) -> Found:
        recorded = instants.of(change, record.key or b"", record.offset)
        if change.operation == "t":
            raise BadRow(
                Fault("truncated", 0, None, f"table {change.table} was emptied: nothing says which rows it had")
            )
        names = self._tables.names[change.table.lower()]
        attributes = {names[name]: text for name, text in change.cells.items() if name in names}
        return Found(
            attributes,
            change=Change(recorded, is_deletion=change.operation == "d", is_again=change.operation in ("u", "r")),
        )


def capture(
    settings: Settings,
    mappings: list[Mapping],
    prefix: str,
    stopping: threading.Event,
    *,
    heard: Callable[[Account], None],
    once: bool = False,
    idle_seconds: float = 5.0,
) -> None:
    """Reads the topics `prefix.…` until stopped (`once`: until nothing came for a while)."""
    reader = Reader(tables_of(mappings))
    consumer = KafkaConsumer(
        **settings.kafka_client(),
        group_id=settings.group(f"capture.{prefix}"),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=MOST_RECORDS,
        metadata_max_age_ms=5_000,  # a table that is captured later has a topic later
    )
    try:
        consumer.subscribe(pattern=rf"^{prefix}\.")
        with Delivery(settings) as delivery:
            last = time.monotonic()
            while not stopping.is_set():
                polled = consumer.poll(timeout_ms=500)
                if polled:
                    _take(settings, reader, consumer, delivery, polled=polled, heard=heard)
                    last = time.monotonic()
                elif once and time.monotonic() - last > idle_seconds:
                    return
    finally:
        consumer.close()


def _take(
    settings: Settings,
    reader: Reader,
    consumer: Any,
    delivery: Delivery,
    *,
    polled: Any,
    heard: Callable[[Account], None],
) -> None:
    """Sends what a poll tells, and when the broker has it all, notes how far was read."""
    door = door_of(settings, DOOR)
    reader.check_quarantine(door)
    accounts: dict[str, Account] = {}
    offsets = {}
    for place, records in polled.items():
        for statement in reader.take(place, records, door, accounts):
            if statement.topic:
                delivery.send(statement.topic, statement.key, statement.value)
        offsets[place] = OffsetAndMetadata(reader.settled(place, records[-1].offset + 1), "", -1)
    delivery.flush()
    consumer.commit(offsets)
    for account in accounts.values():
        heard(account)
