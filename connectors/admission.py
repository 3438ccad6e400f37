"""Admission: what every door calls. Shape, allowed fields, pseudonyms, stamps and key, before anything is sent."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from connectors.codes import NO_CODES, Codes
from streams import wire
from streams.domain.events import EVENT_TYPES
from streams.wire import Event, Rejected

#: Envelope attributes a source may set; all others are stamped here or dropped.
ATTRIBUTES = frozenset({
    "specversion", "type", "source", "id", "subject", "time", "authority", "recordkey", "dataversion",
    "operation", "replayof", "recordedtime", "sequence", "data",
})  # fmt: skip
#: Attributes that CloudEvents allows and we have no use for: dropped without a word.
IGNORED = frozenset({"datacontenttype", "dataschema", "traceparent", "tracestate", "ingesttime", "door"})


class Door(Struct, frozen=True):
    """Through what a message comes: its name, the key for pseudonyms, and each source's own authority and codes."""

    name: str
    pseudonym_key: bytes
    authorities: Mapping[str, str] = {}
    codes: Codes = NO_CODES


class Admitted(Struct, frozen=True):
    """A message that may be sent: topic (without prefix), Kafka key, canonical bytes; `dropped`: fields nobody knows."""

    topic: str
    key: bytes
    value: bytes
    event: Event
    dropped: tuple[str, ...] = ()


def admit(door: Door, document: Any, *, now: datetime) -> Admitted | Rejected:
    """The canonical message of a document, or the reason why it is none. `now` is the stamp of ingestion."""
    if not isinstance(document, dict):
        return Rejected("wrong_type", None, f"a message is a JSON object, not {type(document).__name__}")
    attributes = {name: value for name, value in document.items() if name in ATTRIBUTES and value is not None}
    dropped = sorted(document.keys() - ATTRIBUTES - IGNORED)
    source = attributes.get("source")
    if "authority" not in attributes and isinstance(source, str) and source in door.authorities:
        attributes["authority"] = door.authorities[source]
    event_type = _short(attributes.get("type"))
    struct = EVENT_TYPES.get(event_type)
    if struct is not None and isinstance(attributes.get("data"), dict):
        data, unknown = _allowed(attributes["data"], struct, door.pseudonym_key)
        attributes["data"] = door.codes.translate(
            data, struct, source=source, event_type=event_type, time=attributes.get("time")
        )
        dropped += [f"data.{name}" for name in unknown]
    attributes |= {"ingesttime": now.isoformat(), "door": door.name}
    try:
        value = wire.encode(attributes)
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        return Rejected("not_json", None, str(error))
    event = wire.decode(value)
    if isinstance(event, Rejected):
        return event
    return Admitted(f"events.{event.family}", event.subject_key.encode(), value, event, tuple(dropped))


def admit_bytes(door: Door, line: bytes, *, now: datetime) -> Admitted | Rejected:
    """As `admit`, from the bytes of one JSON document."""
    if len(line) > wire.LARGEST_MESSAGE:
        return Rejected("too_large", None, f"{len(line)} bytes, at most {wire.LARGEST_MESSAGE}")
    try:
        document = msgspec.json.decode(line)
    except UnicodeDecodeError as error:
        return Rejected("not_utf8", None, f"byte {error.start}: {error.reason}")
    except msgspec.DecodeError as error:
        return Rejected("not_json", None, str(error))
    except RecursionError:
        return Rejected("too_deep", None, "nested too deeply to be read")
    return admit(door, document, now=now)


def rejection(door: Door, original: bytes, rejected: Rejected, *, now: datetime) -> bytes:
    """What is written to the topic `rejected`: the reason, and the bytes as they came."""
    return wire.encode(
        {
            "at": now.isoformat(),
            "door": door.name,
            "code": rejected.code,
            "field": rejected.field,
            "detail": rejected.detail,
            "source": rejected.source,
            "original": b64encode(original[: wire.LARGEST_MESSAGE // 2]).decode(),
        }
    )


def pseudonym(raw: str, key: bytes) -> str:
    """`hmac:` and HMAC-SHA-256 of a natural person's number under the platform's key."""
    return "hmac:" + hmac.new(key, raw.encode(), hashlib.sha256).hexdigest()


def _short(name: Any) -> str:
    """family.past_participle of a type's full name; '' where it is none of ours."""
    prefix, suffix = wire.TYPE_PREFIX, ".v1"
    if not isinstance(name, str) or not name.startswith(prefix) or not name.endswith(suffix):
        return ""
    return name[len(prefix) : -len(suffix)]


def _allowed(data: dict[str, Any], struct: type[Struct], key: bytes) -> tuple[dict[str, Any], list[str]]:
    """The fields of the allow-list, persons by pseudonym; and the names of all others."""
    fields = _fields(struct)
    kept: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in data.items():
        if name not in fields:
            unknown.append(name)
            continue
        inner = fields[name]
        if inner is not None and isinstance(value, dict):
            kept[name], below = _allowed(value, inner, key)
            unknown += [f"{name}.{other}" for other in below]
        elif (name == "ref" or name.endswith("_ref")) and isinstance(value, str) and not value.startswith("hmac:"):
            kept[name] = pseudonym(value, key)
        else:
            kept[name] = value
    return kept, unknown


@cache
def _fields(struct: type[Struct]) -> dict[str, type[Struct] | None]:
    """The names a struct allows, and what lies within them; worked out once, for its annotations are slow to read."""
    return {field.encode_name: _inner_struct(field.type) for field in msgspec.structs.fields(struct)}


def _inner_struct(annotation: Any) -> type[Struct] | None:
    candidates = getattr(annotation, "__args__", (annotation,))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, Struct)), None)
