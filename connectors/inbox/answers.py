"""Answers: what a source reads of a record that was refused."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from connectors.admission import without_numbers
from connectors.reasons import REASONS
from streams.wire import Rejected


class Place(Struct, frozen=True):
    """位置: where a record lies in its inbox; `topic` by its full name."""

    topic: str
    partition: int
    offset: int


class Answer(Struct, frozen=True):
    """退回: what a source reads of its record that was refused; nothing of the record's content."""

    at: datetime
    code: str
    field: str | None
    message: dict[Literal["zh", "en"], str]
    detail: str
    source: str | None
    id: str | None
    place: Place
    size: int


def answer(refused: Rejected, *, identity: str | None, size: int, place: Place, now: datetime) -> bytes:
    """An `Answer` as JSON: code, field, the code in Chinese and English, and which record it was.

    `identity`: the event's id, as far as it could be read; `size` in bytes.
    """
    zh, en = REASONS[refused.code]
    return msgspec.json.encode(
        Answer(
            at=now,
            code=refused.code,
            field=refused.field,
            message={"zh": zh, "en": en},
            detail=_plain(refused.detail),
            source=refused.source,
            id=_plain(identity) if identity else None,
            place=place,
            size=size,
        )
    )


def _plain(text: str) -> str:
    """Bounded, without persons' numbers."""
    return without_numbers(text[:500].encode("utf-8", "replace")).decode()
