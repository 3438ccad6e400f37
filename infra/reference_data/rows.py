"""Rows as text become values: every cell is checked, and all faults are told at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

from infra.reference_data.columns import InvalidRows, Row, Table, Values
from infra.reference_data.tables import TABLES

Tables = Mapping[str, Iterable[Row]]


class Parsed(Struct, frozen=True):
    """Table → key → values, and where each row stands."""

    rows: dict[str, dict[Values, Values]]
    places: dict[tuple[str, Values], str]

    def without_known(self, known: Mapping[str, Mapping[Values, Values]], names: Collection[str]) -> "Parsed":
        """Without the rows of the tables `names` whose key is known: there what stands, stands."""
        rows = {
            name: {key: values for key, values in found.items() if name not in names or key not in known[name]}
            for name, found in self.rows.items()
        }
        return Parsed(rows, {place: where for place, where in self.places.items() if place[1] in rows[place[0]]})


def parse(tables: Tables) -> Parsed:
    """Checks every cell; raises InvalidRows with every fault."""
    faults: list[str] = []
    parsed = Parsed({}, {})
    for name, rows in tables.items():
        if name not in TABLES:
            faults.append(f"{name}: is no table of reference data; these are: {', '.join(TABLES)}")
            continue
        table, found = TABLES[name], parsed.rows.setdefault(name, {})
        for number, row in enumerate(rows, start=2):
            place = getattr(row, "place", f"{name}.csv row {number}")
            values = _row(place, row, table, faults)
            key = table.key_of(values)
            if key in found:
                faults.append(
                    f"{place}: {told_key(name, key)} stands twice, also in {parsed.places[name, key]}; keep one"
                )
            found[key] = values
            parsed.places[name, key] = place
    if faults:
        raise InvalidRows(faults)
    return parsed


def told_key(name: str, key: Values) -> str:
    """A key as people read it; what may be left out is named."""
    columns = TABLES[name].columns
    parts = zip(TABLES[name].key, key, strict=True)
    told = [
        str(part) if columns[column].default is ... else f"{column}={part}"
        for column, part in parts
        if part not in ("", None)
    ]
    return " / ".join(told)


def _row(place: str, row: Row, table: Table, faults: list[str]) -> Values:
    unknown = [column for column in row if column not in table.columns]
    if unknown:
        faults.append(f"{place}: unknown column {unknown[0]!r}; these are: {', '.join(table.columns)}")
    values: list[Any] = []
    for name, column in table.columns.items():
        text = (row.get(name) or "").strip()
        if text == "" and column.default is not ...:
            values.append(column.default)
            continue
        try:
            values.append(column.parse(text) if text else _missing())
        except ValueError as error:
            faults.append(f"{place}, column {name}: {text!r}: {error}")
            values.append(None)
    return tuple(values)


def _missing() -> Any:
    raise ValueError("must be given")
