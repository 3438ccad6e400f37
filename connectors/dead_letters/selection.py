"""Selection: which dead letters are meant: a place, or code, source and day."""

import re
from datetime import date
from typing import Any

from msgspec import Struct

_PLACE = re.compile(r"([^,=/]+)/(\d{1,9})/(\d{1,18})")
#: Sources may hold commas: a condition ends where the next begins.
_NEXT = re.compile(r",(?=(?:code|source|day)=)")


class WrongSelection(Exception):
    """A where-clause that cannot be read; the message shows how one is written."""


class Selection(Struct, frozen=True):
    """Conditions, all of which hold; None: any. `source` '' means: none could be read. `day` of arrival, in China."""

    text: str
    place: tuple[str, int, int] | None = None
    code: str | None = None
    source: str | None = None
    day: date | None = None

    def sql(self) -> tuple[str, dict[str, Any]]:
        """A condition on `ops.dead_letters`, and its parameters."""
        if self.place is not None:
            return '(topic, partition, "offset") = (%(topic)s, %(partition)s, %(offset)s)', dict(
                zip(("topic", "partition", "offset"), self.place, strict=True)
            )
        given = {"code": self.code, "source": self.source, "day": self.day}
        texts = {"code": "code = %(code)s", "source": "coalesce(source, '') = %(source)s", "day": "day = %(day)s"}
        conditions = [texts[name] for name, value in given.items() if value is not None]
        return " and ".join(conditions) or "true", given


#: Every dead letter there is.
EVERYTHING = Selection("")


def selection_of(text: str) -> Selection:
    """From `TOPIC/PARTITION/OFFSET`, or `code=…,source=…,day=YYYY-MM-DD` in any order. Raises WrongSelection."""
    text = text.strip()
    place = _PLACE.fullmatch(text)
    if place is not None:
        return Selection(text, place=(place[1], int(place[2]), int(place[3])))
    given: dict[str, str] = {}
    for part in _NEXT.split(text):
        name, equals, value = part.partition("=")
        if not equals or name not in ("code", "source", "day") or name in given:
            raise WrongSelection(_how(text))
        given[name] = value.strip()
    try:
        day = date.fromisoformat(given["day"]) if "day" in given else None
    except ValueError:
        raise WrongSelection(f"{given['day']!r} is no day: write it as 2026-11-24") from None
    return Selection(text, code=given.get("code"), source=given.get("source"), day=day)


def _how(text: str) -> str:
    return f"{text!r}: write TOPIC/PARTITION/OFFSET, or any of code=…,source=…,day=2026-11-24"
