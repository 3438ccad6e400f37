"""What landing writes: events, marks, refusals and its own offsets in one fenced transaction, by COPY."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from connectors import rejections
from connectors.landed import EVENT_COLUMNS, MARK_COLUMNS, Landed, Row
from streams.store import WrongTopic
from streams.topics import Topic

#: "land" as a number: one landing a database.
LOCK = 0x6C616E64
Place = tuple[str, int]


class Fenced(Exception):
    """Another landing has claimed the topics."""


class Claim(NamedTuple):
    next_offset: int
    epoch: int


class LandingStore:
    """One connection; used by one thread. Every `psycopg.OperationalError` may be tried again after `close`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None
        self._claims: dict[Place, Claim] = {}

    @property
    def connection(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url, application_name="govpulse land", connect_timeout=5, options="-c timezone=UTC"
            )
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def is_alone(self) -> bool:
        """Takes the lock that says a landing runs; False where another has it."""
        with self.connection.transaction():
            row = self.connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        return row is not None and bool(row[0])

    def claim(self, topics: Mapping[str, Topic]) -> dict[Place, int]:
        """Makes this the landing of all partitions; place → offset to read on from. Raises WrongTopic."""
        with self.connection.transaction():
            for name, topic in topics.items():
                self._check(name, topic)
                for partition in range(topic.partitions):
                    row = self.connection.execute(
                        """insert into raw.position as p (topic, topic_id, partition, next_offset, epoch)
                           values (%s, %s, %s, 0, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
                           on conflict (topic, partition) do update set epoch = greatest(p.epoch + 2, excluded.epoch)
                           returning next_offset, epoch""",
                        [name, topic.topic_id, partition],
                    ).fetchone()
                    assert row is not None
                    self._claims[name, partition] = Claim(*row)
        return {place: claim.next_offset for place, claim in self._claims.items()}

    def _check(self, name: str, topic: Topic) -> None:
        rows = self.connection.execute("select topic_id from raw.position where topic = %s", [name]).fetchall()
        if rows and (rows[0][0] != topic.topic_id or len(rows) != topic.partitions):
            raise WrongTopic(
                f"topic {name} is {topic} now, what was landed comes from id {rows[0][0]} with {len(rows)} partitions: "
                "it was made anew or repartitioned; restore the topic, or start with a new database"
            )

    def write(self, landed: Landed) -> None:
        """Lands a poll or nothing of it. Raises Fenced."""
        connection = self.connection
        with connection.transaction():
            for place, next_offset in landed.next_offsets.items():
                moved = connection.execute(
                    """update raw.position set epoch = epoch + 1, next_offset = %s
                       where topic = %s and partition = %s and epoch = %s""",
                    [next_offset, *place, self._claims[place].epoch],
                )
                if moved.rowcount != 1:
                    raise Fenced(f"{place[0]}/{place[1]} is landed by another")
            for month in landed.months:
                connection.execute("select raw.ensure_month(%s)", [month])
            _copy(connection, "event", EVENT_COLUMNS, landed.events)
            _copy(connection, "mark", MARK_COLUMNS, landed.marks)
            _copy(connection, "rejection", rejections.COLUMNS, landed.rejections)
        for place, next_offset in landed.next_offsets.items():
            self._claims[place] = Claim(next_offset, self._claims[place].epoch + 1)


def _copy(connection: psycopg.Connection[Any], table: str, columns: Iterable[str], rows: list[Row]) -> None:
    if not rows:
        return
    query = sql.SQL("copy raw.{} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(query) as copy:
        for row in rows:
            copy.write_row(row)
