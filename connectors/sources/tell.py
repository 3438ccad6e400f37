"""From the traces of a file to events in the order of time, by a mapping."""

import difflib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Attributes
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.sources.logged import Entry, Trace, UnreadableFile
from connectors.sources.mapping import BadMapping, Mapping, Told, Value, trace_function
from connectors.sources.tables import read_table
from connectors.sources.xes import read_xes
from streams.wire import type_name

Document = dict[str, Any]


def read_traces(mapping: Mapping, path: Path) -> list[Trace]:
    """The traces of a file in the mapping's format; raises BadMapping where it names attributes that occur nowhere."""
    if mapping.format == "xes":
        traces = read_xes(path)
    else:
        traces = read_table(path, number=mapping.number, encoding=mapping.encoding, delimiter=mapping.delimiter)
    if not traces:
        raise UnreadableFile(f"{path}: no case in it")
    _check_names(mapping, traces)
    return traces


def tell(mapping: Mapping, traces: Iterable[Trace]) -> list[Document]:
    """Every event of the file as a CloudEvent, in the order (time, position in the file)."""
    function = trace_function(mapping)
    told = [
        document
        for trace in traces
        for document in (*_of_trace(mapping, trace), *(function(mapping, trace) if function else ()))
    ]
    return sorted(told, key=lambda document: (document["_at"], document["sequence"]))


def instant(mapping: Mapping, text: str, *, where: str) -> datetime:
    """An aware instant of the file's text; the mapping's zone where it has no offset of its own."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableFile(f"{where}: {text!r} is not a time; nothing was sent") from None
    return (found if found.tzinfo else found.replace(tzinfo=mapping.tzinfo)).astimezone(UTC)


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
    number = trace.attributes[mapping.number]
    told = {
        "specversion": "1.0",
        "type": type_name(type),
        "source": mapping.source,
        "id": f"{number}/{record or position}",
        "subject": number,
        "authority": mapping.authority.code,
        "time": at.isoformat(),
        "sequence": f"{position:012}",
        "data": data,
        "_at": at,
    }
    if record is not None:
        told["recordkey"] = record
    return told


def _of_trace(mapping: Mapping, trace: Trace) -> Iterator[Document]:
    seen: set[str] = set()
    for told in mapping.event:
        if all(condition.holds(trace.attributes) for condition in told.when_trace):
            for entry in _entries(mapping, told, trace):
                if told.record is None or told.record not in seen:
                    found = _document(mapping, told, trace, entry)
                    if found is not None:
                        if told.record is not None:
                            seen.add(told.record)
                        yield found


def _entries(mapping: Mapping, told: Told, trace: Trace) -> Iterable[Entry]:
    """The places of a trace where this kind of event is told."""
    if told.each == "trace":
        position = trace.position if told.place == "start" else trace.end_position
        entries: Iterable[Entry] = (Entry(position, trace.attributes),)
    elif told.first_of:
        ranked = [entry for entry in trace.entries if entry.attributes.get(mapping.code) in told.first_of]
        entries = sorted(ranked, key=lambda entry: told.first_of.index(entry.attributes[mapping.code]))[:1]
    else:
        entries = trace.entries
    return [entry for entry in entries if all(condition.holds(entry.attributes) for condition in told.when)]


def _document(mapping: Mapping, told: Told, trace: Trace, entry: Entry) -> Document | None:
    text = entry.attributes.get(told.time)
    if text is None:
        return None
    both = {**trace.attributes, **entry.attributes}
    data = {name: _value(mapping, value, both, f"{told.type}.{name}") for name, value in told.data.items()}
    return document(
        mapping,
        trace,
        type=told.type,
        at=instant(mapping, text, where=f"case {trace.attributes[mapping.number]!r}, {told.time!r}"),
        position=entry.position,
        record=told.record,
        data={name: value for name, value in data.items() if value is not None},
    )


def _value(mapping: Mapping, value: Value, attributes: Attributes[str, str], field: str) -> Any:
    if value.of is None:
        return value.value
    found = attributes.get(value.of)
    if found is None:
        return value.value
    if value.map is not None:
        return value.map.get(found, "unmapped")
    if field.endswith("_at"):
        return instant(mapping, found, where=field).isoformat()
    return found


def _check_names(mapping: Mapping, traces: list[Trace]) -> None:
    of_traces = {name for trace in traces for name in trace.attributes}
    everywhere = of_traces | {name for trace in traces for entry in trace.entries for name in entry.attributes}
    wanted = {mapping.number: of_traces}
    for told in mapping.event:
        wanted[told.time] = of_traces if told.each == "trace" else everywhere
        wanted |= {value.of: everywhere for value in told.data.values() if value.of is not None}
        wanted |= {condition.of: everywhere for condition in (*told.when, *told.when_trace)}
    for name in (mapping.catalogue.matters, mapping.catalogue.units):
        if name is not None:
            wanted[name] = of_traces
    for name, known in wanted.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
            raise BadMapping(f"mapping {mapping.name}: attribute {name!r} occurs nowhere in the file{hint}")
