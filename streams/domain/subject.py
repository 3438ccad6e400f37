"""The subject: a map of records, each won by its greatest version. A join: order and duplicates cannot matter."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from streams.domain.rulebook import Rulebook

#: More entry keys than this, deletions included, make a subject oversized for good: a monotone property.
MOST_ENTRIES = 2000
#: First byte of packed entries; a reader of another codec must be told, not guess.
CODEC = b"\x01"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Statement(Protocol):
    """What a subject needs to know of an event (`streams.wire.Event`)."""

    @property
    def source(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def record_key(self) -> str: ...
    @property
    def data_version(self) -> int: ...
    @property
    def operation(self) -> str: ...
    @property
    def recorded_at(self) -> datetime | None: ...
    @property
    def sequence(self) -> str: ...
    @property
    def body_hash(self) -> bytes: ...
    @property
    def data(self) -> bytes: ...


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """The winning statement of one (record key, source). Instants in µs since 1970, so that packing is exact."""

    record_key: str
    source: str
    data_version: int
    recorded_us: int | None
    is_deletion: bool
    body_hash: bytes
    at_us: int
    sequence: str
    type: str
    data: bytes
    id: str
    arrived_us: int
    has_conflict: bool = False

    @property
    def at(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.at_us)


EntryKey = tuple[str, str]


class Subject(Struct, frozen=True):
    """What is known of one case (bundle, demand, …). `entries` is never changed in place."""

    family: str
    key: str
    entries: dict[EntryKey, Entry]
    is_oversized: bool = False

    @property
    def authority(self) -> str:
        return self.key.partition("|")[0]


def new_subject(family: str, key: str) -> Subject:
    return Subject(family, key, {})


def entry_of(statement: Statement, arrived_at: datetime) -> Entry:
    recorded = statement.recorded_at
    return Entry(
        record_key=statement.record_key,
        source=statement.source,
        data_version=statement.data_version,
        recorded_us=(recorded - EPOCH) // MICROSECOND if recorded else None,
        is_deletion=statement.operation == "D",
        body_hash=statement.body_hash,
        at_us=(statement.at - EPOCH) // MICROSECOND,
        sequence=statement.sequence,
        type=statement.type,
        data=statement.data,
        id=statement.id,
        arrived_us=(arrived_at - EPOCH) // MICROSECOND,
    )


def join(subject: Subject, entries: list[Entry]) -> Subject:
    """The subject with these entries known too; the very same object when they tell nothing new."""
    if subject.is_oversized:
        return subject
    known = subject.entries
    for entry in entries:
        key = (entry.record_key, entry.source)
        before = known.get(key)
        after = entry if before is None else _greater(before, entry)
        if after is not before and after != before:
            if known is subject.entries:
                known = dict(known)
            known[key] = after
            if len(known) > MOST_ENTRIES:
                return Subject(subject.family, subject.key, {}, is_oversized=True)
    return subject if known is subject.entries else replace(subject, entries=known)


def _greater(one: Entry, other: Entry) -> Entry:
    """The join of two statements of one entry key (`design/exactness.md`, The join)."""
    first, second = _rank(one), _rank(other)
    winner = one if first >= second else other
    if first == second:  # equal statements: the smallest arrival and id are kept, whoever came first
        return replace(
            one,
            arrived_us=min(one.arrived_us, other.arrived_us),
            id=min(one.id, other.id),
            has_conflict=one.has_conflict or other.has_conflict,
        )
    if first[:2] == second[:2]:  # one version, two bodies
        return replace(winner, has_conflict=True)
    return winner


def _rank(entry: Entry) -> tuple[int, int, bool, bytes]:
    recorded = entry.recorded_us if entry.recorded_us is not None else -(2**62)
    return (entry.data_version, recorded, entry.is_deletion, entry.body_hash)


def visible(subject: Subject, rulebook: Rulebook, as_of_us: int) -> tuple[list[Entry], int | None]:
    """The live winners with `at` ≤ `as_of` in any order, and the earliest `at` (µs) of those still to come."""
    chosen: dict[str, Entry] = {}
    for entry in subject.entries.values():
        if entry.is_deletion:
            continue
        rival = chosen.get(entry.record_key)
        if rival is None or _precedes(entry, rival, rulebook):
            chosen[entry.record_key] = entry
    shown = [entry for entry in chosen.values() if entry.at_us <= as_of_us]
    if len(shown) == len(chosen):
        return shown, None
    return shown, min(entry.at_us for entry in chosen.values() if entry.at_us > as_of_us)


def _precedes(entry: Entry, rival: Entry, rulebook: Rulebook) -> bool:
    mine, theirs = rulebook.precedence(entry.source), rulebook.precedence(rival.source)
    return mine > theirs or (mine == theirs and entry.source < rival.source)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Entry])


def pack(subject: Subject) -> bytes:
    """The entries as stored in `stream.subject.records`, in a fixed order: equal subjects give equal bytes."""
    if subject.is_oversized:
        return CODEC
    return CODEC + _encoder.encode([subject.entries[key] for key in sorted(subject.entries)])


def unpack(family: str, key: str, packed: bytes) -> Subject:
    if packed[:1] != CODEC:
        raise ValueError(f"records of {family} {key!r} have codec {packed[:1]!r}, this program reads {CODEC!r}")
    if len(packed) == 1:
        return Subject(family, key, {}, is_oversized=True)
    entries = _decoder.decode(memoryview(packed)[1:])
    return Subject(family, key, {(entry.record_key, entry.source): entry for entry in entries})
