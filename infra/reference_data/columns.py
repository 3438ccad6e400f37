"""Columns: how the text of a cell becomes a value, and what an empty one means."""

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from streams.domain.clock_rules import parse_conditions
from streams.domain.events import DERIVED, EVENT_TYPES
from streams.domain.limits import MOST, UNITS
from streams.domain.worktime import FIRST_DAY, LAST_DAY

Row = Mapping[str, str | None]
Values = tuple[Any, ...]


class InvalidRows(Exception):
    """Rows that cannot be loaded: one line per fault, with file, row, column, value and remedy."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Column(Struct, frozen=True):
    """A column: how its text becomes a value, and what an empty cell means."""

    parse: Callable[[str], Any]
    default: Any = ...  # ... : must be given


class Table(Struct, frozen=True):
    """A table of reference data; `key` are the columns by which a row is known."""

    key: tuple[str, ...]
    columns: Mapping[str, Column]

    def key_of(self, values: Values) -> Values:
        names = tuple(self.columns)
        return tuple(values[names.index(name)] for name in self.key)

    def named(self, values: Values) -> dict[str, Any]:
        return dict(zip(self.columns, values, strict=True))


def boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("write true or false")
    return text.lower() == "true"


def day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError("write a day such as 2026-03-01") from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise ValueError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return found


def month_day(text: str) -> str:
    """A day of every year, as '06-01'."""
    try:
        found = date.fromisoformat(f"2024-{text}")
    except ValueError:
        raise ValueError("write month and day such as 06-01") from None
    return f"{found.month:02}-{found.day:02}"


def time_of_day(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        raise ValueError("write a time such as 09:00") from None
    if found.tzinfo is not None:
        raise ValueError("write a time without a zone, such as 09:00: the zone is that of the schedule")
    return found


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            near = difflib.get_close_matches(text, words, n=1)
            raise ValueError(
                "must be one of " + ", ".join(words) + (f"; did you mean {near[0]!r}?" if near and near[0] else "")
            )
        return text

    return parse


def zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("is not a zone of the IANA database, such as Asia/Shanghai")
    return ZoneInfo(text).key


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("write a whole number") from None


def quantity(text: str) -> int:
    value = whole(text)
    if not 0 <= value <= MOST:
        raise ValueError(f"must lie between 0 and {MOST}")
    return value


def threshold(text: str) -> int:
    """What must be reached: at 0 it always would be."""
    value = whole(text)
    if not 0 < value <= MOST:
        raise ValueError(f"a threshold is above 0 and at most {MOST}; leave it empty where there is none")
    return value


def share(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value <= 1:
        raise ValueError("must be a share such as 0.9, above 0 and at most 1")
    return value.quantize(Decimal("0.0001"))


def moments(text: str) -> str:
    """Event types, blank-separated, and what follows from several (`bundle.begun`)."""
    return " ".join(event_type(name, *DERIVED) for name in text.split())


def event_type(text: str, *others: str) -> str:
    """A type of the contract, without prefix and version."""
    known = [*EVENT_TYPES, *others]
    if text not in known:
        close = difflib.get_close_matches(text, known, n=1)
        near = close or difflib.get_close_matches(text, known, n=1, cutoff=0)
        hint = f"did you mean {near[0]!r}?" if close else f"the nearest is {near[0]!r}"
        raise ValueError(f"{text!r} is no event type; {hint} (docs/data-dictionary.md has them all)")
    return text


def condition(text: str) -> str:
    parse_conditions(text)
    return text


def code(text: str) -> str:
    if len(text) > 200:
        raise ValueError("must not be longer than 200 characters")
    return text


def uri(text: str) -> str:
    """A source's URI: no blanks, of at most 200 characters."""
    if text.split() != [text]:
        raise ValueError("a URI has no blanks, such as urn:gov:360200:zjj-gg")
    return code(text)


def codes(text: str) -> str:
    """Codes, blank-separated, in order."""
    return " ".join(sorted({code(one) for one in text.split()}))


def minutes(text: str) -> int:
    """A stretch of at least a minute and at most a year."""
    value = whole(text)
    if not 1 <= value <= 366 * 24 * 60:
        raise ValueError("must lie between 1 and 527040 minutes, a year")
    return value


def day_minutes(text: str) -> int:
    """Some minutes of one day."""
    value = whole(text)
    if not 1 <= value <= 24 * 60:
        raise ValueError("must lie between 1 and 1440 minutes, a day")
    return value


def field_path(text: str) -> str:
    """A field of events' data, such as data.result or data.applicant.kind."""
    if re.fullmatch(r"data(\.[a-z_]+){1,4}", text) is None:
        raise ValueError("write a field of the data, such as data.result")
    return text


#: Columns that many tables have.
TEXT = Column(str, "")
REQUIRED = Column(code)
UNIT = Column(one_of(*UNITS), None)
VALUE = Column(quantity, None)
