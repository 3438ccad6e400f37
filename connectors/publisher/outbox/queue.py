"""An outbox table as a queue: whoever has locked the oldest rows sends them, and marks them in the same transaction.

Rows are found by being unsent, never by a number that has been reached: what commits late is found later, and leaves no gap.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from connectors.publisher.check import Check
from connectors.publisher.messages import Message, NotNow, Refusal, Verdicts
from connectors.publisher.outbox.rows import STATED, TABLE, Row, event_of

#: As much of a refusal goes into the column `refused`.
LONGEST_REASON = 400


class NoOutbox(Exception):
    """The database has no such table, or it has not the columns, or it does not answer: says which."""


def table_of(name: str = TABLE) -> Table:
    """The table by its name (`schema.name` too). `data` is taken as the driver gives it: text, or read already."""
    schema, _, short = name.rpartition(".")
    return Table(
        short,
        MetaData(),
        Column("outbox_id", BigInteger, primary_key=True),
        Column("event_type", String),
        Column("subject", String),
        Column("authority", String),
        Column("occurred_at", DateTime),
        Column("record_key", String),
        Column("data_version", Integer),
        Column("operation", String),
        Column("data", Text),
        Column("created_at", DateTime),
        Column("sent_at", DateTime),
        Column("refused", String),
        schema=schema or None,
    )


class OutboxQueue:
    """The unsent rows of a table. `is_deleting`: what was received is deleted, not marked. Counts what it settled."""

    def __init__(
        self,
        engine: Engine,
        check: Check,
        *,
        table: str = TABLE,
        zone: tzinfo | None = None,
        is_deleting: bool = False,
    ) -> None:
        self._engine, self._check, self._zone, self._is_deleting = engine, check, zone, is_deleting
        self._table = table_of(table)
        self._connection: Connection | None = None
        self.sent = self.refused = 0

    def check_table(self) -> None:
        """Raises NoOutbox where the table is not as it must be, NotNow where the database is away."""
        with self._not_now("; is it up, and are address, user and password right?"):
            inspector = inspect(self._engine)
            name, schema = self._table.name, self._table.schema
            if not inspector.has_table(name, schema=schema):
                remedy = f"'govpulse outbox sql {self._engine.dialect.name}' prints it"
                raise NoOutbox(f"there is no table {self._table} at {_place_of(self._engine)}: {remedy}")
            there = {column["name"].lower() for column in inspector.get_columns(name, schema=schema)}
        missing = [column.name for column in self._table.columns if column.name not in there]
        if missing:
            raise NoOutbox(f"table {self._table} has no column {', '.join(missing)}: add it as the recipe has it")

    def claim(self, most: int, most_bytes: int) -> list[Message]:
        """Locks the oldest rows; none where another has locked one of them: the order is kept, whoever sends."""
        with self._not_now():
            while rows := self._locked(most):
                messages = self._messages(rows, most_bytes)
                if messages:
                    return messages
                self._commit()  # every one was refused here
            self.let_go()
            return []

    def settle(self, messages: Sequence[Message], verdicts: Verdicts, *, now: datetime) -> None:  # noqa: ARG002 - the database's clock
        """Marks or deletes what was received, writes beside the others why they were refused; one commit."""
        received = [one.number for one, refusal in zip(messages, verdicts, strict=True) if refusal is None]
        with self._not_now():
            if received:
                here = self._table.c.outbox_id.in_(received)
                self._open().execute(
                    delete(self._table).where(here)
                    if self._is_deleting
                    else update(self._table).where(here).values(sent_at=func.current_timestamp())
                )
            for message, refusal in zip(messages, verdicts, strict=True):
                if refusal is not None:
                    self._refuse(message.number, refusal)
            self._commit()
        self.sent += len(received)

    def let_go(self) -> None:
        """Unlocks what was claimed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def waiting(self) -> tuple[int, int, int | None]:
        """How many rows wait, how many were refused, and the oldest that waits."""
        with self._not_now(), self._engine.connect() as connection:
            waiting = select(func.count(), func.min(self._table.c.outbox_id)).where(*self._unsent())
            refused = select(func.count()).where(self._table.c.refused.is_not(None))
            found: Any = connection.execute(waiting).one()
            return found[0], connection.execute(refused).scalar_one(), found[1]

    def _locked(self, most: int) -> list[Row]:
        """The oldest unsent rows, all of them locked; none where another has one."""
        number = self._table.c.outbox_id
        oldest = select(number).where(*self._unsent()).order_by(number).limit(most)
        wanted: Sequence[int] = self._open().execute(oldest).scalars().all()
        if not wanted:
            return []
        stated = [self._table.c[name] for name in ("outbox_id", *STATED)]
        found = select(*stated).where(number.in_(wanted), *self._unsent()).order_by(number)
        rows = self._open().execute(found.with_for_update(skip_locked=True)).mappings().all()
        return [Row(**row) for row in rows] if len(rows) == len(wanted) else []

    def _messages(self, rows: Sequence[Row], most_bytes: int) -> list[Message]:
        """The events of the rows that may go, as many as fit; the others are refused at once."""
        messages: list[Message] = []
        size = 0
        for row in rows:
            told = event_of(row, zone=self._zone)
            checked = told if isinstance(told, Refusal) else self._check.checked(told, now=datetime.now(UTC))
            if isinstance(checked, Refusal):
                self._refuse(row.outbox_id, checked)
                continue
            size += len(checked.value) + 1
            if messages and size > most_bytes:
                break
            messages.append(Message(row.outbox_id, checked.key, checked.id, checked.value))
        return messages

    def _refuse(self, number: int, refusal: Refusal) -> None:
        """Writes the reason beside the row: who wrote it finds it there."""
        field = f" {refusal.field}" if refusal.field else ""
        reason = f"{refusal.code}{field}: {refusal.detail}"[:LONGEST_REASON]
        self._open().execute(update(self._table).where(self._table.c.outbox_id == number).values(refused=reason))
        self.refused += 1

    def _unsent(self) -> tuple[Any, Any]:
        return self._table.c.sent_at.is_(None), self._table.c.refused.is_(None)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _commit(self) -> None:
        self._open().commit()
        self.let_go()

    @contextmanager
    def _not_now(self, remedy: str = "") -> Iterator[None]:
        """A database that does not answer, or gives up a transaction, may do it later."""
        try:
            yield
        except DBAPIError as error:
            if not isinstance(error, OperationalError | InterfaceError) and not error.connection_invalidated:
                raise
            said = str(error.orig).strip().splitlines() or [type(error).__name__]
            raise NotNow(f"outbox at {_place_of(self._engine)}: {said[0]}{remedy}") from error


def _place_of(engine: Engine) -> str:
    """The address of a database, without the password, wherever it stood."""
    return engine.url.set(query={}).render_as_string(hide_password=True)
