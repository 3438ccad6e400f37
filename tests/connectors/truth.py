"""Real logs through mapping, admission, decoding and fold, without servers: what the platform says of each case."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from connectors.admission import Admitted, Door, admit
from connectors.register import Source, register_of
from connectors.sources.mapping import load_mapping
from connectors.sources.tell import closing, read_traces, reference_tables, tell
from infra.reference_data.files import read_directory
from infra.reference_data.shipped import rulebook_of_rows
from infra.reference_data.tables import SHIPPED
from streams.domain.reading import Reading, read
from streams.domain.subject import entry_of, join, new_subject

ARRIVED = datetime(2026, 11, 24, tzinfo=UTC)


@cache
def events_of(mapping_name: str, path: Path):
    mapping = load_mapping(mapping_name)
    door = Door("test", b"key", register_of([Source(mapping.source, mapping.authority_code)]))
    admitted = [
        admit(door, {name: value for name, value in told.items() if name != "_at"}, now=ARRIVED)
        for told in tell(mapping, read_traces(mapping, path))
    ]
    refused = [one for one in admitted if not isinstance(one, Admitted)]
    assert refused == []
    return [one.event for one in admitted]


@cache
def readings_of(mapping_name: str, path: Path) -> dict[str, Reading]:
    """Number of the case → reading at the log's last instant, or at the end of the day that the mapping says."""
    mapping = load_mapping(mapping_name)
    tables = read_directory(SHIPPED)
    for name, rows in reference_tables(mapping, read_traces(mapping, path)).items():
        tables[name] = [*tables[name], *rows]
    rulebook = rulebook_of_rows(tables)
    events = events_of(mapping_name, path)
    as_of = closing(mapping) or max(event.at for event in events)
    subjects = {}
    for event in events:
        known = subjects.get(event.subject) or new_subject("case", event.subject_key)
        subjects[event.subject] = join(known, [entry_of(event, ARRIVED)])
    return {number: read(subject, rulebook, as_of) for number, subject in subjects.items()}
