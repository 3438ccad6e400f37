"""The engine: records in, one transaction out. Knows no Kafka and no Faust; one per thread."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from streams import ledger as ledgers
from streams import stale
from streams.batch import NOTHING_YET, Awaited, Batch, Known, Owned, Record, instant, known_of
from streams.cache import SubjectCache
from streams.domain import measures
from streams.domain.reading import ENGINE_VERSION, Reading, read
from streams.domain.rulebook import Rulebook
from streams.domain.subject import Entry, Subject, join, new_subject, pack
from streams.ledger import EMPTY
from streams.reference import read_rulebook
from streams.store import MOST_AT_ONCE, Fenced, Partition, StaleRulebook, Store, Stored

#: The authority name of the wall clock.
WALL = "*"
#: Families whose events other subjects derive → who does.
EMITTERS = {"bundle": "case"}
#: How often an idle partition writes down how far the wall clock has come.
IDLE_CLOCK = timedelta(seconds=1)
#: Of a partition's subjects: twelve of them stay below two hundred megabytes.
CACHE_BYTES = 16 * 1024 * 1024


class End(NamedTuple):
    """The broker said at `seen_at` that nothing follows before `offset`; the worker looked at `asked_at`."""

    offset: int
    seen_at: datetime
    asked_at: datetime | None = None


class Gap(Exception):
    """A record between the known position and this batch was never seen: read again from `expected`."""

    def __init__(self, partition: Partition, expected: int, got: int) -> None:
        super().__init__(f"{partition.topic}/{partition.number}: expected offset {expected}, got {got}")
        self.expected, self.got = expected, got


class Engine:
    """apply, tick and recompute over a store. Not thread-safe: one thread issues its calls one after another."""

    def __init__(self, store: Store, *, cache_bytes: int = CACHE_BYTES) -> None:
        self.store = store
        self.owned: dict[Partition, Owned] = {}
        self._cache_bytes = cache_bytes
        self._rulebook: Rulebook | None = None
        self._read_again: Partition | None = None  # whose pass is under way
        self.counts: defaultdict[str, int] = defaultdict(int)

    # ------------------------------------------------------------------ ownership

    def assign(self, partition: Partition, *, topic_id: str, partitions: int) -> int:
        """Claims a partition and returns the offset to read on from."""
        position = self.store.claim(partition, topic_id=topic_id, partitions=partitions)
        self.owned[partition] = Owned(
            partition=partition,
            next_offset=position.next_offset,
            epoch=position.epoch,
            clocks=self.store.clocks(partition),
            authorities=self.store.authorities(partition),
            cache=SubjectCache(self._cache_bytes),
        )
        return position.next_offset

    def revoke(self, partition: Partition) -> None:
        self.owned.pop(partition, None)
        if self._read_again == partition:
            self._read_again = None

    def recover(self, partition: Partition) -> None:
        """After an error in COMMIT: whether it counted is read before anything else. Raises Fenced."""
        owned = self.owned[partition]
        position = self.store.position(partition)
        if position.epoch == owned.epoch:
            return
        if position.epoch != owned.epoch + 1:
            raise Fenced(f"{partition.topic}/{partition.number}: epoch {owned.epoch} is over")
        self.owned[partition] = Owned(
            partition=partition,
            next_offset=position.next_offset,
            epoch=position.epoch,
            clocks=self.store.clocks(partition),
            authorities=self.store.authorities(partition),
            cache=SubjectCache(self._cache_bytes),
        )

    @property
    def rulebook(self) -> Rulebook:
        if self._rulebook is None:
            with self.store.connection.transaction():
                self._rulebook = read_rulebook(self.store.connection)
        return self._rulebook

    # ------------------------------------------------------------------ batch, tick, recomputation

    def apply(self, partition: Partition, records: Sequence[Record], *, end: End | None = None) -> int:
        """Takes records of one partition in offset order; returns how many were new.

        `end`: where the log ended when the broker was last asked. Raises Gap once where records are missing before
        them: the caller reads again from there.
        """
        owned = self.owned[partition]
        records = [record for record in records if record.offset >= owned.next_offset]
        if not records:
            return 0
        self._check_gap(owned, records[0].offset)
        batch = Batch(owned)
        batch.changes.next_offset = records[-1].offset + 1
        for record in records:
            batch.take(record)
        self._advance(owned, batch, records[-1], end)
        self._read_touched(owned, batch)
        self._commit(owned, batch)
        owned.next_offset = records[-1].offset + 1
        owned.gap_seen = None
        owned.has_new_marks = owned.has_new_marks or not batch.marks.keys().isdisjoint(batch.changes.clocks)
        self.counts["events"] += len(records)
        self.counts["dead_letters"] += len(batch.changes.dead_letters)
        return len(records)

    def is_due(self, partition: Partition) -> bool:
        """Whether a mark has come since the last tick, so that the next one should not wait for its time."""
        owned = self.owned.get(partition)
        return owned is not None and owned.has_new_marks

    def tick(self, partition: Partition, *, end: End | None = None) -> bool:
        """Reads again the subjects whose time has come; True when there are more than one transaction took."""
        owned = self.owned[partition]
        owned.has_new_marks = False
        batch = Batch(owned)
        if owned.partition.family in EMITTERS:
            self._follow(owned, batch, end)
        elif end is not None and end.offset == owned.next_offset:
            self._advance_wall(owned, batch, end.seen_at)
        more = False
        for authority, as_of in sorted(batch.clocks.items()):
            room = MOST_AT_ONCE - len(batch.known)
            due = self.store.due(partition, self._lives_by(owned, authority), as_of) if room > 0 else []
            more = more or len(due) > room or len(due) == MOST_AT_ONCE
            batch.load(due[:room])
        if not batch.known and not self._is_clock_due(owned, batch):
            return False
        self._read_known(owned, batch)
        self._commit(owned, batch)
        self.counts["woken"] += len(batch.known)
        return more

    def recompute(self, partition: Partition) -> bool:
        """One step of a pass over the partition that reads again what newer data or a newer engine concerns.

        True while there is more to do. What nothing concerns keeps the version it was read under. One pass at a time: a
        poll that comes meanwhile waits for a step of one partition, not for one of each.
        """
        owned = self.owned[partition]
        if not owned.may_be_stale or self._read_again not in (None, partition):
            return False
        done = stale.caught_up(self.store, partition)
        if done == (self.rulebook.version, ENGINE_VERSION):
            owned.may_be_stale, self._read_again = False, None
            return False
        page = stale.page(self.store, partition, after=owned.stale_after, done=done, engine_version=ENGINE_VERSION)
        batch = Batch(owned)
        batch.load(page.subjects)
        if page.subjects or page.is_last:
            batch.changes.caught_up = ENGINE_VERSION if page.is_last else None
            self._read_known(owned, batch)
            self._commit(owned, batch)
            self.counts["recomputed"] += len(page.subjects)
        owned.stale_after = "" if page.is_last else page.to
        owned.may_be_stale = not page.is_last
        self._read_again = None if page.is_last else partition
        return bool(page.subjects) or not page.is_last

    # ------------------------------------------------------------------ time

    def _lives_by(self, owned: Owned, clock: str) -> list[str]:
        """The authorities of the partition that live by a clock: one marked, or all that have none."""
        if clock != WALL:
            return [clock]
        return [name for name in owned.authorities if not self.rulebook.is_marked(name)]

    def _as_of(self, batch: Batch, authority: str) -> datetime:
        clock = authority if self.rulebook.is_marked(authority) else WALL
        return batch.clocks.get(clock, NOTHING_YET)

    def _follow(self, owned: Owned, batch: Batch, end: End | None) -> None:
        """Time of a family whose events are derived: as far as its emitters had come, once all they sent is consumed.

        First the emitters are asked; then a look is awaited that came after the answer; then the broker's word, given
        after that look, that the log ends where this partition stands.
        """
        if end is None:
            return
        asked_at = end.asked_at or end.seen_at
        if owned.awaited is None:
            partition = owned.partition
            topic = partition.topic.removesuffix(partition.family) + EMITTERS[partition.family]
            owned.awaited = Awaited(self.store.reached(topic, f"events.{partition.family}"))
        elif owned.awaited.since is None:
            owned.awaited.since = asked_at
        elif end.seen_at >= owned.awaited.since and end.offset == owned.next_offset:
            for clock, up_to in owned.awaited.reached.items():
                if up_to > batch.clocks.get(clock, NOTHING_YET):
                    batch.clocks[clock] = batch.changes.clocks[clock] = up_to
            owned.awaited = None

    def _advance(self, owned: Owned, batch: Batch, last: Record, end: End | None) -> None:
        if owned.partition.family in EMITTERS:
            return
        now = instant(last.timestamp)
        if end is not None and end.offset == last.offset + 1:
            now = max(now, end.seen_at)
        self._advance_wall(owned, batch, now)
        for authority, up_to in batch.marks.items():
            if up_to > batch.clocks.get(authority, NOTHING_YET):
                batch.clocks[authority] = batch.changes.clocks[authority] = up_to

    def _advance_wall(self, owned: Owned, batch: Batch, to: datetime) -> None:
        if to > owned.clocks.get(WALL, NOTHING_YET):
            batch.clocks[WALL] = batch.changes.clocks[WALL] = to

    def _is_clock_due(self, owned: Owned, batch: Batch) -> bool:
        moved = batch.changes.clocks
        return any(name != WALL for name in moved) or moved.get(WALL, NOTHING_YET) >= owned.clock_written + IDLE_CLOCK

    # ------------------------------------------------------------------ subjects

    def _check_gap(self, owned: Owned, offset: int) -> None:
        """Offsets may really be missing (a transaction's marker): believed when they are missing twice."""
        if offset > owned.next_offset and owned.gap_seen != (owned.next_offset, offset):
            owned.gap_seen = (owned.next_offset, offset)
            raise Gap(owned.partition, owned.next_offset, offset)

    def _read_touched(self, owned: Owned, batch: Batch) -> None:
        """Joins what the batch tells into its subjects and reads those it changed."""
        missing = [key for key in batch.told if not owned.cache.has(key)]
        loaded = (
            {stored.subject_key: stored for stored in self.store.subjects(owned.partition, missing)} if missing else {}
        )
        for key, told in batch.told.items():
            known = self._known(owned, key, loaded)
            if known.subject.is_oversized:
                batch.refuse(told, known.subject)
                continue
            subject = known.subject
            entries = [entry for _, entry in told]
            joined = join(subject, entries)
            if joined.is_oversized:
                joined = self._join_one_by_one(batch, subject, told)
            if joined is not subject or known.is_new:
                known = Known(joined, known.ledger, told[-1][0].offset, known.as_of)
                self._read_one(owned, batch, known)

    def _join_one_by_one(self, batch: Batch, subject: Subject, told: list[tuple[Record, Entry]]) -> Subject:
        """The subject becomes oversized within this batch: from there on its events are dead letters."""
        for place, (_, entry) in enumerate(told):
            subject = join(subject, [entry])
            if subject.is_oversized:
                batch.refuse(told[place + 1 :], subject)
                break
        return subject

    def _known(self, owned: Owned, key: str, loaded: dict[str, Stored]) -> Known:
        stored = owned.cache.get(key) or loaded.get(key)
        if stored is None:
            return Known(new_subject(owned.partition.family, key), EMPTY, -1, NOTHING_YET, is_new=True)
        return known_of(owned.partition, stored)

    def _read_known(self, owned: Owned, batch: Batch) -> None:
        for known in batch.known:
            self._read_one(owned, batch, known)

    def _read_one(self, owned: Owned, batch: Batch, known: Known) -> None:
        subject = known.subject
        as_of = max(self._as_of(batch, subject.authority), known.as_of)
        try:
            reading: Reading = read(subject, self.rulebook, as_of)
        except Exception as error:
            error.add_note(
                f"while reading {subject.family} {subject.key!r}, last offset {known.last_offset} "
                f"of {owned.partition.topic}/{owned.partition.number}, as of {as_of.isoformat()}"
            )
            raise
        after = ledgers.ledger_of(reading)
        records, packed = pack(subject), ledgers.pack(after)
        batch.changes.subjects.append(
            ledgers.subject_row(
                owned.partition,
                subject,
                reading,
                records=records,
                ledger=packed,
                rulebook_version=self.rulebook.version,
                last_offset=known.last_offset,
            )
        )
        if known.ledger.contribution != after.contribution:
            measures.change(batch.changes.measures, known.ledger.contribution, after.contribution)
        if known.ledger.signals or after.signals:
            rows, messages = ledgers.signal_rows(
                owned.partition, subject, known.ledger, after, as_of=as_of, epoch=owned.epoch + 1
            )
            batch.changes.signals += rows
            batch.changes.outbox += messages
        if known.ledger.child != after.child:
            clock = subject.authority if self.rulebook.is_marked(subject.authority) else WALL
            told = ledgers.child_messages(subject.key, known.ledger.child, after.child, epoch=owned.epoch + 1)
            batch.changes.outbox += [message._replace(clock=clock, as_of=as_of) for message in told]
        batch.after.append(Stored(subject.key, records, packed, known.last_offset, as_of))

    # ------------------------------------------------------------------ commit

    def _commit(self, owned: Owned, batch: Batch) -> None:
        try:
            owned.epoch = self.store.write(
                owned.partition, owned.epoch, batch.changes, rulebook_version=self.rulebook.version
            )
        except StaleRulebook:
            self._rulebook = None
            for other in self.owned.values():
                other.may_be_stale, other.stale_after = True, ""
            raise
        owned.clocks.update(batch.changes.clocks)
        owned.clock_written = batch.changes.clocks.get(WALL, owned.clock_written)
        for stored in batch.after:
            owned.authorities.add(stored.subject_key.partition("|")[0])
            owned.cache.put(stored)
