"""How far a table was read, kept in our own database and moved only when the broker has everything up to there."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

import psycopg
from msgspec import Struct

from connectors.polling.marks import Marks
from connectors.polling.telling import NOWHERE
from connectors.sources.mapping import Mapping
from streams.alone import is_alone

#: So many statements of the newest rows are remembered a table; what is forgotten is sent again, and is a duplicate.
MOST_REMEMBERED = 1_000_000
#: (digest, scale of its row's watermark)
Seen = tuple[bytes, Decimal]


class PolledElsewhere(Exception):
    """Another process reads this table; the message says what to do."""


class Step(Struct, frozen=True):
    """What one acknowledged page adds."""

    rows: int
    events: int
    refused: int
    seen: list[Seen]


class Progress:
    """One reader a table, by an advisory lock of the connection, which all tables share. Raises PolledElsewhere."""

    def __init__(self, connection: psycopg.Connection[Any], mapping: Mapping, marks: Marks) -> None:
        self.name = f"{mapping.name} {mapping.source}"
        self._connection, self._mapping, self._marks = connection, mapping, marks
        self._lock()
        self.position, self._scale = self._read()
        self._remembered = self._count()

    def unknown(self, digests: Collection[bytes]) -> set[bytes]:
        """Those of the digests that were not sent before, as far as is remembered."""
        if not self._remembered:
            return set(digests)
        known = self._connection.execute(
            "select digest from ops.poll_seen where poll = %s and digest = any(%s)", [self.name, list(digests)]
        )
        return set(digests) - {bytes(digest) for (digest,) in known}

    def move(self, read_to: Any | None, step: Step, *, forget_to: Any | None) -> None:
        """Notes an acknowledged page: all of it, or nothing. The position never goes back; `forget_to`: where looks begin."""
        position, scale = self.position, self._scale
        if read_to is not None and (position is None or self._marks.scale(read_to) > scale):
            position, scale = read_to, self._marks.scale(read_to)
        with self._connection.transaction():
            self._write(position, scale, step)
            forgotten = self._forget(forget_to)
            self._remember(step.seen)
            self._remembered += len(step.seen) - forgotten
            self._remembered -= self._limit()
        self.position, self._scale = position, scale

    def note_unmarked(self, rows: int) -> None:
        """How many rows have no watermark."""
        self._connection.execute("update ops.poll set unmarked_rows = %s where poll = %s", [rows, self.name])

    def _lock(self) -> None:
        row = self._connection.execute("select hashtextextended(%s, 9)", [self.name]).fetchone()
        assert row is not None
        if not is_alone(self._connection, row[0]):
            raise PolledElsewhere(
                f"another process polls {self.name}: stop it first, or give this one a mapping of its own name"
            )

    def _read(self) -> tuple[Any | None, Decimal]:
        row = self._connection.execute(
            "select kind, position, position_scale from ops.poll where poll = %s", [self.name]
        ).fetchone()
        return (self._marks.decode(row[0], row[1]), row[2]) if row and row[0] else (None, NOWHERE)

    def _count(self) -> int:
        row = self._connection.execute("select count(*) from ops.poll_seen where poll = %s", [self.name]).fetchone()
        return int(row[0]) if row else 0

    def _write(self, position: Any | None, scale: Decimal, step: Step) -> None:
        kind, text = (None, None) if position is None else self._marks.encode(position)
        table = self._mapping.table
        self._connection.execute(
            """insert into ops.poll as p (
                   poll, mapping, source, table_name, kind, position, position_scale, rows_read, events_sent, rows_refused)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               on conflict (poll) do update set
                   kind = excluded.kind, position = excluded.position, position_scale = excluded.position_scale,
                   rows_read = p.rows_read + excluded.rows_read, events_sent = p.events_sent + excluded.events_sent,
                   rows_refused = p.rows_refused + excluded.rows_refused, moved_at = clock_timestamp()""",
            [
                self.name, self._mapping.name, self._mapping.source, table.name if table else "", kind, text, scale,
                step.rows, step.events, step.refused,
            ],
        )  # fmt: skip

    def _remember(self, seen: Iterable[Seen]) -> None:
        digests, scales = zip(*seen, strict=True) if seen else ((), ())
        if digests:
            self._connection.execute(
                """insert into ops.poll_seen (poll, digest, position_scale)
                   select %s, digest, scale from unnest(%s::bytea[], %s::numeric[]) as s (digest, scale)
                   on conflict do nothing""",
                [self.name, list(digests), list(scales)],
            )

    def _forget(self, up_to: Any | None) -> int:
        """Rows at and below where looks begin are not read again."""
        if up_to is None or not self._remembered:
            return 0
        return self._connection.execute(
            "delete from ops.poll_seen where poll = %s and position_scale <= %s",
            [self.name, self._marks.scale(up_to)],
        ).rowcount

    def _limit(self) -> int:
        """The oldest beyond the limit are forgotten."""
        beyond = self._remembered - MOST_REMEMBERED
        if beyond <= 0:
            return 0
        return self._connection.execute(
            """delete from ops.poll_seen where (poll, digest) in (
                   select poll, digest from ops.poll_seen where poll = %s order by position_scale limit %s)""",
            [self.name, beyond],
        ).rowcount
