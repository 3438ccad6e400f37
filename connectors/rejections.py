"""Rows of raw.rejection from the topic `rejected`: who was refused what, and why; of the message itself only its id."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

#: The topic, without the prefix of the installation.
TOPIC = "rejected"
COLUMNS = (
    "topic", "partition", "offset", "arrived_at", "refused_at", "door", "code", "field", "detail", "source", "id", "size",
)  # fmt: skip
#: Longer texts are cut.
LONGEST = 500
Row = tuple[Any, ...]


class Refusal(Struct, frozen=True, gc=False):
    """What `admission.rejection` wrote, but for the message."""

    code: str
    at: Annotated[datetime, Meta(tz=True)] | None = None
    door: str | None = None
    field: str | None = None
    detail: str = ""
    source: str | None = None
    id: str | None = None
    size: Annotated[int, Meta(ge=0, le=2**53)] | None = None


#: Bytes that no door of ours wrote: a record is a record, so it is counted.
NOT_OURS = Refusal("not_json", detail="the record on the topic `rejected` is none that a door writes")
_refusal = msgspec.json.Decoder(Refusal)


def row(topic: str, partition: int, offset: int, *, arrived_at: datetime, value: bytes | None) -> Row:
    """The row of one record, whatever its bytes."""
    try:
        refusal = _refusal.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        refusal = NOT_OURS
    told = (refusal.door, refusal.code, refusal.field, refusal.detail, refusal.source, refusal.id)
    return (topic, partition, offset, arrived_at, refusal.at, *map(storable, told), refusal.size)


def storable(text: str | None) -> str | None:
    """As PostgreSQL takes it: bounded, without U+0000."""
    return None if text is None else text[:LONGEST].replace("\x00", "")
