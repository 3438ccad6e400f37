"""The spool: events on disk until a door has them. SQLite, every commit on the disk before it is said to be done."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

from msgspec import Struct

from connectors.publisher.check import Checked
from connectors.publisher.messages import Message, NotNow, Verdicts

#: Seconds that one process waits for another to end its commit.
PATIENCE = 30.0
VERSION = 1
#: So many pages of 4 kB are kept for what comes, and so many are given back at a time.
FREE_PAGES = 2000
_dice = SystemRandom()
_TABLES = """
    create table waiting (
        number integer primary key autoincrement, key text not null, id text not null, spooled_at text not null,
        value blob not null
    ) strict;
    create table refused (
        number integer primary key, key text not null, id text not null, spooled_at text not null,
        refused_at text not null, code text not null, field text, detail text not null, value blob not null
    ) strict;
    create table noted (name text primary key, told text not null, at text not null) strict, without rowid;
"""
_CLAIM = """
    select number, key, id, value
    from (
        select number, key, id, value, sum(length(value) + 1) over (order by number) as size
        from (select number, key, id, value from waiting order by number limit :most)
    )
    where size <= :most_bytes or number = (select min(number) from waiting)
    order by number
"""
_SET_APART = """
    insert or replace into refused (number, key, id, spooled_at, refused_at, code, field, detail, value)
    select number, key, id, spooled_at, ?, ?, ?, ?, value from waiting where number = ?
"""
_BACK = """
    insert into waiting (number, key, id, spooled_at, value)
    select number, key, id, spooled_at, value from refused where number = ? or code = ?
"""
_FORGET = "delete from refused where number = ? or code = ?"
_SPAN = "select count(*), coalesce(sum(length(value)), 0), min(spooled_at) from waiting"


class SpoolFull(Exception):
    """The spool has no room: nothing of the call was kept. Says how big it is, how big it may be, and what to do."""


class NoSpool(Exception):
    """The file cannot be used as a spool: says which and why."""


class Set(Struct, frozen=True):
    """A row set apart: an event as it was spooled, and why it was refused."""

    number: int
    id: str
    spooled_at: str
    refused_at: str
    code: str
    field: str | None
    detail: str
    value: bytes


class Span(Struct, frozen=True):
    """How much waits: events, their bytes, and since when the oldest does."""

    events: int
    size: int
    oldest: datetime | None


class Spool:
    """One connection to a spool file; its owner sees to it that one thread at a time uses it."""

    def __init__(self, path: Path, *, most_bytes: int) -> None:
        self.path, self.most_bytes = path, most_bytes
        if not path.parent.is_dir():
            raise NoSpool(f"there is no folder {path.parent} for the spool {path.name}: make it, on a local disk")
        try:
            self._connection = _opened(path)
            self._page = self._value("pragma page_size")
        except (sqlite3.Error, OSError) as error:
            raise NoSpool(f"{path} is no spool: {error}; give a file of its own on a local disk") from error

    def put(self, events: Iterable[Checked], *, now: datetime) -> None:
        """Keeps all events or none; they are on the disk then. Raises SpoolFull."""
        with self._writing():
            rows = [(event.key, event.id, _text(now), event.value) for event in events]
            self._connection.executemany("insert into waiting (key, id, spooled_at, value) values (?, ?, ?, ?)", rows)
            if self.size > self.most_bytes:
                raise self._full(f"would hold {self.size:,} bytes, and may hold {self.most_bytes:,}")

    @property
    def size(self) -> int:
        """Bytes of the pages in use; what was sent leaves room for what comes."""
        used = self._value("pragma page_count") - self._value("pragma freelist_count")
        return used * self._page

    def claim(self, most: int, most_bytes: int) -> list[Message]:
        """The oldest, in order, as many as go into so many bytes with a comma each."""
        with _not_now():
            rows = self._connection.execute(_CLAIM, {"most": most, "most_bytes": most_bytes}).fetchall()
            if not rows:
                self._give_room_back()
            return [Message(*row) for row in rows]

    def settle(self, messages: Sequence[Message], verdicts: Verdicts, *, now: datetime) -> None:
        """Deletes what was received, sets apart what was refused."""
        with _not_now(), self._writing():
            for message, refusal in zip(messages, verdicts, strict=True):
                if refusal is not None:
                    told = (_text(now), refusal.code, refusal.field, refusal.detail, message.number)
                    self._connection.execute(_SET_APART, told)
            gone = [(message.number,) for message in messages]
            self._connection.executemany("delete from waiting where number = ?", gone)
            if any(refusal is None for refusal in verdicts):
                self._note("sent", "", now)

    def let_go(self) -> None:
        """Nothing was taken out: who may send is another file's business."""

    def note(self, name: str, told: str, *, now: datetime) -> None:
        """Remembers the last thing of a name, for whoever asks from any process."""
        with _not_now(), self._writing():
            self._note(name, told, now)

    def noted(self, name: str) -> tuple[str, datetime] | None:
        """What was noted, and when."""
        row = self._connection.execute("select told, at from noted where name = ?", [name]).fetchone()
        return None if row is None else (row[0], datetime.fromisoformat(row[1]))

    def span(self) -> Span:
        events, size, oldest = self._connection.execute(_SPAN).fetchone()
        return Span(events, size, datetime.fromisoformat(oldest) if oldest else None)

    def is_waiting(self, until: int) -> bool:
        """Whether anything waits that has this number or a smaller one."""
        return bool(self._value("select exists (select 1 from waiting where number <= ?)", until))

    def last(self) -> int:
        """The greatest number that waits; 0 where none does."""
        return self._value("select coalesce(max(number), 0) from waiting")

    def refused(self, most: int) -> list[Set]:
        """What was set apart, the oldest first, at most so many."""
        rows = self._connection.execute(
            "select number, id, spooled_at, refused_at, code, field, detail, value from refused order by number limit ?",
            [most],
        )
        return [Set(*row) for row in rows]

    def refused_by_code(self) -> dict[str, int]:
        return dict(self._connection.execute("select code, count(*) from refused group by code order by code"))

    def put_back(self, numbers: Iterable[int], code: str | None) -> int:
        """What was set apart, by number or by code, waits again at its old place; how many."""
        with self._writing():
            for chosen in (ones := _chosen(numbers, code)):
                self._connection.execute(_BACK, chosen)
            return self._forget(ones)

    def forget(self, numbers: Iterable[int], code: str | None) -> int:
        """What was set apart, by number or by code, is deleted; how many."""
        with self._writing():
            return self._forget(_chosen(numbers, code))

    def _forget(self, chosen: Sequence[tuple[int | None, str | None]]) -> int:
        return sum(self._connection.execute(_FORGET, one).rowcount for one in chosen)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One commit, or nothing of it."""
        try:
            self._begin()
            yield
            self._connection.execute("commit")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("rollback")
            if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                raise self._full("cannot grow: its disk is full") from error
            raise

    def _give_room_back(self) -> None:
        """Makes the file smaller by some of the pages that are free, while nothing waits."""
        if self._value("pragma freelist_count") > FREE_PAGES:
            with suppress(sqlite3.OperationalError):  # another writes: next time
                # As a script, because `execute` would free one page only.
                self._connection.executescript(f"pragma incremental_vacuum({FREE_PAGES})")
                self._connection.execute("pragma wal_checkpoint(passive)").fetchall()

    def _begin(self) -> None:
        """Waits for the writer before; asks often, because SQLite's own pauses of up to 100 ms let the busiest win."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._connection.execute("begin immediate")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_dice.uniform(0.0, 0.004))
            else:
                return

    def _note(self, name: str, told: str, now: datetime) -> None:
        self._connection.execute(
            "insert or replace into noted (name, told, at) values (?, ?, ?)", [name, told, _text(now)]
        )

    def _value(self, query: str, *parameters: Any) -> int:
        found: int = self._connection.execute(query, parameters).fetchone()[0]
        return found

    def _full(self, how: str) -> SpoolFull:
        said, apart = self.noted("error"), sum(self.refused_by_code().values())
        why = f"; last trouble: {said[0]}" if said else ""
        remedy = f"discard what was refused ({apart} events, 'refused()')" if apart else "make room"
        return SpoolFull(
            f"spool {self.path} {how}; nothing was kept of this call{why}. "
            f"See why nothing goes ('status()'), {remedy}, or give the publisher a greater 'most_bytes'"
        )


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to the file, made where it is missing, readable by its owner only."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("pragma auto_vacuum = incremental")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma journal_size_limit = 4194304")
    with closing(connection.cursor()) as cursor:
        cursor.execute("begin immediate")
        [version] = cursor.execute("pragma user_version").fetchone()
        if version == 0:
            for statement in filter(str.strip, _TABLES.split(";")):
                cursor.execute(statement)
            cursor.execute(f"pragma user_version = {VERSION}")
        cursor.execute("commit")
    connection.execute("pragma busy_timeout = 0")  # writers wait in `_begin`; readers need not
    if version not in (0, VERSION):
        raise sqlite3.DatabaseError(f"its form is {version}, this program knows {VERSION}")
    return connection


@contextmanager
def _not_now() -> Iterator[None]:
    """What SQLite cannot do at present it may do later: a disk that is full, another that writes."""
    try:
        yield
    except (sqlite3.OperationalError, SpoolFull) as error:
        raise NotNow(f"spool: {error}") from error


def _chosen(numbers: Iterable[int], code: str | None) -> list[tuple[int | None, str | None]]:
    """As the statements take them: (number, nothing), (nothing, code)."""
    return [(number, None) for number in numbers] + ([(None, code)] if code is not None else [])


def _text(now: datetime) -> str:
    """UTC, so that text sorts as time does."""
    return now.astimezone(UTC).isoformat(timespec="microseconds")
