"""What the first rows of a file become by a mapping, and what fails: nothing is sent and nothing remembered."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from connectors.admission import Admitted, Door, admit
from connectors.codes import codes_of
from connectors.register import Source, register_of
from connectors.sources.census import Census
from connectors.sources.formats import number_of, open_log
from connectors.sources.logged import BadRow, Fault, Log, Trace, UnreadableFile
from connectors.sources.mapping import Mapping
from connectors.sources.tell import Document, Teller


class Tells(Protocol):
    """What makes events of a case, and counts the codes that it has no translation for."""

    unmapped: Counter[tuple[str, str]]

    def documents(self, trace: Trace) -> list[Document]: ...


class Previewed(Struct, frozen=True):
    """A row: its case, the events it becomes, what fails of it."""

    line: int
    number: str | None
    events: list[Document]
    faults: list[Fault]


class Preview(Struct, frozen=True):
    """The first rows; columns of the file that the mapping does not read; codes that its maps do not have."""

    rows: list[Previewed]
    unread: list[str]
    unmapped: dict[str, list[str]]

    @property
    def faults(self) -> list[Fault]:
        return [fault for row in self.rows for fault in row.faults]


def preview(mapping: Mapping, path: Path, *, rows: int = 20) -> Preview:
    """Reads so many cases. Raises UnreadableFile and BadMapping like the real thing."""
    return preview_of(mapping, open_log(mapping, path), Teller(mapping), where=str(path), rows=rows)


def preview_of(mapping: Mapping, log: Log, teller: Tells, *, where: str, rows: int) -> Preview:
    """The same of cases that come from elsewhere, such as a table's rows."""
    census, door = Census(mapping, log), _door(mapping)
    found = []
    for trace in islice(log.traces, rows):
        if isinstance(trace, Fault):
            found.append(Previewed(trace.line, None, [], [trace]))
            continue
        census.note(trace)
        number = number_of(mapping, trace)
        try:
            events, faults = _admitted(door, teller.documents(trace), trace.line)
        except BadRow as bad:
            events, faults = [], [bad.fault]
        found.append(Previewed(trace.line, number, events, faults))
    if not found:
        raise UnreadableFile(f"{where}: no case in it")
    if log.columns:
        census.check()
    unmapped: dict[str, list[str]] = {}
    for column, code in teller.unmapped:
        unmapped.setdefault(column, []).append(code)
    return Preview(found, _unread(mapping, log), unmapped)


def _admitted(door: Door, documents: list[Document], line: int) -> tuple[list[Document], list[Fault]]:
    events, faults = [], []
    for document in documents:
        document.pop("_at", None)
        admitted = admit(door, document, now=datetime.now(UTC))
        if isinstance(admitted, Admitted):
            told = msgspec.json.decode(admitted.value)  # as it would be sent: persons by pseudonym
            events.append({name: value for name, value in told.items() if name not in ("ingesttime", "door")})
        else:
            faults.append(Fault(admitted.code, line, admitted.field, admitted.detail))
    return events, faults


def _door(mapping: Mapping) -> Door:
    """A door that knows the mapping's own source and codes; its key hashes for nobody."""
    rows = (
        (
            mapping.source,
            code.event_type,
            code.field,
            code.code,
            date.fromisoformat(code.valid_from),
            date.fromisoformat(code.valid_to) if code.valid_to else None,
            code.value,
        )
        for code in mapping.codes
    )
    register = register_of([Source(mapping.source, mapping.authority_code)])
    return Door("mapping check", b"nobody's key", register, codes_of(rows, mapping.tzinfo))


def _unread(mapping: Mapping, log: Log) -> list[str]:
    used = {name for name, _ in mapping.attributes_named()}
    return [name for name in log.columns if name not in used and mapping.python is None]
