"""Notes: what is odd about rows and no fault. Units are known from events, so a table of them need not be whole."""

from collections.abc import Collection

from infra.reference_data.lines import Line, Lines

#: Tables whose column names a unit, always or with the scope type `unit`.
UNITS = (("alert_rule", "unit_code"), ("schedule_assignment", "scope_code"), ("target", "scope_code"))


def notes(lines: Lines, places: Collection[str]) -> list[str]:
    """What is odd about the rows at these places."""
    known = {line["unit_code"] for line in lines["unit"]}
    return [
        line.fault(column, "is no unit of table unit; add it, or take it as it is if events tell it")
        for table, column in UNITS
        for line in lines[table]
        if known and line.place in places and (_unit_of(line, column) or None) not in {None, *known}
    ]


def _unit_of(line: Line, column: str) -> str | None:
    unit: str | None = line[column] if line.row.get("scope_type", "unit") == "unit" else None
    return unit
