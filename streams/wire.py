"""Bytes ⇄ Event or Rejected: the only coder of CloudEvents (v1.0, structured and binary Kafka binding)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Raw, Struct

from streams.domain.events import EVENT_TYPES, MARK
from streams.domain.families.values import AuthorityName
from streams.domain.limits import MOST_MONTHS, Limit, is_too_long

#: `cn.gov.approval.<family>.<past participle>.v<major>`
TYPE_PREFIX = "cn.gov.approval."
#: Nothing bigger is decoded: the door takes 1 MB an event, stamps and canonical form may add to it.
LARGEST_MESSAGE = 2 * 1024 * 1024
#: Calendars reach from 1990 to 2120 and the longest limit is twenty years, so every due date exists.
EARLIEST, LATEST = datetime(1990, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Instant = Annotated[datetime, Meta(tz=True)]
NO_DATA = Raw(b"{}")


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """One admitted message. `at`, `recorded_at`, `ingested_at` are UTC; `data` is its JSON as it stands in the log."""

    source: str
    id: str
    type: str
    authority: str
    subject: str
    at: datetime
    record_key: str
    data_version: int
    operation: str
    recorded_at: datetime | None
    sequence: str
    body_hash: bytes
    data: bytes
    ingested_at: datetime | None
    door: str | None
    replay_of: str | None

    @property
    def family(self) -> str:
        return self.type.partition(".")[0]

    @property
    def subject_key(self) -> str:
        return f"{self.authority}|{self.subject}"

    @property
    def is_mark(self) -> bool:
        return self.type == MARK


class Rejected(Struct, frozen=True):
    """Why a message is not an event: a stable code, the field (JSON path) and the rule it broke."""

    code: str
    field: str | None
    detail: str
    source: str | None = None


class Envelope(Struct, frozen=True, gc=False):
    """The CloudEvents attributes of `design/contract.md`, as they stand in the log."""

    specversion: Literal["1.0"]
    type: Annotated[str, Meta(max_length=200)]
    source: Annotated[str, Meta(min_length=1, max_length=500)]
    id: Annotated[str, Meta(min_length=1, max_length=500)]
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    time: Instant
    authority: AuthorityName
    data: Raw = NO_DATA
    recordkey: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    dataversion: Annotated[int, Meta(ge=1, le=2**53)] = 1
    operation: Literal["U", "D"] = "U"
    recordedtime: Instant | None = None
    sequence: Annotated[str, Meta(max_length=32, pattern=r"^[ -~]*(?!\n)$")] = ""
    ingesttime: Instant | None = None
    door: Annotated[str, Meta(max_length=64)] | None = None
    replayof: Annotated[str, Meta(max_length=500)] | None = None


class _Sender(Struct):
    """Just enough of a broken message to say who sent it."""

    source: str | None = None


_envelope = msgspec.json.Decoder(Envelope)
_sender = msgspec.json.Decoder(_Sender)
_anything = msgspec.json.Decoder()
_data = {name: msgspec.json.Decoder(data) for name, data in EVENT_TYPES.items()}
_encode = msgspec.json.Encoder(order="deterministic").encode
_names = {f"{TYPE_PREFIX}{name}.v1": name for name in EVENT_TYPES}
_instants = {
    name: tuple(field.name for field in msgspec.structs.fields(data) if field.name.endswith(("_at", "up_to")))
    for name, data in EVENT_TYPES.items()
}
#: Days that a clock may run to; a licence may well be valid until the year 9999.
_days = {
    name: tuple(field.name for field in msgspec.structs.fields(data) if field.name in ("renews_until", "valid_from"))
    for name, data in EVENT_TYPES.items()
}
_limits = {
    name: tuple(field.name for field in msgspec.structs.fields(data) if Limit in get_args(field.type))
    for name, data in EVENT_TYPES.items()
}
#: Its data are themselves a limit.
_EXTENDED = "case.extended"
_PATH = re.compile(r" - at `\$?\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]+)`")


def decode(
    value: bytes | None, *, key: bytes | None = None, headers: Sequence[tuple[str, bytes]] = ()
) -> Event | Rejected:
    """The event that a record carries, or why it carries none. With `key`: it must be `authority|subject`."""
    if value is None:
        value = b""
    if len(value) > LARGEST_MESSAGE:
        return Rejected("too_large", None, f"{len(value)} bytes, at most {LARGEST_MESSAGE}")
    try:
        envelope = _envelope.decode(_structured(value, headers) if headers else value)
        event = _event(envelope)
    except _Refusal as refusal:
        return Rejected(refusal.code, refusal.field, refusal.detail, _source_of(value))
    except msgspec.ValidationError as error:
        return _invalid(str(error), _source_of(value))
    except msgspec.DecodeError as error:
        return Rejected("not_json", None, str(error))
    except RecursionError:
        return Rejected("too_deep", None, "nested too deeply to be read", None)
    except UnicodeDecodeError as error:
        return Rejected("not_utf8", None, f"byte {error.start}: {error.reason}")
    if b"\\u0000" in value and _has_nul(value):
        return Rejected("nul_character", None, "U+0000 is not allowed anywhere", event.source)
    if key is not None and not event.is_mark and key != event.subject_key.encode():
        detail = f"key {key[:80]!r} is not {event.subject_key!r}"
        return Rejected("key_mismatch", "subject", detail, event.source)
    return event


def encode(document: Mapping[str, Any]) -> bytes:
    """The canonical structured CloudEvent of a document: sorted names, no blanks, UTF-8."""
    return _encode(document)


def type_name(name: str) -> str:
    """'case.accepted' → 'cn.gov.approval.case.accepted.v1'."""
    return f"{TYPE_PREFIX}{name}.v1"


def body_hash(name: str, at: datetime, operation: str, *, sequence: str, data: bytes) -> bytes:
    """SHA-256 over what a statement says: type, instant (µs since 1970), operation, sequence, data as in the log."""
    head = f"{name}\x1f{(at - EPOCH) // MICROSECOND}\x1f{operation}\x1f{sequence}\x1f"
    return hashlib.sha256(head.encode() + data).digest()


class _Refusal(Exception):
    def __init__(self, code: str, field: str | None, detail: str) -> None:
        super().__init__(detail)
        self.code, self.field, self.detail = code, field, detail


def _event(envelope: Envelope) -> Event:
    name = _names.get(envelope.type)
    if name is None:
        raise _Refusal("unknown_type", "type", f"{envelope.type!r} is not a type of this contract")
    at = _instant("time", envelope.time)
    data = bytes(envelope.data)
    if envelope.operation == "U" or data != b"{}":
        _check_data(name, data)
    return Event(
        source=envelope.source,
        id=envelope.id,
        type=name,
        authority=envelope.authority,
        subject=envelope.subject,
        at=at,
        record_key=envelope.recordkey or envelope.id,
        data_version=envelope.dataversion,
        operation=envelope.operation,
        recorded_at=_instant("recordedtime", envelope.recordedtime) if envelope.recordedtime else None,
        sequence=envelope.sequence,
        body_hash=body_hash(name, at, envelope.operation, sequence=envelope.sequence, data=data),
        data=data,
        ingested_at=_instant("ingesttime", envelope.ingesttime) if envelope.ingesttime else None,
        door=envelope.door,
        replay_of=envelope.replayof,
    )


def _check_data(name: str, data: bytes) -> None:
    try:
        decoded = _data[name].decode(data)
        _anything.decode(data)  # fields that nobody knows are passed over above, but must be storable, too
    except msgspec.ValidationError as error:
        found = _invalid(str(error), None)
        raise _Refusal(found.code, f"data.{found.field}" if found.field else "data", found.detail) from None
    for field in _instants[name]:
        instant = getattr(decoded, field)
        if instant is not None:
            _instant(f"data.{field}", instant)
    for field in _days[name]:
        day = getattr(decoded, field)
        if day is not None and not 1990 <= day.year < 2100:
            raise _Refusal("time_out_of_range", f"data.{field}", f"{day} is not between 1990-01-01 and 2099-12-31")
    limits = {f"{field}.": getattr(decoded, field) for field in _limits[name]}
    for path, limit in (limits | {"": decoded} if name == _EXTENDED else limits).items():
        if limit is not None and is_too_long(limit.value, limit.unit):
            raise _Refusal("limit_too_long", f"data.{path}value", f"{limit.value} months, at most {MOST_MONTHS}")


def _instant(field: str, instant: datetime) -> datetime:
    # Compared as it stands first: converting year 1 or 9999 would overflow.
    if not 1990 <= instant.year < 2100 or not EARLIEST <= (utc := instant.astimezone(UTC)) < LATEST:
        raise _Refusal("time_out_of_range", field, f"{instant.isoformat()} is not between 1990-01-02 and 2099-12-31")
    return utc


def _structured(value: bytes, headers: Sequence[tuple[str, bytes]]) -> bytes:
    """A binary-mode record (attributes in `ce_` headers) as a structured document; others as they are."""
    attributes = {name[3:]: text.decode() for name, text in headers if name.startswith("ce_")}
    if "specversion" not in attributes:
        return value
    document: dict[str, Any] = dict(attributes)
    if "dataversion" in document and document["dataversion"].isascii() and document["dataversion"].isdigit():
        document["dataversion"] = int(document["dataversion"])
    document["data"] = Raw(value or b"{}")
    return _encode(document)


def _invalid(message: str, source: str | None) -> Rejected:
    path = _PATH.search(message)
    rule = _PATH.sub("", message)
    inside = path.group(1) if path else ""
    missing = _MISSING.search(message)
    if missing:
        field = f"{inside}.{missing.group(1)}" if inside else missing.group(1)
        return Rejected("missing_field", field, rule, source)
    if "timezone component" in message:
        return Rejected("time_without_zone", inside or None, rule, source)
    if "Invalid RFC3339" in message:
        return Rejected("bad_time", inside or None, rule, source)
    if re.search(r"(length|matching regex|[<>]=|out of range) ?", message):
        return Rejected("out_of_range", inside or None, rule, source)
    if "enum value" in message:
        return Rejected("unknown_value", inside or None, rule, source)
    return Rejected("wrong_type", inside or None, rule, source)


def _source_of(value: bytes) -> str | None:
    try:
        source = _sender.decode(value).source
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return source[:500].replace("\x00", "") if source else None


def _has_nul(value: bytes) -> bool:
    """An escape that really is U+0000, and not the six characters of a quoted backslash."""
    return any("\x00" in text for text in _texts(msgspec.json.decode(value)))


def _texts(node: Any) -> list[str]:
    match node:
        case str():
            return [node]
        case dict():
            return [text for name, inner in node.items() for text in (name, *_texts(inner))]
        case list():
            return [text for inner in node for text in _texts(inner)]
    return []
