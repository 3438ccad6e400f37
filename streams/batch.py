"""One transaction in the making: what a poll, a tick or a recomputation brings, before it is written."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
from msgspec import Struct

from streams import ledger as ledgers
from streams import wire
from streams.cache import SubjectCache
from streams.domain.families.source import SourceClockAdvanced
from streams.domain.subject import Entry, Subject, entry_of, unpack
from streams.ledger import Ledger
from streams.store import Changes, Partition, Stored

#: Before a marked authority's first mark nothing has happened.
NOTHING_YET = wire.EARLIEST - timedelta(days=1)
_mark = msgspec.json.Decoder(SourceClockAdvanced)


class Record(Protocol):
    """A Kafka record: what aiokafka and kafka-python both deliver. `timestamp` is the arrival in ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Known(Struct):
    """A subject as it is known, and what the store holds on its account."""

    subject: Subject
    ledger: Ledger
    last_offset: int
    as_of: datetime
    is_new: bool = False


class Awaited(Struct):
    """How far emitters had come when they were asked; `since`: a look at the broker after their answer."""

    reached: dict[str, datetime]
    since: datetime | None = None


class Owned(Struct):
    """A partition this engine owns: valid only as long as its epoch is the stored one."""

    partition: Partition
    next_offset: int
    epoch: int
    clocks: dict[str, datetime]
    authorities: set[str]
    cache: SubjectCache
    may_be_stale: bool = True
    stale_after: str = ""  # the key up to which a pass over stale subjects has come
    gap_seen: tuple[int, int] | None = None
    has_new_marks: bool = False
    clock_written: datetime = NOTHING_YET
    awaited: Awaited | None = None


class Batch:
    """One transaction in the making."""

    def __init__(self, owned: Owned) -> None:
        self.owned = owned
        self.changes = Changes()
        self.clocks = dict(owned.clocks)
        self.marks: dict[str, datetime] = {}
        self.told: dict[str, list[tuple[Record, Entry]]] = {}
        self.known: list[Known] = []
        self.after: list[Stored] = []

    def take(self, record: Record) -> None:
        event = wire.decode(record.value, key=record.key, headers=record.headers)
        if isinstance(event, wire.Rejected):
            self._dead_letter(record, event)
        elif event.is_mark:
            mark = _mark.decode(event.data)
            up_to = mark.up_to.astimezone(UTC)
            self.marks[mark.authority] = max(up_to, self.marks.get(mark.authority, NOTHING_YET))
        elif event.family != self.owned.partition.family:
            detail = f"{event.type} does not belong on a topic of {self.owned.partition.family!r}"
            self._dead_letter(record, wire.Rejected("wrong_family", "type", detail, event.source))
        else:
            entry = entry_of(event, instant(record.timestamp))
            self.told.setdefault(event.subject_key, []).append((record, entry))

    def load(self, stored: Iterable[Stored]) -> None:
        self.known += [known_of(self.owned.partition, row) for row in stored]

    def refuse(self, told: Iterable[tuple[Record, Entry]], subject: Subject) -> None:
        for record, entry in told:
            rejected = wire.Rejected("subject_oversized", None, f"{subject.key!r} has too many records", entry.source)
            self._dead_letter(record, rejected)

    def _dead_letter(self, record: Record, rejected: wire.Rejected) -> None:
        partition = self.owned.partition
        self.changes.dead_letters.append(
            (
                partition.topic,
                partition.number,
                record.offset,
                instant(record.timestamp),
                record.key,
                record.value,
                rejected.code,
                rejected.field,
                rejected.detail[:1000].replace("\x00", ""),
                rejected.source,
            )
        )


def known_of(partition: Partition, stored: Stored) -> Known:
    subject = unpack(partition.family, stored.subject_key, stored.records)
    return Known(subject, ledgers.unpack(stored.derived), stored.last_offset, stored.as_of)


def instant(milliseconds: int) -> datetime:
    return wire.EPOCH + timedelta(milliseconds=milliseconds)
