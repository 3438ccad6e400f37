"""Instants in a file's own forms and zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.iso import iso_of

#: Day 0 of a workbook's numbers (1900 system, for days after 1900-02-28).
_EXCEL = datetime(1899, 12, 30)  # noqa: DTZ001 - a local time, like the number it explains


@lru_cache(maxsize=100_000)
def instant_of(text: str, formats: tuple[str, ...], zone: str) -> datetime | None:
    """The UTC instant of a text by the first format that fits, else ISO 8601; None where it is no time.

    Formats are those of strptime, or 'excel' (days since 1900), 'unix' (seconds), 'unix_ms'. Local times are in `zone`.
    """
    found = local_of(text, formats)
    if found is None:
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except OverflowError:
        return None


def local_of(text: str, formats: tuple[str, ...]) -> datetime | None:
    """As the text says it: without a zone where it has none."""
    for form in formats:
        found = _by(text, form)
        if found is not None:
            return found
    return iso_of(text)


def day_of(text: str, formats: tuple[str, ...]) -> date | None:
    found = local_of(text, formats)
    return found.date() if found else None


def end_of_day(at: datetime, zone: str) -> datetime:
    """The end of the day where the instant is its midnight: whoever writes a day as a limit means all of it."""
    local = at.astimezone(ZoneInfo(zone))
    return (local + timedelta(days=1)).astimezone(UTC) if local.time() == time.min else at


def _by(text: str, form: str) -> datetime | None:
    try:
        match form:
            case "excel":
                return _EXCEL + timedelta(days=float(text))
            case "unix":
                return datetime.fromtimestamp(float(text), UTC)
            case "unix_ms":
                return datetime.fromtimestamp(float(text) / 1000, UTC)
            case _:
                return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the caller's
    except (ValueError, OverflowError, OSError):
        return None
