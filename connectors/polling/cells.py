"""Values of a database as the texts that mappings read."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.sources.logged import BadRow, Fault
from connectors.sources.workbooks import text_of


def cell(value: Any) -> str:
    """A value as text, without the blanks that CHAR columns pad with; '' where there is nothing. Raises BadRow."""
    match value:
        case str():
            return value.strip()
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case datetime():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            raise BadRow(Fault("binary", 0, None, "the column holds bytes, not text"))
        case _:
            return text_of(value)
