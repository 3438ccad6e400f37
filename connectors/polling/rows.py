"""From one row of a table to what it tells: its events, and of what it tells no more the deletions.

A row is told by itself, whatever was told of it before is not asked: versions decide which statement stands. So a row that
was written again deletes the records that it could tell and does not, such as the end of a step that is open again.
"""

import re
from collections import Counter
from collections.abc import Mapping as Attributes
from datetime import datetime

from msgspec import Struct

from connectors.sources.instants import instant_of
from connectors.sources.logged import BadRow, Entry, Fault, Trace
from connectors.sources.mapping import Mapping, Told
from connectors.sources.tell import Document, Teller, stated
from connectors.sources.templates import cell_of, columns_in
from streams.wire import type_name

_SIGNS = re.compile(r"[-:]|\.0+(?=[+Z]|$)")


class Change(Struct, frozen=True):
    """What the database itself says of a row: when it came to be so, whether it is gone, whether it was another before."""

    recorded: datetime
    is_deletion: bool = False
    is_again: bool = False


def trace_of(attributes: Attributes[str, str], line: int) -> Trace:
    """A row as a case of one entry."""
    return Trace(0, attributes, (Entry(1, attributes, line),), 2, line)


class RowTeller:
    """Tells what rows mean; `unmapped` counts the codes that the mapping does not have."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping, self._teller = mapping, Teller(mapping)
        self._families = {type_name(told.type): _family(told) for told in mapping.event}
        self.unmapped: Counter[tuple[str, str]] = self._teller.unmapped

    def documents(self, trace: Trace, change: Change | None = None) -> list[Document]:
        """All statements of a row, ids included; raises BadRow where one cannot be told."""
        attributes, line = trace.attributes, trace.line
        said = stated(self._mapping, attributes, line)
        if change is not None:
            said |= {"recordedtime": change.recorded.isoformat()} | ({"operation": "D"} if change.is_deletion else {})
        is_gone = said.get("operation") == "D"
        told = [] if is_gone else [document | said for document in self._teller.documents(trace)]
        if is_gone or (change is not None and change.is_again) or self._is_again(attributes, said):
            known = {(self._families[document["type"]], document["recordkey"]) for document in told}
            told += [
                self._deletion(trace, kind, record) | said | {"operation": "D"}
                for (family, record), kind in self._records(attributes, is_gone=is_gone).items()
                if (family, record) not in known
            ]
        for document in told:
            # Rows of several tables make one case: among equal times the order of life decides, not that of a mapping.
            document.pop("sequence", None)
            document["id"] = _identity(document)
        return told

    def _is_again(self, attributes: Attributes[str, str], said: Document) -> bool:
        """Whether the row may have been told before; where it does not say, it may."""
        operation = cell_of(attributes, self._mapping.operation) if self._mapping.operation else None
        if operation is not None:
            return operation.upper() != "I"
        return self._mapping.version is None or bool(said.get("dataversion", 1) > 1)

    def _records(self, attributes: Attributes[str, str], *, is_gone: bool) -> dict[tuple[str, str], Told]:
        """Every (family, record) that such a row can tell, with the first kind of event that tells it.

        A row that is gone told something of the families whose conditions it meets, where it meets any at all; one that
        was written again may have been anything before.
        """
        kinds = self._mapping.event
        met = {_family(told) for told in kinds if all(one.holds(attributes) for one in told.when)} if is_gone else set()
        found: dict[tuple[str, str], Told] = {}
        for told in kinds:
            record = told.record and self._filled(attributes, told.record)
            if record and (not met or _family(told) in met):
                found.setdefault((_family(told), record), told)
        return found

    def _deletion(self, trace: Trace, kind: Told, record: str) -> Document:
        number = cell_of(trace.attributes, self._mapping.number)
        document = {
            "specversion": "1.0",
            "type": type_name(kind.type),
            "source": self._mapping.source,
            "id": f"{number}/{record}",
            "subject": number,
            "authority": self._mapping.authority_code,
            "time": self._any_time(trace, kind).isoformat(),
            "recordkey": record,
        }
        own = kind.id and self._filled(trace.attributes, kind.id)
        return document | ({"id": own} if own else {})

    def _any_time(self, trace: Trace, kind: Told) -> datetime:
        """When what is deleted was, or when it was written: a deletion needs a time, and nothing depends on which."""
        table = self._mapping.table
        columns = [kind.time, self._mapping.recorded, *(table.watermarks if table else [])]
        for column in [*columns, *(told.time for told in self._mapping.event)]:
            text = cell_of(trace.attributes, column) if column else None
            formats = kind.formats if kind.formats is not None and column == kind.time else self._mapping.formats
            at = instant_of(text, tuple(formats), kind.zone or self._mapping.zone) if text else None
            if at is not None:
                return at
        raise BadRow(Fault("bad_time", trace.line, kind.time, "the row is to be deleted and has no time at all"))

    def _filled(self, attributes: Attributes[str, str], template: str) -> str | None:
        if "{" not in template:
            return template
        return cell_of(attributes, template) if all(name in attributes for name in columns_in(template)) else None


def _family(told: Told) -> str:
    return told.type.partition(".")[0]


def _identity(document: Document) -> str:
    """The same for the same statement, another for another: with its version, and when it was recorded."""
    version = document.get("dataversion", 1)
    recorded = _SIGNS.sub("", document.get("recordedtime", "").replace("+00:00", "Z"))
    return f"{document['id']}{f'/v{version}' if version > 1 else ''}{f'@{recorded}' if recorded else ''}"
