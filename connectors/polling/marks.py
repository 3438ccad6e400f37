"""Watermarks: how far a table was read. A time, a day, a number, or a time written as text."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
#: Of a text that is no time: greater than any, so that it is never forgotten.
BEYOND = Decimal("Infinity")


class Marks(Struct, frozen=True):
    """How one table's watermarks are reckoned with: in which zone its clocks stand, how they are written, the overlap."""

    zone: str
    overlap: int
    form: str | None = None

    def scale(self, value: Any) -> Decimal:
        """The place of a watermark on a line: microseconds of its own clock since 1970, or the number itself."""
        match value:
            case datetime():
                local = value.astimezone(self._zone).replace(tzinfo=None) if value.tzinfo else value
                return Decimal((local - datetime(1970, 1, 1)) // _MICROSECOND)  # noqa: DTZ001 - local, like its column
            case date():
                return Decimal((value - date(1970, 1, 1)) // _MICROSECOND)
            case str():
                at = self._read(value)
                return BEYOND if at is None else self.scale(at)
            case _:
                return Decimal(value)

    def is_ahead(self, value: Any, now: datetime, *, by: timedelta) -> bool:
        """Whether a clock shows a later time than now, by more than that; numbers never do."""
        place = self._now(value, now + by)
        return place is not None and self.scale(value) > self.scale(place)

    def back(self, value: Any, now: datetime) -> Any:
        """Where the next look begins (above it): the overlap behind the watermark, but never behind a clock that is ahead."""
        place = self._now(value, now)
        value = place if place is not None and self.scale(value) > self.scale(place) else value
        match value:
            case datetime():
                return value - timedelta(seconds=self.overlap)
            case date():
                return (datetime.combine(value, time.min) - timedelta(seconds=self.overlap)).date() - _DAY
            case str():
                return self._text_behind(value)
            case _:
                return value - self.overlap

    def _text_behind(self, text: str) -> str:
        """A day, or whatever the text tells no finer, is read whole: the last one before it comes back."""
        at = self._read(text)
        assert at is not None
        assert self.form is not None
        begin = at - timedelta(seconds=self.overlap)
        told = self._read(begin.strftime(self.form))
        return (begin if told == begin else (told or begin) - timedelta(seconds=1)).strftime(self.form)

    def encode(self, value: Any) -> tuple[str, str]:
        """(kind, text) as it is kept."""
        match value:
            case datetime():
                return "time", value.isoformat()
            case date():
                return "day", value.isoformat()
            case str():
                return "text", value
            case _:
                return "number", str(value)

    def decode(self, kind: str, text: str) -> Any:
        """The watermark as the database has it."""
        match kind:
            case "time":
                return datetime.fromisoformat(text)
            case "day":
                return date.fromisoformat(text)
            case "number":
                return Decimal(text) if "." in text else int(text)
            case _:
                return text

    @property
    def _zone(self) -> tzinfo:
        return ZoneInfo(self.zone) if self.zone else UTC

    def _now(self, value: Any, now: datetime) -> Any | None:
        """Now, as such a column would write it; None for numbers."""
        local = now.astimezone(self._zone)
        match value:
            case datetime():
                return now if value.tzinfo else local.replace(tzinfo=None)
            case date():
                return local.date()
            case str() if self.form is not None:
                return local.strftime(self.form)
            case _:
                return None

    def _read(self, text: str) -> datetime | None:
        """A time written as text; None where it is none."""
        try:
            return datetime.strptime(text.strip(), self.form or "")  # noqa: DTZ007 - local, like its column
        except ValueError:
            return None
