"""Examples of every event type, as a source would send them: examples.jsonl, one event a line, the one source of examples."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, FormatChecker

from connectors.admission import Admitted, Door, admit
from connectors.register import ANY, Source, register_of
from infra.contracts import schemas
from streams import wire
from streams.domain.events import EVENT_TYPES

PATH = Path(__file__).with_name("examples.jsonl")
#: The source that every installation knows (source.csv).
OWN_SOURCE = "urn:gov:360200:govpulse"
_KEY = b"examples are public"
_FORMATS = FormatChecker(("date",))
Document = dict[str, Any]


def _is_instant(value: object) -> bool:
    """RFC 3339: a naive instant is none."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_FORMATS.checks("date-time", raises=ValueError)(_is_instant)


@cache
def examples() -> Mapping[str, tuple[Document, ...]]:
    """Event type → its examples, in the order of the file."""
    found: dict[str, list[Document]] = {name: [] for name in EVENT_TYPES}
    for line in PATH.read_bytes().splitlines():
        document = msgspec.json.decode(line)
        found[name_of(document)].append(document)
    return {name: tuple(documents) for name, documents in found.items()}


def name_of(document: Document) -> str:
    """`case.accepted`; KeyError for a type that the contract does not have."""
    return {wire.type_name(name): name for name in EVENT_TYPES}[document["type"]]


def of_now(name: str, now: datetime) -> str:
    """The first example of a type as an event of this moment, with a number of its own: one line of JSON."""
    example = examples()[name][0]
    number = f"360200-{now:%Y-%m%d%H%M%S}"
    later = now.replace(microsecond=0) - datetime.fromisoformat(example["time"])
    moved = {key: _moved(value, later) for key, value in example.items() if key.endswith(("time", "data"))}
    return wire.encode(example | moved | {"id": f"{number}-1", "subject": number, "source": OWN_SOURCE}).decode()


def _moved(value: Any, later: Any) -> Any:
    """Instants that much later; days, texts and numbers as they are."""
    match value:
        case dict():
            return {key: _moved(inner, later) for key, inner in value.items()}
        case str() if len(value) == len("2026-11-23T09:02:00+08:00") and value[10] == "T":
            return (datetime.fromisoformat(value) + later).isoformat()
        case _:
            return value


def faults() -> Iterator[str]:
    """What is wrong with the examples: by the schema of their type, at the door, or because there is none."""
    for name, documents in examples().items():
        if not documents:
            yield f"{name}: has no example: add a line to {PATH.name}"
        for document in documents:
            yield from (f"{name} {document['id']}: {told}" for told in _faults(name, document))


def invalid(name: str, document: Document) -> list[str]:
    """What the schema of the type has against a document, with the place of each."""
    validator = Draft202012Validator(schemas.schema(name), format_checker=_FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def admitted(document: Document) -> Admitted | wire.Rejected:
    """What a door says to a document; every source tells of `jdz` here."""
    source = document.get("source")
    teller = [Source(source, "jdz", frozenset({ANY}))] if isinstance(source, str) else []
    door = Door("examples", _KEY, register_of(teller), is_ours=True)
    return admit(door, document, now=datetime.fromisoformat("2026-12-31T00:00:00+08:00"))


def _faults(name: str, document: Document) -> Iterator[str]:
    yield from invalid(name, document)
    verdict = admitted(document)
    if not isinstance(verdict, Admitted):
        yield f"refused at the door: {verdict.code} {verdict.field or ''}: {verdict.detail}"
    elif verdict.dropped:
        yield f"fields that the contract does not have: {', '.join(verdict.dropped)}"
