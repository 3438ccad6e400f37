"""The poller: every table in turn, again and again; a server that is away is waited for."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import psycopg
from kafka.errors import KafkaError
from msgspec import Struct
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connectors.backfill import Throttle
from connectors.doors import door_of
from connectors.kafka import Delivery
from connectors.polling.database import Database, said
from connectors.polling.marks import Marks
from connectors.polling.progress import Progress
from connectors.polling.reader import PAGE_ROWS, Reader, Row
from connectors.polling.rows import RowTeller, trace_of
from connectors.polling.sweep import Poll
from connectors.polling.telling import numbered
from connectors.register import Register
from connectors.sources.account import Account
from connectors.sources.logged import BadRow, Fault, Log, Trace, UnreadableFile
from connectors.sources.mapping import BadMapping, Mapping
from connectors.sources.preview import Preview, preview_of
from streams.settings import Settings

DOOR = "poll"
SHORTEST_DELAY, LONGEST_DELAY = 1.0, 120.0
#: Rows without a watermark are counted so often: it may cost the source a walk through its table.
COUNT_SECONDS = 3600.0
_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "oracle": 1521, "dm": 5236, "kingbase": 54321}
_CHECK = "; check GOVPULSE_POLL_DATABASE (or --database) and GOVPULSE_POLL_PASSWORD"
_AWAY = (SQLAlchemyError, psycopg.Error, KafkaError)


class SourceAway(Exception):
    """The source's database does not answer; the message says which and why, without the password."""


class Stopped(Exception):
    """Somebody asked to stop in the middle of a table."""


class Heard(Struct, frozen=True):
    """What the runner says: `swept` after every look, `unmarked` rows of a table, `away` a server with the wait in seconds.

    `reading` hears of (table, rows to be read where that is known, rows read now).
    """

    swept: Callable[[Poll, Account], None]
    unmarked: Callable[[Poll, int], None]
    away: Callable[[str, float], None]
    reading: Callable[[str, int | None, int], None] = lambda *_: None


class Job(Struct, frozen=True, kw_only=True):
    """What is polled: the tables of these mappings in one database. `since`: begin above this watermark.

    `deliver` opens the way to the broker.
    """

    settings: Settings
    database: Database
    mappings: list[Mapping]
    page_rows: int = PAGE_ROWS
    since: str | None = None
    deliver: Callable[[Settings], Delivery] = Delivery


def poll(job: Job, stopping: threading.Event, heard: Heard, *, every: float, once: bool) -> None:
    """Looks every so many seconds until stopped (`once`: a single time).

    Raises what people must mend: BadDatabase, BadMapping, PolledElsewhere, UnreadableFile; at the first look, or with
    `once`, SourceAway and what Kafka or our own database say.
    """
    delay, was_open = SHORTEST_DELAY, False
    while not stopping.is_set():
        try:
            with _opened(job, since=None if was_open else job.since) as polls:
                counted = 0.0
                while not stopping.is_set():
                    _look(job, polls, heard, stopping, every=every)
                    counted = _count_unmarked(polls, heard, counted)
                    delay, was_open = SHORTEST_DELAY, True
                    if once:
                        return
                    stopping.wait(every)
        except Stopped:
            return
        except _AWAY as error:
            line = _line(job.database, error)
            if once or not (was_open or _is_closed(job.database, error)):
                raise SourceAway(line + _CHECK) if isinstance(error, SQLAlchemyError) else error from None
            heard.away(line, delay)
            stopping.wait(delay)
            delay = min(delay * 2, LONGEST_DELAY)


def preview_table(mapping: Mapping, database: Database, *, rows: int) -> Preview:
    """What the first rows of a table become: nothing is sent, nothing remembered. Raises as polling does."""
    try:
        reader = Reader(database, mapping, page_rows=rows)
        up_to = reader.newest()
        if up_to is None:
            raise UnreadableFile(f"{reader.table.name}: no row has a watermark ({reader.unmarked()} rows have none)")
        found = (row for page in reader.pages(None, up_to) for row in page.rows)
        log = Log((), (_traced(mapping, row, number) for number, row in enumerate(found, start=1)))
        return preview_of(mapping, log, RowTeller(mapping), where=reader.table.name, rows=rows)
    except SQLAlchemyError as error:
        raise SourceAway(_line(database, error) + _CHECK) from None


def _traced(mapping: Mapping, row: Row, number: int) -> Trace | Fault:
    try:
        return trace_of(numbered(mapping, row.attributes, row.fault), number)
    except BadRow as bad:
        return Fault(bad.fault.code, number, bad.fault.column, bad.fault.detail)


def prepared(mapping: Mapping, register: Register, *, source: str | None = None) -> Mapping:
    """The mapping for a registered source, whose authority and zone it takes. Raises BadMapping."""
    if mapping.table is None:
        raise BadMapping(
            f"mapping {mapping.name} reads {mapping.format} files, not a table: 'govpulse publish' or 'watch'"
        )
    wanted = source or mapping.source
    row = register.known(wanted)
    if row is None:
        raise BadMapping(
            f"source {wanted!r} is not registered: 'govpulse source add {wanted} …', or another with --source"
        )
    if row.is_revoked:
        raise BadMapping(f"source {wanted!r} was shut out: nothing of it is read")
    zone = mapping.zone or (str(row.zone) if row.zone else "")
    if not zone:
        raise BadMapping(
            f"in which zone are the times of {mapping.name}? Neither the mapping has a 'zone' nor the source: "
            f"'govpulse source add {wanted} --zone Asia/Shanghai'"
        )
    authority = mapping.authority if source is None else row.authority
    return msgspec.structs.replace(mapping, source=wanted, authority=authority, zone=zone)


@contextmanager
def _opened(job: Job, *, since: str | None) -> Iterator[list[Poll]]:
    with psycopg.connect(job.settings.database, autocommit=True, application_name="govpulse poll") as connection:
        polls: list[Poll] = []
        for mapping in job.mappings:
            assert mapping.table is not None
            marks = Marks(mapping.zone, mapping.table.overlap, mapping.table.watermark_format)
            reader = Reader(job.database, mapping, page_rows=job.page_rows)
            progress = Progress(connection, mapping, marks)
            if any(one.progress.name == progress.name for one in polls):
                raise BadMapping(f"mapping {mapping.name} is given twice for {mapping.source}")
            polls.append(Poll(mapping, reader, progress, marks))
            if since is not None:
                polls[-1].begin_again(since)
        yield polls


def _look(job: Job, polls: list[Poll], heard: Heard, stopping: threading.Event, *, every: float) -> None:
    """Every table once; those of a quarantined source wait."""
    door = door_of(job.settings, DOOR)
    with (
        job.deliver(job.settings) as delivery,
        Throttle(job.settings, flush=delivery.flush, report=_stopper(stopping)) as throttle,
    ):
        for one in polls:
            prepared(one.mapping, door.register)  # shut out meanwhile: nothing more is read
            source = one.mapping.source
            if door.register.is_quarantined(source):
                line = f"{source} is quarantined, its tables wait for 'govpulse source release {source}'"
                heard.away(line, every)
                continue
            account = one.sweep(door, delivery, report=_reporter(one.mapping.name, heard, stopping), wait=throttle.wait)
            heard.swept(one, account)


def _stopper(stopping: threading.Event) -> Callable[[int], None]:
    """Breaks off what waits when somebody asks to stop."""

    def report(_: int) -> None:
        if stopping.is_set():
            raise Stopped

    return report


def _reporter(table: str, heard: Heard, stopping: threading.Event) -> Callable[[int | None, int], None]:
    def report(total: int | None, rows: int) -> None:
        heard.reading(table, total, rows)
        if stopping.is_set():
            raise Stopped

    return report


def _count_unmarked(polls: list[Poll], heard: Heard, counted: float) -> float:
    if counted and time.monotonic() - counted < COUNT_SECONDS:
        return counted
    for one in polls:
        rows = one.count_unmarked()
        if rows:
            heard.unmarked(one, rows)
    return time.monotonic()


def _line(database: Database, error: Exception) -> str:
    if isinstance(error, SQLAlchemyError):
        return f"{database.name} does not answer: {database.hidden(said(error))}"
    what = "Kafka" if isinstance(error, KafkaError) else "our own database"
    return f"{what} is away: {said(error)}"


def _is_closed(database: Database, error: Exception) -> bool:
    """Whether nobody listens there at all: then it is worth waiting. A wrong password is not: it would lock the account."""
    if not isinstance(error, DBAPIError):
        return True
    host, port = database.address
    try:
        socket.create_connection((host or "127.0.0.1", port or _PORTS.get(database.dialect, 0)), timeout=5).close()
    except OSError:
        return True
    return False
