"""What a mapping has told so far, and the draft of what it tells next: one SQLite file a mapping, under the data folder.

A draft becomes what is known only when all of it was sent; before the first message it is noted as what may have been
sent. So after a run that died the same file makes the same messages again, and another file tells its facts in versions
above those that may be in the log.
"""

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from connectors.sources.logged import UnreadableFile

#: As much of a digest is kept as makes an accident impossible.
DIGEST_BYTES = 16
#: Instead of the digest of a statement that may or may not have been sent.
UNSURE = b""
_TABLES = """
    create table if not exists known (
        number text primary key, is_alive integer not null, statements blob not null, maybe blob
    ) without rowid;
"""
_DRAFT = """
    create table draft.claimed (number text primary key, line integer not null, is_alive integer, statements blob) without rowid;
    create table draft.message (topic text not null, key blob, value blob not null);
"""


class Statement(Struct, frozen=True, array_like=True):
    """A record of a case as it was last told; `at` in microseconds since 1970."""

    record: str
    type: str
    at: int
    version: int
    digest: bytes
    is_alive: bool


Statements = Mapping[str, Statement]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Statement]).decode


class Memory:
    """One publisher at a time; a context. Raises UnreadableFile where another has it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path, self._draft = folder / f"{name}.sqlite", folder / f"{name}.draft.sqlite"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (folder / f"{name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise UnreadableFile(
                f"another file is being published by mapping {name}: wait for it, then again"
            ) from None
        self._draft.unlink(missing_ok=True)
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        self._connection.execute("attach database ? as draft", [str(self._draft)])
        self._connection.executescript(
            "pragma draft.journal_mode = off; pragma draft.synchronous = off; pragma draft.cache_size = -65536;"
            + _TABLES
            + _DRAFT
        )
        self._connection.execute("begin")
        self._is_empty = self._connection.execute("select 1 from main.known limit 1").fetchone() is None

    def known(self, number: str) -> tuple[dict[str, Statement], dict[str, Statement] | None]:
        """Record → statement, of a case as it was told before this draft; and as a run that died may have told it."""
        if self._is_empty:
            return {}, None
        row = self._connection.execute("select statements, maybe from main.known where number = ?", [number]).fetchone()
        return (_read(row[0]), _read(row[1]) if row[1] else None) if row else ({}, None)

    def cases(self) -> int:
        """How many cases are known that are not deleted."""
        return int(self._connection.execute("select count(*) from main.known where is_alive").fetchone()[0])

    def claim(self, number: str, line: int) -> int | None:
        """Takes a number for a line of this file; the line that has it already, where one has."""
        cursor = self._connection.execute(
            "insert or ignore into draft.claimed values (?, ?, null, null)", [number, line]
        )
        if cursor.rowcount:
            return None
        row = self._connection.execute("select line from draft.claimed where number = ?", [number]).fetchone()
        return int(row[0])

    def state(self, number: str, statements: Statements) -> None:
        """What is known of a claimed case once the draft is adopted."""
        is_alive = any(statement.is_alive for statement in statements.values())
        self._connection.execute(
            "update draft.claimed set is_alive = ?, statements = ? where number = ?",
            [is_alive, _encode(list(statements.values())), number],
        )

    def add(self, topic: str, key: bytes | None, value: bytes) -> None:
        """A message to be sent, after those before it."""
        self._connection.execute("insert into draft.message values (?, ?, ?)", [topic, key, value])

    def vanished(self) -> list[tuple[str, dict[str, Statement], dict[str, Statement] | None]]:
        """The known cases, not deleted, that no line of this file has claimed; also those that may have been told."""
        found = self._connection.execute(
            "select number, statements, maybe from main.known where (is_alive or maybe is not null) "
            "and number not in (select number from draft.claimed)"
        )
        return [(number, _read(known), _read(maybe) if maybe else None) for number, known, maybe in found.fetchall()]

    def count_vanished(self) -> int:
        """How many cases are known, not deleted, and claimed by no line of this file."""
        row = self._connection.execute(
            "select count(*) from main.known where is_alive and number not in (select number from draft.claimed)"
        ).fetchone()
        return int(row[0])

    def messages(self) -> Iterator[tuple[str, bytes | None, bytes]]:
        """(topic, key, value) in the order in which they were added."""
        yield from self._connection.execute("select topic, key, value from draft.message order by rowid")

    def count_messages(self) -> int:
        return int(self._connection.execute("select count(*) from draft.message").fetchone()[0])

    def intend(self) -> None:
        """From now on any part of the draft may have been sent."""
        with self._transaction():
            self._connection.execute(
                "insert into main.known (number, is_alive, statements, maybe) "
                "select number, 0, ?, statements from draft.claimed where statements is not null "
                "on conflict (number) do update set maybe = excluded.maybe",
                [_encode([])],
            )

    def adopt(self) -> None:
        """The draft was sent: from now on it is what is known."""
        with self._transaction():
            self._connection.execute(
                "insert or replace into main.known (number, is_alive, statements, maybe) "
                "select number, is_alive, statements, null from draft.claimed where statements is not null"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("commit")
        self._connection.execute("begin immediate")
        yield
        self._connection.execute("commit")
        self._connection.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()  # what was not adopted is rolled back
        self._draft.unlink(missing_ok=True)
        self._lock.close()


def _read(blob: bytes) -> dict[str, Statement]:
    return {statement.record: statement for statement in _decode(blob)}
