"""JSON Schema (2020-12) of every event type, as a source sends it: envelope and data, from the types of the domain."""

import inspect
from typing import Any, get_args

import msgspec
from msgspec import Struct

from infra.contracts import glossary
from streams.domain.events import EVENT_TYPES
from streams.domain.families.values import Reference
from streams.wire import Envelope, type_name

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What a source may leave out, or never sends.
BY_DEFAULT, STAMPED = frozenset({"authority"}), frozenset({"ingesttime", "door", "replayof"})
#: Attributes of CloudEvents that are checked nowhere and kept nowhere.
PASSING: dict[str, Schema] = {
    "datacontenttype": {"const": "application/json"},
    "traceparent": {"type": "string"},
}
_PSEUDONYM = get_args(Reference)[1].pattern
#: A person's raw number is replaced at the door, so a source may send either.
_PERSON = f"^(?!hmac:)|{_PSEUDONYM}"


def schema(name: str) -> Schema:
    """The event type `case.accepted` as one self-contained document; its data is `#/$defs/CaseAccepted`."""
    struct = EVENT_TYPES[name]
    data = {"$ref": f"#/$defs/{struct.__name__}"}
    definitions = _definitions(name)
    properties, required = attributes()
    properties["type"] = {"const": type_name(name), "description": str(glossary.meaning("@", "type"))}
    properties["data"] = {"type": ["object", "null"], "description": str(glossary.meaning("@", "data"))}
    has_required = bool(definitions[struct.__name__].get("required"))
    stated: Schema = (
        {"properties": {"data": data}, "required": ["data"]}
        if has_required
        else {"properties": {"data": {"anyOf": [data, {"type": "null"}]}}}
    )
    return {
        "$schema": DIALECT,
        "title": type_name(name),
        "description": definitions[struct.__name__]["description"],
        "type": "object",
        "properties": properties,
        "required": required,
        "if": {"properties": {"operation": {"const": "D"}}, "required": ["operation"]},
        "then": {"properties": {"data": {"anyOf": [data, {"maxProperties": 0}, {"type": "null"}]}}},
        "else": stated,
        "$defs": definitions,
    }


def attributes(*, as_logged: bool = False) -> tuple[dict[str, Schema], list[str]]:
    """The attributes of the envelope without `data`, and which of them are required."""
    kept = [
        (field.encode_name, field.type, *(() if field.required else (field.default,)))
        for field in msgspec.structs.fields(Envelope)
        if field.name != "data" and (as_logged or field.name not in STAMPED)
    ]
    found = msgspec.json.schema(msgspec.defstruct("Attributes", kept))["$defs"]["Attributes"]
    properties = {name: described("@", name, given) for name, given in found["properties"].items()}
    if as_logged:
        return properties, found["required"]
    properties |= {name: described("@", name, given) for name, given in PASSING.items()}
    return properties, [name for name in found["required"] if name not in BY_DEFAULT]


def data_of(document: Schema) -> Schema:
    """The reference to the data of a schema made here."""
    given: Schema = document["else"]["properties"]["data"]
    return given["anyOf"][0] if "anyOf" in given else given


def summary(struct: type[Struct]) -> str:
    """The first paragraph of a type's docstring: 中文: English."""
    return inspect.cleandoc(struct.__doc__ or "").partition("\n\n")[0]


def _definitions(name: str) -> dict[str, Schema]:
    """The struct of a type and those inside it; every field says what it means, and which codes are known."""
    struct = EVENT_TYPES[name]
    _, found = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    for title, definition in found.items():
        owner = name if title == struct.__name__ else title
        definition["properties"] = {
            field: described(owner, field, given) for field, given in definition["properties"].items()
        }
    return dict(found)


def described(owner: str, name: str, given: Schema) -> Schema:
    """A field with what it means and its known codes."""
    described = {"description": str(glossary.meaning(owner, name)), **_sendable(given)}
    known = glossary.codes(owner, name)
    closed = next((one["enum"] for one in (given, *given.get("anyOf", ())) if "enum" in one), None)
    if known:
        described["x-codes"] = {code: str(told) for code, told in known.items() if closed is None or code in closed}
    return described


def _sendable(given: Schema) -> Schema:
    """Persons: a pseudonym, or a raw number that becomes one."""
    changed = dict(given)
    if changed.get("pattern") == _PSEUDONYM:
        changed["pattern"] = _PERSON
    if "anyOf" in changed:
        changed["anyOf"] = [_sendable(one) for one in changed["anyOf"]]
    return changed
