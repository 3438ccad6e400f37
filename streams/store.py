"""The store: a partition's subjects, clocks, signals and measures, written in one fenced transaction (PostgreSQL)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
from msgspec import Struct, field
from psycopg import sql

from streams.domain.measures import MEASURES, SUMS, Cell

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]
#: How many subjects one tick or recomputation takes in a transaction.
MOST_AT_ONCE = 1000

SUBJECT_COLUMNS = (
    "family", "partition", "subject_key", "authority", "state", "unit_code", "matter_code", "area_code",
    "accepted_at", "is_deemed_accepted", "stopped_at", "result", "exclusion_reason",
    "promise_due_at", "promise_due_on", "statutory_due_at", "statutory_due_on", "is_provisional_due",
    "used_workdays", "used_minutes", "is_on_time", "is_overdue", "is_past_statutory", "findings", "clocks",
    "records", "derived", "engine_version", "rulebook_version", "last_offset", "as_of", "wake_at",
    "touches_from", "touches_to",
)  # fmt: skip
SIGNAL_COLUMNS = (
    "family", "partition", "signal_key", "rule_id", "level", "subject_key", "authority", "clock_id",
    "unit_code", "matter_code", "since", "until", "due_at", "as_of", "data_version", "is_withdrawn",
)  # fmt: skip
MILLION = Decimal(1_000_000)
CELL_COLUMNS = ("authority", "unit_code", "matter_code", "area_code", "cohort", "day", "clock_id")

MEASURE_KEY = ("family", "partition", *CELL_COLUMNS)
MEASURE_COLUMNS = (*MEASURE_KEY, *MEASURES)


class Partition(NamedTuple):
    """A partition of the topic of a family: the unit of state, fence, timers and cells."""

    topic: str
    family: str
    number: int


class Position(NamedTuple):
    next_offset: int
    epoch: int


class Stored(NamedTuple):
    """What a subject's row remembers of its last reading."""

    subject_key: str
    records: bytes
    derived: bytes
    last_offset: int
    as_of: datetime


class Message(NamedTuple):
    """What the relay sends. Of a derived event also the clock it was told by, and when by it: its receivers wait for it."""

    topic: str
    key: bytes
    value: bytes
    clock: str | None = None
    as_of: datetime | None = None


class Fenced(Exception):
    """Another writer owns the partition: everything held of it must be dropped and loaded again."""


class StaleRulebook(Exception):
    """Other reference data came into force: read the rulebook again."""


class WrongTopic(Exception):
    """The topic is not the one whose events the database holds."""


class Changes(Struct):
    """What one transaction writes. Offsets None: the position stays (tick, recomputation).

    `caught_up`: the engine under which, and under whose rulebook, no subject of the partition is stale any more.
    """

    next_offset: int | None = None
    clocks: dict[str, datetime] = field(default_factory=dict)
    subjects: list[Row] = field(default_factory=list)
    signals: list[Row] = field(default_factory=list)
    measures: dict[Cell, dict[int, int]] = field(default_factory=dict)
    dead_letters: list[Row] = field(default_factory=list)
    outbox: list[Message] = field(default_factory=list)
    caught_up: int | None = None


class Store:
    """One connection's view; used by one thread. Every `psycopg.OperationalError` may be tried again."""

    def __init__(self, url: str, *, name: str = "govpulse worker") -> None:
        self._url, self._name = url, name
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connection = psycopg.connect(
                self._url, application_name=self._name, connect_timeout=5, options="-c timezone=UTC", autocommit=True
            )
            for table in ("subject", "signal", "measure"):
                connection.execute(
                    sql.SQL("create temp table {} (like stream.{}) on commit delete rows").format(
                        sql.Identifier(f"staged_{table}"), sql.Identifier(table)
                    )
                )
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    # ------------------------------------------------------------------ reading

    def claim(self, partition: Partition, *, topic_id: str, partitions: int) -> Position:
        """Makes the caller the owner of a partition: every earlier owner is fenced from here on.

        A claim lifts the epoch to the microseconds since 1970, a write by one: so a writer that lost the answer to
        its COMMIT can tell its own success from another's claim, and epochs grow across rebuilds of the database.
        """
        connection = self.connection
        with connection.transaction():
            connection.execute(
                "insert into stream.topic values (%s, %s, %s) on conflict do nothing",
                [partition.topic, topic_id, partitions],
            )
            known = connection.execute(
                "select topic_id, partitions from stream.topic where topic = %s", [partition.topic]
            ).fetchone()
            if known != (topic_id, partitions):
                raise WrongTopic(_wrong_topic(partition.topic, known, (topic_id, partitions)))
            row = connection.execute(
                """insert into stream.position as p (topic, partition, next_offset, epoch)
                   values (%s, %s, 0, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
                   on conflict (topic, partition) do update set epoch = greatest(p.epoch + 2, excluded.epoch)
                   returning next_offset, epoch""",
                [partition.topic, partition.number],
            ).fetchone()
        assert row is not None
        return Position(*row)

    def position(self, partition: Partition) -> Position:
        """Where the partition stands, without claiming it."""
        rows = self.fetch(
            "select next_offset, epoch from stream.position where topic = %s and partition = %s",
            [partition.topic, partition.number],
        )
        return Position(*rows[0])

    def clocks(self, partition: Partition) -> dict[str, datetime]:
        """How far time has come for each authority; '*' is the wall."""
        rows = self.fetch(
            "select authority, as_of from stream.clock where topic = %s and partition = %s",
            [partition.topic, partition.number],
        )
        return dict(rows)

    def reached(self, topic: str, derived: str) -> dict[str, datetime]:
        """How far the clocks of all partitions of a topic have come, and everything they derived was sent: clock → instant."""
        rows = self.fetch(
            """select c.authority, least(min(c.as_of), (
                   select min(o.as_of) - interval '1 microsecond' from stream.outbox as o
                   where o.topic = %(derived)s and o.clock = c.authority))
               from stream.clock as c where c.topic = %(topic)s group by c.authority
               having count(*) = (select partitions from stream.topic where topic = %(topic)s)""",
            {"topic": topic, "derived": derived},
        )
        return dict(rows)

    def authorities(self, partition: Partition) -> set[str]:
        """The authorities that have subjects here."""
        rows = self.fetch(
            "select distinct authority from stream.subject where family = %s and partition = %s",
            [partition.family, partition.number],
        )
        return {authority for (authority,) in rows}

    def subjects(self, partition: Partition, keys: list[str]) -> list[Stored]:
        return self._stored("subject_key = any(%s)", partition, [keys])

    def due(self, partition: Partition, authorities: list[str], as_of: datetime) -> list[Stored]:
        """Subjects whose reading changes by `as_of`, the longest due first."""
        condition = "authority = any(%s) and wake_at <= %s order by wake_at, subject_key limit %s"
        return self._stored(condition, partition, [authorities, as_of, MOST_AT_ONCE])

    def _stored(self, condition: str, partition: Partition, parameters: Sequence[Any]) -> list[Stored]:
        rows = self.fetch(
            _SUBJECTS + condition,
            [partition.family, partition.number, *parameters],
        )
        return [Stored(*row) for row in rows]

    def fetch(self, query: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
        return self.connection.execute(query, parameters, binary=True).fetchall()

    # ------------------------------------------------------------------ writing

    def write(self, partition: Partition, epoch: int, changes: Changes, *, rulebook_version: int) -> int:
        """Writes all of it or nothing and returns the new epoch. Raises Fenced and StaleRulebook."""
        connection = self.connection
        with connection.transaction():
            moved = connection.execute(
                """update stream.position set epoch = epoch + 1, next_offset = coalesce(%s, next_offset)
                   where topic = %s and partition = %s and epoch = %s""",
                [changes.next_offset, partition.topic, partition.number, epoch],
            )
            if moved.rowcount != 1:
                raise Fenced(f"{partition.topic}/{partition.number}: epoch {epoch} is over")
            active = connection.execute("select version from reference.active for share").fetchone()
            if active is None or active[0] != rulebook_version:
                raise StaleRulebook(f"reference data {active and active[0]} is in force, not {rulebook_version}")
            self._write_rows(connection, partition, changes, epoch + 1)
            if changes.caught_up is not None:
                reached = (rulebook_version, changes.caught_up)
                connection.execute(_CAUGHT_UP, (partition.family, partition.number, *reached))
        return epoch + 1

    def _write_rows(self, connection: Connection, partition: Partition, changes: Changes, epoch: int) -> None:
        if changes.subjects:
            _copy(connection, "subject", SUBJECT_COLUMNS, changes.subjects)
            connection.execute(_UPSERT_SUBJECT)
        if changes.signals:
            _copy(connection, "signal", SIGNAL_COLUMNS, changes.signals)
            connection.execute(_UPSERT_SIGNAL)
        if changes.measures:
            place = (partition.family, partition.number)
            rows = [place + _cell_row(*cell) for cell in changes.measures.items()]
            _copy(connection, "measure", MEASURE_COLUMNS, rows)
            connection.execute(_ADD_MEASURES)
        with connection.cursor() as cursor:
            if changes.dead_letters:
                cursor.executemany(_DEAD_LETTER, changes.dead_letters)
            if changes.clocks:
                named = (partition.topic, partition.number)
                cursor.executemany(_CLOCK, [named + clock for clock in sorted(changes.clocks.items())])
        if changes.outbox:
            with connection.cursor().copy(_OUTBOX) as copy:
                for message in changes.outbox:
                    copy.write_row((partition.number, epoch, *message))


def _wrong_topic(topic: str, known: Any, found: tuple[str, int]) -> str:
    if known[0] != found[0]:
        return (
            f"topic {topic} was deleted and made anew (id {found[0]}, the database holds events of {known[0]}): "
            "restore the topic, or start with a new database"
        )
    return (
        f"topic {topic} has {found[1]} partitions, the database was built with {known[1]}: "
        "the partition of a subject must not change; restore the topic, or rebuild from it into a new database"
    )


def _copy(connection: Connection, table: str, columns: Iterable[str], rows: Iterable[Row]) -> None:
    query = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(f"staged_{table}"), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(query) as copy:
        for row in rows:
            copy.write_row(row)


def _cell_row(cell: Cell, added: dict[int, int]) -> Row:
    values = tuple(
        added.get(place, 0) / MILLION if name in SUMS else added.get(place, 0) for place, name in enumerate(MEASURES)
    )
    return (
        cell.authority,
        cell.unit_code,
        cell.matter_code,
        cell.area_code,
        cell.cohort,
        cell.day,
        cell.clock_id,
        *values,
    )


def _upsert(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    changed = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in columns if column not in key
    )
    return sql.SQL("insert into stream.{} ({}) select {} from {} on conflict ({}) do update set {}").format(
        sql.Identifier(table),
        names,
        names,
        sql.Identifier(f"staged_{table}"),
        sql.SQL(", ").join(map(sql.Identifier, key)),
        changed,
    )


def _add_measures() -> sql.Composed:
    """Adds staged rows of deltas to their cells, one partition is written by one writer."""
    names = sql.SQL(", ").join(map(sql.Identifier, MEASURE_COLUMNS))
    key = sql.SQL(", ").join(map(sql.Identifier, MEASURE_KEY))
    return sql.SQL(
        "insert into stream.measure as m ({}) select {} from staged_measure on conflict ({}) do update set {}"
    ).format(
        names,
        names,
        key,
        sql.SQL(", ").join(sql.SQL("{0} = m.{0} + excluded.{0}").format(sql.Identifier(name)) for name in MEASURES),
    )


_UPSERT_SUBJECT = _upsert("subject", SUBJECT_COLUMNS, ("family", "partition", "subject_key"))
_UPSERT_SIGNAL = _upsert("signal", SIGNAL_COLUMNS, ("family", "partition", "signal_key"))
_ADD_MEASURES = _add_measures()
_SUBJECTS = """select subject_key, records, derived, last_offset, as_of from stream.subject
    where family = %s and partition = %s and """
_DEAD_LETTER = """insert into stream.dead_letter
    (topic, partition, "offset", arrived_at, key, value, code, field, detail, source)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"""
_CLOCK = """insert into stream.clock as c (topic, partition, authority, as_of) values (%s, %s, %s, %s)
    on conflict (topic, partition, authority) do update set as_of = greatest(c.as_of, excluded.as_of)"""
_CAUGHT_UP = """insert into stream.caught_up (family, partition, rulebook_version, engine_version)
    values (%s, %s, %s, %s) on conflict (family, partition) do update
    set rulebook_version = excluded.rulebook_version, engine_version = excluded.engine_version"""
_OUTBOX = "copy stream.outbox (partition, epoch, topic, key, value, clock, as_of) from stdin"
