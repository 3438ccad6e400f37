"""Admission: what every door calls. Shape, allowed fields, pseudonyms, the register, stamps and key, before anything is sent."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from connectors.codes import NO_CODES, Codes
from connectors.register import Register, is_ahead, refusal, stranger
from connectors.vocabulary import in_our_words, parts_of
from connectors.zones import zoned
from streams import wire
from streams.domain.events import EVENT_TYPES
from streams.domain.families.values import says_no_unit, says_unmapped
from streams.wire import Event, Rejected

#: Envelope attributes a source may set; all others are stamped here or dropped.
ATTRIBUTES = frozenset({
    "specversion", "type", "source", "id", "subject", "time", "authority", "recordkey", "dataversion",
    "operation", "recordedtime", "sequence", "data",
})  # fmt: skip
#: Attributes that CloudEvents allows and we have no use for, or that are ours to set: dropped without a word.
IGNORED = frozenset({"datacontenttype", "dataschema", "traceparent", "tracestate", "ingesttime", "door", "replayof"})
#: As much of a refused message is kept.
MOST_KEPT = 64 * 1024
#: 居民身份证 and telephone numbers, wherever they stand in bytes that could not be read.
_NUMBERS = re.compile(rb"(?<!\d)(?:\d{17}[\dXx]|1\d{10})(?!\d)")


class Door(Struct, frozen=True):
    """Through what a message comes: its name, the key for pseudonyms, who may tell what, and each source's codes.

    `is_ours`: the platform itself speaks, and may say what no source may.
    """

    name: str
    pseudonym_key: bytes
    register: Register = Register()
    codes: Codes = NO_CODES
    is_ours: bool = False


class Admitted(Struct, frozen=True):
    """A message that may be sent: topic (without prefix), Kafka key, canonical bytes.

    `dropped`: fields nobody knows; `notes`: codes of what the sender should look at.
    """

    topic: str
    key: bytes
    value: bytes
    event: Event
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def admit(
    door: Door, document: Any, *, now: datetime, teller: str | None = None, replay_of: str | None = None
) -> Admitted | Rejected:
    """The canonical message of a document, or the reason why it is none.

    `now` is the stamp of ingestion; `teller` the source that the door knows to be speaking, where it knows;
    `replay_of` the place (topic/partition/offset) of the dead letter that is replayed.
    """
    if not isinstance(document, dict):
        return Rejected("wrong_type", None, f"a message is a JSON object, not {type(document).__name__}", teller)
    attributes, dropped = _cleaned(door, document)
    source = attributes.get("source")
    if teller is not None and isinstance(source, str) and source != teller:
        return Rejected("foreign_source", "source", f"the key is that of {teller!r}", teller)
    if isinstance(source, str) and source and door.register.known(source) is None:
        return stranger(source)
    attributes |= {"ingesttime": now.isoformat(), "door": door.name}
    if replay_of is not None:
        attributes["replayof"] = replay_of
    try:
        value = wire.encode(attributes)
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        return Rejected("not_json", None, str(error), teller)
    event = wire.decode(value)
    if isinstance(event, Rejected):
        return event
    data = attributes.get("data")
    refused = refusal(door.register, event, data if isinstance(data, dict) else {}, is_ours=door.is_ours)
    if refused is not None:
        return refused
    notes = {
        "from_the_future": is_ahead(door.register, event, now),
        "unmapped_code": says_unmapped(event.data),
        "limit_without_unit": says_no_unit(event.data),
    }
    look_at = tuple(code for code, holds in notes.items() if holds)
    return Admitted(f"events.{event.family}", event.subject_key.encode(), value, event, dropped, look_at)


def admit_bytes(door: Door, line: bytes, *, now: datetime, teller: str | None = None) -> Admitted | Rejected:
    """As `admit`, from the bytes of one JSON document."""
    document = decoded(line, teller=teller)
    return document if isinstance(document, Rejected) else admit(door, document, now=now, teller=teller)


def decoded(line: bytes, *, teller: str | None = None) -> Any | Rejected:
    """What the bytes of one JSON document say, or the reason why they cannot be read."""
    if len(line) > wire.LARGEST_MESSAGE:
        return Rejected("too_large", None, f"{len(line)} bytes, at most {wire.LARGEST_MESSAGE}", teller)
    try:
        return msgspec.json.decode(line)
    except UnicodeDecodeError as error:
        return Rejected("not_utf8", None, f"byte {error.start}: {error.reason}", teller)
    except msgspec.DecodeError as error:
        return Rejected("not_json", None, str(error), teller)
    except RecursionError:
        return Rejected("too_deep", None, "nested too deeply to be read", teller)


def rejection(
    door: Door, original: bytes, rejected: Rejected, *, now: datetime, place: Mapping[str, Any] | None = None
) -> bytes:
    """What is written to the topic `rejected`: the reason, and as much of the message as may be kept.

    `place`: where the message lies (topic, partition, offset), where it lies anywhere.
    """
    kept, identity = _kept(door, original)
    return wire.encode(
        {
            "at": now.isoformat(),
            "door": door.name,
            "code": rejected.code,
            "field": rejected.field,
            "detail": rejected.detail,
            "source": rejected.source,
            "id": identity,
            "size": len(original),
            "original": b64encode(kept[:MOST_KEPT]).decode(),
        }
        | ({"place": place} if place else {})
    )


def pseudonym(raw: str, key: bytes) -> str:
    """`hmac:` and HMAC-SHA-256 of a natural person's number under the platform's key."""
    return "hmac:" + hmac.new(key, raw.encode(), hashlib.sha256).hexdigest()


def _kept(door: Door, original: bytes) -> tuple[bytes, str | None]:
    """A readable message as its allowed fields, persons by pseudonym, and its id; unreadable bytes without numbers."""
    try:
        document = msgspec.json.decode(original[: wire.LARGEST_MESSAGE])
        if isinstance(document, dict):
            attributes = _cleaned(door, document)[0]
            identity = attributes.get("id")
            return wire.encode(attributes), identity[:500] if isinstance(identity, str) else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError):
        pass
    return without_numbers(original[: 2 * MOST_KEPT]), None


def without_numbers(text: bytes) -> bytes:
    """The text with a # for each digit of an identity card or telephone number."""
    return _NUMBERS.sub(lambda found: b"#" * len(found[0]), text)


def _cleaned(door: Door, document: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The attributes that may be kept, with authority, zone and our words, and the names of all others."""
    attributes = {name: value for name, value in document.items() if name in ATTRIBUTES and value is not None}
    dropped = sorted(document.keys() - ATTRIBUTES - IGNORED)
    source = attributes.get("source")
    row = door.register.known(source)
    if row is not None and "authority" not in attributes:
        attributes["authority"] = row.authority
    event_type = _short(attributes.get("type"))
    struct = EVENT_TYPES.get(event_type)
    if row is not None and row.zone is not None:
        zoned(attributes, row.zone)
    data = attributes.get("data")
    if isinstance(data, dict):
        kept, unknown = _allowed(data, struct, door.pseudonym_key) if struct is not None else ({}, [])
        dropped += [f"data.{name}" for name in unknown]
        if struct is not None:
            kept = door.codes.translate(kept, struct, source=source, event_type=event_type, time=attributes.get("time"))
            kept = in_our_words(kept, struct, event_type)
        attributes["data"] = kept
    return attributes, tuple(dropped)


def _short(name: Any) -> str:
    """family.past_participle of a type's full name; '' where it is none of ours."""
    prefix, suffix = wire.TYPE_PREFIX, ".v1"
    if not isinstance(name, str) or not name.startswith(prefix) or not name.endswith(suffix):
        return ""
    return name[len(prefix) : -len(suffix)]


def _allowed(data: dict[str, Any], struct: type[Struct], key: bytes) -> tuple[dict[str, Any], list[str]]:
    """The fields of the allow-list, persons by pseudonym; and the names of all others."""
    fields = parts_of(struct)
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
            if value.strip():  # two empty cells are not one person
                kept[name] = pseudonym(value, key)
        else:
            kept[name] = value
    return kept, unknown
