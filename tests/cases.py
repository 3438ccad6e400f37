"""A case told in events, the way a source would tell it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from connectors.register import Source, register_of
from streams import wire
from streams.domain.reading import Reading, read
from streams.domain.subject import Subject, entry_of, join, new_subject
from streams.wire import Event

SOURCE = "urn:gov:360200:test"
#: The test's own source, which may tell any authority's numbers; as a row of reference data, too.
REGISTER = register_of([Source(SOURCE, "jdz", frozenset({"*"}))])
SOURCE_ROW = {"source": SOURCE, "authority": "jdz", "authorities": "*"}
_ids = count(1)


def china(text: str) -> datetime:
    """'2026-04-01 10:00' (or a day: 10:00 of it) in China, as an aware instant."""
    return datetime.fromisoformat(f"{text if len(text) > 10 else text + ' 10:00'}+08:00").astimezone(UTC)


def document(name: str, at: str, *, number: str = "1", authority: str = "jdz", **given: Any) -> dict[str, Any]:
    """A CloudEvent; envelope attributes by their names, everything else is data."""
    envelope = ("id", "source", "recordkey", "dataversion", "operation", "recordedtime", "sequence")
    attributes = {key: given.pop(key) for key in envelope if key in given}
    time = at if at.endswith("Z") or "+" in at else china(at).isoformat()
    base = {
        "specversion": "1.0",
        "type": wire.type_name(f"case.{name}" if "." not in name else name),
        "source": SOURCE,
        "id": f"e{next(_ids)}",
        "subject": number,
        "authority": authority,
        "time": time,
        "data": given,
    }
    return base | attributes


def accepted(at: str, *, promise: Any = None, **given: Any) -> dict[str, Any]:
    """An acceptance; `promise` as (value, unit)."""
    if promise is not None:
        given["promise"] = {"value": promise[0], "unit": promise[1]}
    return document("accepted", at, **{"matter_code": "M007", "unit_code": "u1", "recordkey": "accepted", **given})


def event_of(told: dict[str, Any]) -> Event:
    event = wire.decode(wire.encode(told))
    assert isinstance(event, Event), event
    return event


def subject_of(documents: Iterable[dict[str, Any]], *, arrived: str = "2100-01-01") -> Subject:
    events = [event_of(told) for told in documents]
    subject = new_subject("case", events[0].subject_key)
    return join(subject, [entry_of(event, china(arrived)) for event in events])


def reading_of(documents, rulebook, as_of: str) -> Reading:
    return read(subject_of(documents), rulebook, china(as_of))


def signal(reading: Reading, rule_id: str):
    return next((signal for signal in reading.signals if signal.rule_id == rule_id), None)
