"""What a contract promises, flat: for every type and field the facts that a sender or reader relies on."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.contracts import schemas
from infra.contracts.schemas import Schema
from streams.domain.events import EVENT_TYPES

Facts = Mapping[str, Any]
#: "case.accepted.v1" (or "envelope") → "data.promise.value" → facts.
Contract = Mapping[str, Mapping[str, Facts]]

ENVELOPE = "envelope"
#: Keywords of JSON Schema that are promises; descriptions are not.
KEYWORDS = (
    "type", "const", "enum", "format", "pattern", "default",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
)  # fmt: skip


def contract() -> dict[str, dict[str, dict[str, Any]]]:
    """The promises of the contract as it stands in the code."""
    documents = {name: schemas.schema(name) for name in EVENT_TYPES}
    return {ENVELOPE: envelope(next(iter(documents.values())))} | {
        f"{name}.v1": data(document) for name, document in documents.items()
    }


def envelope(document: Schema) -> dict[str, dict[str, Any]]:
    """The promises of the attributes; `type` is another in every schema, and the key of a contract."""
    attributes = {name: given for name, given in document["properties"].items() if name not in ("type", "data")}
    return dict(_fields({"properties": attributes, "required": document["required"]}, "", {}))


def data(document: Schema) -> dict[str, dict[str, Any]]:
    """The promises of the data of one schema, nested fields by their path; `data` itself is there for an empty one."""
    definitions = document["$defs"]
    root = _resolved(schemas.data_of(document), definitions)
    return {"data": {"type": "object"}} | dict(_fields(root, "data.", definitions))


def _fields(owner: Schema, prefix: str, definitions: Mapping[str, Schema]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, given in owner.get("properties", {}).items():
        path = f"{prefix}{name}"
        is_nullable, inner = _without_null(given)
        resolved = _resolved(inner, definitions)
        facts = {"required": name in owner.get("required", ()), "nullable": is_nullable}
        yield path, facts | _facts(resolved, default=given)
        yield from _fields(resolved, f"{path}.", definitions)
        if "items" in resolved:
            item = _resolved(resolved["items"], definitions)
            yield f"{path}[]", _facts(item, default={})
            yield from _fields(item, f"{path}[].", definitions)


def _facts(given: Schema, *, default: Schema) -> dict[str, Any]:
    facts = {word: given[word] for word in KEYWORDS if word in given}
    if "default" in default:
        facts["default"] = default["default"]
    codes = default.get("x-codes")
    if codes and "enum" not in facts:
        facts["codes"] = sorted(codes)
    return facts


def _without_null(given: Schema) -> tuple[bool, Schema]:
    if "anyOf" not in given:
        return False, given
    [inner] = [one for one in given["anyOf"] if one != {"type": "null"}]
    return len(given["anyOf"]) > 1, inner


def _resolved(given: Schema, definitions: Mapping[str, Schema]) -> Schema:
    return definitions[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
