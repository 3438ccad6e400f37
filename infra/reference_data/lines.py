"""Lines: rows with their names and places, as checks read them."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from infra.reference_data.columns import Values
from infra.reference_data.rows import told_key
from infra.reference_data.tables import TABLES


class Line(Struct, frozen=True):
    """A row as it will be in force, and where it comes from."""

    place: str
    row: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.row[column]

    def fault(self, column: str, said: str) -> str:
        """A fault in the form: place, column, value, what to do."""
        value = self.row[column]
        return f"{self.place}, column {column}: {('' if value is None else str(value))!r}: {said}"


Lines = Mapping[str, list[Line]]


def lines_of(rows: Mapping[str, dict[Values, Values]], places: Mapping[tuple[str, Values], str]) -> Lines:
    """Table → lines; rows that are already in force are named by their key."""
    return {
        name: [
            Line(places.get((name, key), f"{name} in force, {told_key(name, key)}"), TABLES[name].named(values))
            for key, values in found.items()
        ]
        for name, found in rows.items()
    }
