"""Answers: what a source reads of a record that was refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connectors.admission import without_numbers
from connectors.reasons import REASONS
from streams.wire import Rejected


def answer(refused: Rejected, *, identity: str | None, size: int, place: Mapping[str, Any], now: datetime) -> bytes:
    """JSON: code, field, the code in Chinese and English, and which record it was; nothing of its content.

    `identity`: the event's id, as far as it could be read; `size` in bytes.
    """
    zh, en = REASONS[refused.code]
    return msgspec.json.encode(
        {
            "at": now,
            "code": refused.code,
            "field": refused.field,
            "message": {"zh": zh, "en": en},
            "detail": _plain(refused.detail),
            "source": refused.source,
            "id": _plain(identity) if identity else None,
            "place": place,
            "size": size,
        }
    )


def _plain(text: str) -> str:
    """Bounded, without persons' numbers."""
    return without_numbers(text[:500].encode("utf-8", "replace")).decode()
