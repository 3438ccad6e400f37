"""A row through the door: what is to be sent of it, and by what it is known again."""

import hashlib
from collections.abc import Mapping as Attributes
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from connectors.admission import Admitted, Door, admit, rejection
from connectors.polling.rows import Change, RowTeller, trace_of
from connectors.sources.account import Account
from connectors.sources.draft import MOST_CODES_SHOWN
from connectors.sources.formats import LONGEST_NUMBER
from connectors.sources.logged import BadRow, Fault, shown
from connectors.sources.mapping import Mapping
from connectors.sources.tell import Document
from connectors.sources.templates import cell_of
from streams.wire import Event, Rejected, encode

DIGEST_BYTES = 12
NOWHERE = Decimal("-Infinity")


class Found(Struct, frozen=True):
    """The cells of a row by the names of the mapping, and where its watermark lies; `fault`: why it cannot be read.

    `change`: how it came to be so, where the database itself tells of every change.
    """

    attributes: Attributes[str, str]
    scale: Decimal = NOWHERE
    fault: Fault | None = None
    change: Change | None = None


class Statement(Struct, frozen=True):
    """What is to be sent of a row, and by what it is known again; without a topic the row tells nothing."""

    digest: bytes
    scale: Decimal = NOWHERE
    topic: str = ""
    key: bytes | None = None
    value: bytes = b""
    event: Event | None = None
    fault: Fault | None = None


class RowDoor:
    """The rows of one table, by one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        assert mapping.table is not None
        self.mapping, self.table = mapping, mapping.table
        self._teller = RowTeller(mapping)

    def told(self, row: Found, door: Door, *, now: datetime) -> list[Statement]:
        """What a row says, admitted; or the one refusal of it."""
        try:
            trace = trace_of(numbered(self.mapping, row.attributes, row.fault), 0)
            documents = self._teller.documents(trace, row.change)
        except BadRow as bad:
            fault = self._placed(bad.fault, row)
            rejected = Rejected(fault.code, fault.column, f"{self.table.name}: {fault.detail}", self.mapping.source)
            # Nothing of the row itself: it may hold what no field of the contract asks for.
            return [_refusal(fault, row.scale, rejection(door, b"", rejected, now=now))]
        if not documents:
            return [Statement(_digest(*(row.attributes.get(name, "").encode() for name in self.table.key)), row.scale)]
        return [self._admitted(document, row, door, now=now) for document in documents]

    def note_unmapped(self, account: Account) -> None:
        """The codes that the mapping does not have, since the last time."""
        for (column, code), number in self._teller.unmapped.most_common():
            codes = account.unmapped.setdefault(column, {})
            if len(codes) < MOST_CODES_SHOWN:
                codes[shown(code).strip("'\"")] = number
        self._teller.unmapped.clear()

    def _admitted(self, document: Document, row: Found, door: Door, *, now: datetime) -> Statement:
        document.pop("_at", None)
        admitted = admit(door, document, now=now)
        if isinstance(admitted, Admitted):
            event = admitted.event
            digest = _digest(event.id.encode(), event.body_hash)
            return Statement(digest, row.scale, admitted.topic, admitted.key, admitted.value, event, None)
        original = b"" if admitted.code == "not_json" else encode(document)
        fault = self._placed(Fault(admitted.code, 0, admitted.field, admitted.detail), row)
        return _refusal(fault, row.scale, rejection(door, original, admitted, now=now))

    def _placed(self, fault: Fault, row: Found) -> Fault:
        """A fault that says in which row: by its key, since rows of a table have no number."""
        cells = ", ".join(f"{name} {shown(row.attributes.get(name, ''))}" for name in self.table.key)
        return Fault(fault.code, 0, fault.column, f"{fault.detail} (row {cells})")


def count(account: Account, told: list[list[Statement]], fresh: Attributes[bytes, Statement]) -> None:
    """Notes what became of rows; `fresh`: the statements among theirs that were not sent before."""
    for row in told:
        is_refused = all(one.fault is not None for one in row)
        is_new = any(one.digest in fresh for one in row)
        account.rows += is_new
        account.refused_rows += is_new and is_refused
        account.told_rows += is_new and not is_refused
        account.unchanged += sum(one.digest not in fresh for one in row)
    for one in fresh.values():
        if one.fault is not None:
            account.refused_events += 1
            account.refuse(one.fault)
        if one.event is not None:
            event = one.event
            account.events[event.type] = account.events.get(event.type, 0) + 1
            account.corrected += event.data_version > 1 and event.operation == "U"
            account.deleted += event.operation == "D"
            account.up_to = max(event.at, account.up_to or event.at)


def numbered(mapping: Mapping, attributes: Attributes[str, str], fault: Fault | None = None) -> Attributes[str, str]:
    """The cells of a row that could be read and names its case. Raises BadRow."""
    if fault is not None:
        raise BadRow(fault)
    number = cell_of(attributes, mapping.number)
    if not number:
        raise BadRow(Fault("missing_number", 0, mapping.number, "the row has no number"))
    if len(number) > LONGEST_NUMBER:
        detail = f"{shown(number)} has more than {LONGEST_NUMBER} characters"
        raise BadRow(Fault("bad_number", 0, mapping.number, detail))
    return attributes


def _refusal(fault: Fault, scale: Decimal, message: bytes) -> Statement:
    digest = _digest(fault.code.encode(), fault.detail.encode(), str(scale).encode())
    return Statement(digest, scale, "rejected", None, message, None, fault)


def _digest(*parts: bytes) -> bytes:
    return hashlib.blake2b(b"\x1f".join(parts), digest_size=DIGEST_BYTES).digest()
