"""Times as ISO 8601 writes them."""

import re
from datetime import datetime

#: Python takes anything for what stands between day and time, even a digit: 18 of somebody's number are the year 3602.
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d(?:$|[Tt ])")


def iso_of(text: str) -> datetime | None:
    """The day or time of a text, aware where it has an offset; None where it is neither."""
    try:
        return datetime.fromisoformat(text) if _ISO.match(text) else None
    except ValueError:
        return None
