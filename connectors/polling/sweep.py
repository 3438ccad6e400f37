"""One look at a table: what is new since the last one is admitted, sent, acknowledged, and only then remembered as read."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.admission import Door
from connectors.kafka import Delivery
from connectors.polling.database import BadDatabase
from connectors.polling.marks import Marks
from connectors.polling.progress import Progress, Step
from connectors.polling.reader import Page, Reader, Row
from connectors.polling.telling import NOWHERE, Found, RowDoor, Statement, count
from connectors.register import AHEAD
from connectors.sources.account import Account
from connectors.sources.logged import Fault, UnreadableFile, shown
from connectors.sources.mapping import Mapping


class Poll:
    """A table that is read again and again: through one door, by one mapping."""

    def __init__(self, mapping: Mapping, reader: Reader, progress: Progress, marks: Marks) -> None:
        self.mapping, self.progress = mapping, progress
        self._reader, self._marks = reader, marks
        self._rows = RowDoor(mapping)
        self._since: Any | None = None
        self._has_looked = False

    def begin_again(self, text: str) -> None:
        """The next look begins above this watermark, however far the table was read. Raises BadDatabase."""
        newest = self._reader.newest()
        if newest is None:
            return
        kind = self._marks.encode(newest)[0]
        try:
            since = self._marks.decode(kind, text)
        except (ValueError, ArithmeticError):
            raise BadDatabase(
                f"{text!r} is no {kind} to begin from: the newest {self._reader.table.watermarks[0]} is {newest}"
            ) from None
        self._since = self._marks.like(newest, since)

    def sweep(
        self,
        door: Door,
        delivery: Delivery,
        *,
        report: Callable[[int | None, int], None] = lambda *_: None,
        wait: Callable[[datetime], None] = lambda _: None,
    ) -> Account:
        """Reads to the newest row there is now.

        `report` hears of (rows to be read, where that is known; rows read now), `wait` of an event's time before it is sent.
        """
        began = time.monotonic()
        account = Account(file=self._reader.table.name, mapping=self.mapping.name)
        up_to = self._reader.newest()
        if up_to is not None:
            above = self._above(datetime.now(UTC))
            report(None if self._has_looked else self._reader.count(above, up_to), 0)
            for page in self._reader.pages(above, up_to):
                self._take(page, door, delivery, account, wait=wait)
                report(None, len(page.rows))
        self._since, self._has_looked = None, True
        self._note(account)
        account.seconds = round(time.monotonic() - began, 3)
        return account

    def count_unmarked(self) -> int:
        """Counts the rows that have no watermark, and notes how many."""
        rows = self._reader.unmarked()
        self.progress.note_unmarked(rows)
        return rows

    def _above(self, now: datetime) -> Any | None:
        if self._since is not None:
            return self._since
        return None if self.progress.position is None else self._marks.back(self.progress.position, now)

    def _take(
        self, page: Page, door: Door, delivery: Delivery, account: Account, *, wait: Callable[[datetime], None]
    ) -> None:
        """Sends what is new in a page; when the broker has it all, the position moves."""
        now = datetime.now(UTC)
        told = [self._told(row, door, account, now=now) for row in page.rows]
        if self.progress.position is None and told and not any(one.event for row in told for one in row):
            self._refuse_all(account, told)
        unknown = self.progress.unknown({one.digest for row in told for one in row})
        fresh = {one.digest: one for row in told for one in row if one.digest in unknown}
        for one in fresh.values():
            if one.event is not None:
                wait(one.event.at)
            if one.topic:
                delivery.send(one.topic, one.key, one.value)
        delivery.flush()
        before = (account.rows, account.refused_rows)
        count(account, told, fresh)
        forget_to = self._forget_to(page, now)
        least = self._marks.scale(forget_to) if forget_to is not None else NOWHERE
        step = Step(
            rows=account.rows - before[0],
            events=sum(one.event is not None for one in fresh.values()),
            refused=account.refused_rows - before[1],
            seen=[(one.digest, one.scale) for one in fresh.values() if one.scale > least],
        )
        self.progress.move(page.read_to if self._is_time(page.read_to) else None, step, forget_to=forget_to)

    def _refuse_all(self, account: Account, told: list[list[Statement]]) -> None:
        """Where nothing of the first rows can be told, the mapping is another table's: raises UnreadableFile."""
        faults = [one.fault for row in told for one in row if one.fault is not None]
        if faults:
            raise UnreadableFile(_nothing(account, len(told), faults[0]))

    def _forget_to(self, page: Page, now: datetime) -> Any | None:
        """Where looks will begin once this page is read: what lies below is not read again."""
        known = self.progress.position
        marks = [mark for mark in (page.read_to, known) if self._is_time(mark)]
        return self._marks.back(max(marks, key=self._marks.scale), now) if marks else None

    def _is_time(self, mark: Any | None) -> bool:
        """Not a text that is no time: it would stand above all that is to come."""
        return mark is not None and self._marks.scale(mark).is_finite()

    def _told(self, row: Row, door: Door, account: Account, *, now: datetime) -> list[Statement]:
        scale = self._marks.scale(row.watermark)
        if not scale.is_finite():
            first = shown(str(row.watermark))
            account.notes = [f"watermarks that are no time: the first {first}; such rows are read every time"]
        return self._rows.told(Found(row.attributes, scale, row.fault), door, now=now)

    def _note(self, account: Account) -> None:
        position = self.progress.position
        if position is not None and self._marks.is_ahead(position, datetime.now(UTC), by=AHEAD):
            account.notes.append(
                f"the source's clock is ahead: {self._reader.table.watermarks[0]} stands at {position}; such rows are sent at "
                "once and recognised until their time comes; from now on others are still looked for"
            )
        self._rows.note_unmapped(account)


def _nothing(account: Account, rows: int, first: Fault) -> str:
    column = f", column {first.column!r}" if first.column else ""
    return (
        f"{account.file}: none of the first {rows} rows could be told, the first: {first.code}{column}: {first.detail}: "
        "is it the right mapping? nothing was sent"
    )
