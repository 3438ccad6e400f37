"""From the cases of a file to events, by a mapping."""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Attributes
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from connectors.sources.census import Census, Rows, authority_rows
from connectors.sources.fields import fitted, is_date
from connectors.sources.formats import number_of, open_log
from connectors.sources.instants import day_of, end_of_day, instant_of
from connectors.sources.logged import BadRow, Entry, Fault, Log, Trace, UnreadableFile, shown
from connectors.sources.mapping import Mapping, Told, Value, trace_function
from connectors.sources.templates import cell_of, filled
from streams.wire import EPOCH, type_name

Document = dict[str, Any]
#: What `operation` may say in a column (I and U: the row stands; D: it is deleted).
OPERATIONS = {"I": "U", "U": "U", "D": "D"}
MOST_UNMAPPED = 1000


def read_traces(mapping: Mapping, path: Path) -> list[Trace]:
    """All traces of a file. Raises BadMapping where it names attributes that occur nowhere, UnreadableFile at a fault."""
    log = open_log(mapping, path)
    census, traces = Census(mapping, log), []
    for trace in log.traces:
        if isinstance(trace, Fault):
            raise UnreadableFile(f"{path}: {trace}; nothing was sent")
        census.note(trace)
        traces.append(trace)
    if not traces:
        raise UnreadableFile(f"{path}: no case in it")
    census.check()
    return traces


def tell(mapping: Mapping, traces: Iterable[Trace]) -> list[Document]:
    """Every event of the traces as a CloudEvent, in the order (time, position in the file)."""
    teller = Teller(mapping)
    try:
        told = [document for trace in traces for document in teller.documents(trace)]
    except BadRow as bad:
        raise UnreadableFile(f"{bad}; nothing was sent") from None
    return sorted(told, key=lambda document: (document["_at"], document["sequence"]))


def reference_tables(mapping: Mapping, traces: Iterable[Trace]) -> Rows:
    """What the platform must know before the events: authority, schedule, source, matters and units (CSV rows)."""
    census = Census(mapping, Log((), iter(())))
    for trace in traces:
        census.note(trace)
    return authority_rows(mapping) | census.catalogue_rows()


def instant(mapping: Mapping, text: str, *, column: str, line: int = 0, told: Told | None = None) -> datetime:
    """An aware instant of the file's text; the mapping's zone where it has no offset of its own. Raises BadRow."""
    formats = told.formats if told is not None and told.formats is not None else mapping.formats
    zone = told.zone if told is not None and told.zone is not None else mapping.zone
    found = instant_of(text, tuple(formats), zone)
    if found is None:
        raise BadRow(Fault("bad_time", line, column, f"{shown(text)} is not a time"))
    return found


def closing(mapping: Mapping) -> datetime | None:
    """The end of the day up to which the mapping says that its file tells."""
    if mapping.as_of is None:
        return None
    day = datetime.combine(date.fromisoformat(mapping.as_of) + timedelta(days=1), time.min, tzinfo=mapping.tzinfo)
    return day.astimezone(UTC)


def document(
    mapping: Mapping,
    trace: Trace,
    *,
    type: str,  # noqa: A002 - CloudEvents calls it so
    at: datetime,
    position: int,
    record: str | None,
    data: Document,
) -> Document:
    """An event of a trace; its id stays the same whenever the file is read."""
    number = number_of(mapping, trace)
    told = {
        "specversion": "1.0",
        "type": type_name(type),
        "source": mapping.source,
        "id": f"{number}/{record or position}",
        "subject": number,
        "authority": mapping.authority_code,
        "time": at.isoformat(),
        "sequence": f"{position:012}",
        "data": data,
        "_at": at,
    }
    if record is not None:
        told["recordkey"] = record
    return told


class Teller:
    """Tells what traces mean; counts the codes that its maps do not have, as (attribute, code)."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._function = trace_function(mapping)
        self.unmapped: Counter[tuple[str, str]] = Counter()

    def documents(self, trace: Trace) -> list[Document]:
        """All events of a trace, or none: raises BadRow with line and column where one cannot be told."""
        told = list(self._by_table(trace))
        if self._function is not None:
            told += self._function(self._mapping, trace)
        return told

    def _by_table(self, trace: Trace) -> Iterator[Document]:
        # An event of a log goes with what its trace has; a row of a table says itself whatever it says.
        is_log = self._mapping.format == "xes"
        seen: set[str] = set()
        for order, told in enumerate(self._mapping.event):
            if all(condition.holds(trace.attributes) for condition in told.when_trace):
                ours = seen if is_log else set[str]()
                for entry in _entries(self._mapping, told, trace):
                    both = {**trace.attributes, **entry.attributes} if is_log else entry.attributes
                    record = None if told.record is None else _filled(both, told.record, entry.line)
                    if record is None or record not in seen:
                        found = self._document(told, trace, entry, both=both, record=record, order=order)
                        if found is not None:
                            ours.update(() if record is None else (record,))
                            yield found
                seen |= ours

    def _document(
        self, told: Told, trace: Trace, entry: Entry, *, both: Attributes[str, str], record: str | None, order: int
    ) -> Document | None:
        mapping = self._mapping
        text = cell_of(entry.attributes, told.time)
        if text is None:
            return None
        found = document(
            mapping,
            trace,
            type=told.type,
            at=instant(mapping, text, column=told.time, line=entry.line, told=told),
            # A row that moves within its register stays what it is: the order of the mapping counts, not of the file.
            position=order if mapping.is_table_of_cases or mapping.is_change_log else entry.position,
            record=record,
            data=self._data(told, both, entry.line),
        )
        if told.id is not None:
            found["id"] = _filled(both, told.id, entry.line)
        return found | stated(mapping, both, entry.line)

    def _data(self, told: Told, attributes: Attributes[str, str], line: int) -> Document:
        data: Document = {}
        filled: dict[str, bool] = {}
        for path, value in told.data.items():
            found = self._value(told, path, value, attributes=attributes, line=line)
            outer, _, inner = path.partition(".")
            if inner and value.of is not None:
                filled[outer] = filled.get(outer, False) or found is not None
            if found is not None:
                if inner:
                    data.setdefault(outer, {})[inner] = found
                else:
                    data[outer] = found
        # An object of which no column has anything is none: a unit without a number of days is no promise.
        return {name: value for name, value in data.items() if filled.get(name, True)}

    def _value(self, told: Told, path: str, value: Value, *, attributes: Attributes[str, str], line: int) -> Any:
        found = None if value.of is None else cell_of(attributes, value.of)
        if found is None:
            return value.value
        assert value.of is not None
        if value.map is not None:
            if found not in value.map and len(self.unmapped) < MOST_UNMAPPED:
                self.unmapped[value.of, found] += 1
            return value.map.get(found, "unmapped")
        if path.endswith("_at"):
            at = instant(self._mapping, found, column=value.of, line=line, told=told)
            return (end_of_day(at, told.zone or self._mapping.zone) if value.whole_day else at).isoformat()
        if is_date(told.type, path):
            day = day_of(found, tuple(told.formats or self._mapping.formats))
            if day is None:
                raise BadRow(Fault("bad_day", line, value.of, f"{shown(found)} is not a day"))
            return day.isoformat()
        return fitted(told.type, path, found)


def _entries(mapping: Mapping, told: Told, trace: Trace) -> Iterable[Entry]:
    """The places of a trace where this kind of event is told."""
    if told.each == "trace":
        position = trace.position if told.place == "start" else trace.end_position
        entries: Iterable[Entry] = (Entry(position, trace.attributes, trace.line),)
    elif told.first_of:
        ranked = [entry for entry in trace.entries if entry.attributes.get(mapping.code) in told.first_of]
        entries = sorted(ranked, key=lambda entry: told.first_of.index(entry.attributes[mapping.code]))[:1]
    else:
        entries = trace.entries
    if not told.when:
        return entries
    return [entry for entry in entries if all(condition.holds(entry.attributes) for condition in told.when)]


def _filled(attributes: Attributes[str, str], template: str, line: int) -> str:
    found = filled(attributes, template)
    if found is None:
        raise BadRow(Fault("missing_cell", line, template, "a part of the key is empty"))
    return found


def _version(mapping: Mapping, text: str, line: int) -> int:
    """A number, or the milliseconds since 1970 of a time in the version's own form."""
    if mapping.version_format is not None:
        at = instant_of(text, (mapping.version_format,), mapping.zone)
        if at is not None:
            return (at - EPOCH) // timedelta(milliseconds=1)
    elif text.isascii() and text.isdigit():
        return int(text)
    wanted = f"a time as {mapping.version_format}" if mapping.version_format else "a version: 1, 2, 3 …"
    raise BadRow(Fault("bad_version", line, mapping.version, f"{shown(text)} is not {wanted}"))


def stated(mapping: Mapping, attributes: Attributes[str, str], line: int) -> Document:
    """What the source itself says of version, operation and time of recording."""
    found: Document = {}
    version = cell_of(attributes, mapping.version) if mapping.version else None
    if version is not None:
        found["dataversion"] = _version(mapping, version, line)
    operation = cell_of(attributes, mapping.operation) if mapping.operation else None
    if operation is not None:
        if operation.upper() not in OPERATIONS:
            raise BadRow(Fault("bad_operation", line, mapping.operation, f"{shown(operation)} is not I, U or D"))
        found["operation"] = OPERATIONS[operation.upper()]
    recorded = cell_of(attributes, mapping.recorded) if mapping.recorded else None
    if recorded is not None:
        assert mapping.recorded is not None
        found["recordedtime"] = instant(mapping, recorded, column=mapping.recorded, line=line).isoformat()
    return found
