"""Records: what lies in an inbox as an event that can be admitted (CloudEvents Kafka binding 1.0)."""

from typing import Any

from connectors.told import LARGEST_EVENT, Told, binary
from streams.wire import Rejected

STRUCTURED = "application/cloudevents"


def told_by(record: Any) -> Told | Rejected:
    """The event of a record (kafka-python's): its value, or `ce_` headers and the value as data."""
    value: bytes | None = record.value
    headers: list[tuple[str, bytes | None]] = record.headers
    size = (len(value) if value else 0) + sum(len(text) for _, text in headers if text)
    if size > LARGEST_EVENT:
        return Rejected("too_large", None, f"{size} bytes, at most {LARGEST_EVENT}")
    if any(name == "ce_specversion" for name, _ in headers) and not _is_structured(headers):
        return _binary(headers, value or b"")
    if value is None:
        return Rejected("not_json", None, "a record without a value tells nothing: send an event with operation D")
    return value


def _is_structured(headers: list[tuple[str, bytes | None]]) -> bool:
    kinds = [text for name, text in headers if name.lower() == "content-type" and text]
    return any(kind.lower().startswith(STRUCTURED.encode()) for kind in kinds)


def _binary(headers: list[tuple[str, bytes | None]], value: bytes) -> Told | Rejected:
    attributes: dict[str, str] = {}
    for name, text in headers:
        if name.startswith("ce_") and text is not None:
            try:
                attributes[name[3:]] = text.decode()
            except UnicodeDecodeError as error:
                return Rejected("bad_header", name[3:100], f"byte {error.start}: {error.reason}")
    return binary(attributes, value)
