"""From a file to the messages that tell what is new in it: read whole, compared with what was told before, nothing sent."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from connectors.admission import Door, rejection
from connectors.sources.account import Account
from connectors.sources.census import Census
from connectors.sources.comparison import Comparer, Comparison, unsure
from connectors.sources.formats import number_of, open_log
from connectors.sources.logged import BadRow, Fault, Trace, UnreadableFile, shown
from connectors.sources.mapping import Mapping
from connectors.sources.memory import Memory, Statements
from connectors.sources.tell import Teller
from streams.wire import Rejected

#: Codes that a mapping does not have are shown, so many of a column.
MOST_CODES_SHOWN = 20


class TooManyVanished(UnreadableFile):
    """A snapshot that lacks more of the known cases than its mapping allows."""


def draft(
    mapping: Mapping,
    door: Door,
    path: Path,
    *,
    memory: Memory,
    now: datetime,
    accept_vanished: bool = False,
    report: Callable[[int], None] = lambda _: None,
) -> tuple[Account, Census]:
    """Reads all of a file into the memory's draft; `report` hears of rows.

    Raises UnreadableFile, BadMapping or TooManyVanished where nothing of the file should be sent.
    """
    log = open_log(mapping, path)
    drafter = Drafter(mapping, door, path.name.encode("utf-8", "replace").decode(), memory=memory, now=now)
    census = Census(mapping, log)
    for found in log.traces:
        if isinstance(found, Fault):
            drafter.refuse_row(found, is_numbered=found.code == "missing_number")
        else:
            census.note(found)
            drafter.take(found)
        report(1)
    account = drafter.account
    if not account.rows:
        raise UnreadableFile(f"{path}: no case in it; nothing was sent")
    if account.rows > account.refused_rows:
        census.check()
    if mapping.snapshot:
        drafter.close_snapshot(path, accept_vanished=accept_vanished)
    drafter.note_unmapped()
    if account.refused_rows == account.rows:
        first = next(iter(account.rejected.values())).first[0]
        raise UnreadableFile(f"{path}: none of {account.rows} rows could be told, the first: {first}; nothing was sent")
    return account, census


class Drafter:
    """Compares case by case; the account says what came of it."""

    def __init__(self, mapping: Mapping, door: Door, file: str, *, memory: Memory, now: datetime) -> None:
        self._mapping, self._door, self._memory, self._now = mapping, door, memory, now
        self._comparer = Comparer(door, mapping.source, mapping.authority_code, now, is_log=mapping.is_change_log)
        self._teller = Teller(mapping)
        self._unnumbered = 0
        self.account = Account(file=file, mapping=mapping.name)

    def take(self, trace: Trace) -> None:
        """A case: told whole as far as the door admits it, or refused as a row and left as it was known."""
        number = number_of(self._mapping, trace)
        other = self._memory.claim(number, trace.line)
        if other is not None:
            fault = Fault(
                "repeated_number", trace.line, self._mapping.number, f"{shown(number)} stands in line {other}"
            )
            self.refuse_row(fault, is_numbered=True)
            return
        known, maybe = self._memory.known(number)
        try:
            found = self._compared(number, trace, known, maybe)
        except BadRow as bad:
            self.refuse_row(bad.fault, is_numbered=True)
            return
        self.account.rows += 1
        self.account.told_rows += 1
        if maybe is not None or found.statements != known:
            self._memory.state(number, found.statements)
        self._count(found)

    def refuse_row(self, fault: Fault, *, is_numbered: bool) -> None:
        """A row that cannot be told. One without a readable number may be any known case: so nothing is deleted."""
        self.account.rows += 1
        self.account.refused_rows += 1
        self._unnumbered += not is_numbered
        self.account.refuse(fault)
        rejected = Rejected(
            fault.code, fault.column, f"{self.account.file}, line {fault.line}: {fault.detail}", self._mapping.source
        )
        # Nothing of the row itself: it may hold what no field of the contract asks for.
        self._memory.add("rejected", None, rejection(self._door, b"", rejected, now=self._now))

    def close_snapshot(self, path: Path, *, accept_vanished: bool) -> None:
        """The known cases that are in the file no more are deleted, if they are not suspiciously many."""
        vanished, cases = self._memory.count_vanished(), self._memory.cases()
        self.account.vanished = vanished
        if vanished > self._mapping.most_vanished * cases and not accept_vanished:
            raise TooManyVanished(
                f"{path}: {vanished:,} of {cases:,} known cases ({vanished / cases:.0%}) are missing in it, more than "
                f"most_vanished = {self._mapping.most_vanished} of the mapping: is the file whole? If they really are gone: "
                "--accept-vanished; nothing was sent"
            )
        if self._unnumbered and not accept_vanished:
            self.account.withheld = vanished > 0
            return
        for number, known, maybe in self._memory.vanished():
            found = self._comparer.gone(number, known)
            if maybe is not None and found.statements != maybe:
                found = self._comparer.gone(number, unsure(known, maybe))
            self._memory.claim(number, 0)
            self._memory.state(number, found.statements)
            self._count(found)

    def note_unmapped(self) -> None:
        for (column, code), number in self._teller.unmapped.most_common():
            codes = self.account.unmapped.setdefault(column, {})
            if len(codes) < MOST_CODES_SHOWN:
                codes[shown(code).strip("'\"")] = number

    def _compared(self, number: str, trace: Trace, known: Statements, maybe: Statements | None) -> Comparison:
        """The case against what is known of it, and against what a run that died may have sent of it."""
        found = self._comparer.compared(number, known, self._teller.documents(trace), line=trace.line)
        if maybe is None or found.statements == maybe:
            return found
        documents = self._teller.documents(trace)
        return self._comparer.compared(number, unsure(known, maybe), documents, line=trace.line)

    def _count(self, found: Comparison) -> None:
        account = self.account
        account.unchanged += found.unchanged
        for refused in found.refused:
            account.refused_events += 1
            account.refuse(refused.fault)
            if refused.message is not None:
                self._memory.add("rejected", None, refused.message)
        for admitted in found.messages:
            event = admitted.event
            self._memory.add(admitted.topic, admitted.key, admitted.value)
            account.events[event.type] = account.events.get(event.type, 0) + 1
            account.corrected += event.data_version > 1 and event.operation == "U"
            account.deleted += event.operation == "D"
            account.up_to = max(event.at, account.up_to or event.at)
