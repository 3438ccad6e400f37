"""What a sender told: one event as it came, its bytes or its attributes and data, and what admission makes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from connectors.admission import Admitted, Door, admit, admit_bytes
from streams.wire import Rejected

#: One event, unpacked.
LARGEST_EVENT = 1024 * 1024
#: A JSON document as it came, or one made of attributes and data (CloudEvents' binary mode).
Told = bytes | dict[str, Any]


class _Named(Struct):
    source: Any = None
    id: Any = None


_named = msgspec.json.Decoder(_Named)


def binary(attributes: Mapping[str, str], data: bytes) -> Told | Rejected:
    """An event of binary mode: attributes without their prefix, data as JSON. What it says cannot become an attribute."""
    document: dict[str, Any] = dict(attributes)
    version = document.get("dataversion", "")
    if version.isascii() and version.isdigit() and len(version) < 19:
        document["dataversion"] = int(version)
    if data:
        try:
            document["data"] = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Rejected("not_json", None, str(error))
        except RecursionError:
            return Rejected("too_deep", None, "nested too deeply to be read")
    return document


def admit_told(door: Door, told: Told, *, now: datetime, teller: str) -> Admitted | Rejected:
    """As `admission.admit`, of what `teller` told."""
    if not isinstance(told, bytes):
        return admit(door, told, now=now, teller=teller)
    if len(told) > LARGEST_EVENT:
        return Rejected("too_large", None, f"{len(told)} bytes, at most {LARGEST_EVENT}", teller)
    return admit_bytes(door, told, now=now, teller=teller)


def identity(told: Told) -> tuple[str | None, str | None]:
    """Source and id of what was told, as far as they can be read: bounded, and UTF-8."""
    try:
        named = _named.decode(told) if isinstance(told, bytes) else _Named(told.get("source"), told.get("id"))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None, None
    return _short(named.source), _short(named.id)


def _short(value: Any) -> str | None:
    return value[:500].encode("utf-8", "replace").decode() if isinstance(value, str) else None
