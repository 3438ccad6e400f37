"""The tables of reference data: their columns, keys and what a valid row is."""

import csv
import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from infra.reference_data import goals
from streams.domain.alert_rules import LEVELS
from streams.domain.clock_rules import PAUSES, parse_condition
from streams.domain.events import DERIVED, EVENT_TYPES, FOLDED
from streams.domain.limits import UNITS
from streams.domain.worktime import FIRST_DAY, LAST_DAY

SHIPPED = Path(__file__).parent.parent / "reference"
Row = Mapping[str, str | None]
Values = tuple[Any, ...]


class InvalidRows(Exception):
    """Rows that cannot be loaded: one line per fault, with table, row, column, value and remedy."""

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


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("write true or false")
    return text.lower() == "true"


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return day


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError("must be one of " + ", ".join(words))
        return text

    return parse


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("is not a zone of the IANA database, such as Asia/Shanghai")
    return ZoneInfo(text).key


def _quantity(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 5000:
        raise ValueError("must lie between 0 and 5000")
    return value


def _share(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("must be a share such as 0.9, above 0 and at most 1") from None
    if not 0 < value <= 1:
        raise ValueError("must be a share such as 0.9, above 0 and at most 1")
    return value.quantize(Decimal("0.0001"))


def _moments(text: str) -> str:
    """Event types, blank-separated, and what follows from several (`bundle.begun`)."""
    unknown = [name for name in text.split() if name not in EVENT_TYPES and name not in DERIVED]
    if unknown:
        near = difflib.get_close_matches(unknown[0], [*EVENT_TYPES, *DERIVED], n=1)
        raise ValueError(f"{unknown[0]!r} is no event type" + (f"; did you mean {near[0]!r}?" if near else ""))
    return " ".join(text.split())


def _condition(text: str) -> str:
    parse_condition(text)
    return text


def _code(text: str) -> str:
    if len(text) > 200:
        raise ValueError("must not be longer than 200 characters")
    return text


_text = Column(str, "")
_required = Column(_code)
_unit = Column(_one_of(*UNITS), None)
_value = Column(_quantity, None)

#: In loading order.
TABLES: dict[str, Table] = {
    "calendar": Table(
        ("calendar",),
        {
            "calendar": _required,
            "name": _text,
            "ordinary": Column(_one_of("monday_friday", "every_day")),
            "ordinary_status": Column(_one_of("official", "provisional")),
        },
    ),
    "calendar_day": Table(
        ("calendar", "day"),
        {
            "calendar": _required,
            "day": Column(_day),
            "is_workday": Column(_boolean),
            "status": Column(_one_of("official", "provisional")),
            "name": _text,
            "notice": _text,
        },
    ),
    "office_hours": Table(
        ("hours", "season_from", "opens"),
        {
            "hours": _required,
            "season_from": Column(_code, "01-01"),
            "season_to": Column(_code, "12-31"),
            "opens": Column(time.fromisoformat),
            "closes": Column(time.fromisoformat),
        },
    ),
    "schedule": Table(
        ("schedule",), {"schedule": _required, "calendar": _required, "hours": _required, "zone": Column(_zone)}
    ),
    "schedule_assignment": Table(
        ("scope_type", "scope_code"),
        {
            "scope_type": Column(_one_of("unit", "area", "authority", "default")),
            "scope_code": Column(_code, ""),
            "schedule": _required,
        },
    ),
    "authority": Table(
        ("authority",),
        {
            "authority": _required,
            "name": _text,
            "clock": Column(_one_of("wall", "marked"), "wall"),
            "extension_any_time": Column(_boolean, False),
            "late_pauses_extend": Column(_boolean, False),
        },
    ),
    "source": Table(("source",), {"source": _required, "authority": _required, "precedence": Column(int, 0)}),
    "unit": Table(("unit_code",), {"unit_code": _required, "name": _text, "area_code": Column(_code, None)}),
    "matter": Table(
        ("matter_code", "valid_from"),
        {
            "matter_code": _required,
            "valid_from": Column(_day),
            "name": _text,
            "name_en": _text,
            "department": _text,
            "case_type": _text,
            "statutory_value": _value,
            "statutory_unit": _unit,
            "fallback_value": _value,
            "fallback_unit": _unit,
            "promise_value": _value,
            "promise_unit": _unit,
            "is_wall_time": Column(_boolean, False),
            "clock_start": Column(_one_of("accept", "receive"), "accept"),
            "has_fee": Column(_boolean, None),
            "special_kinds": _text,
            "basis": _text,
        },
    ),
    "clock_rule": Table(
        ("clock_id", "matter_code", "valid_from"),
        {
            "clock_id": _required,
            "matter_code": Column(_code, ""),
            "valid_from": Column(_day),
            "family": Column(_one_of(*FOLDED)),
            "name": _text,
            "name_en": _text,
            "each": _text,
            "start": Column(_moments, ""),
            "start_when": Column(_condition, ""),
            "restart": Column(_moments, ""),
            "stop": Column(_moments, ""),
            "void": Column(_moments, ""),
            "pauses": Column(_one_of(*PAUSES), ""),
            "limit_field": _text,
            "limit_value": _value,
            "limit_unit": _unit,
            "is_wall_time": Column(_boolean, False),
            "is_main": Column(_boolean, False),
            "basis": _text,
        },
    ),
    "alert_rule": Table(
        ("rule_id", "clock_id", "level", "unit_code", "matter_code", "authority", "valid_from"),
        {
            "rule_id": _required,
            "clock_id": Column(_code, ""),
            "level": Column(_one_of(*LEVELS)),
            "unit_code": Column(_code, ""),
            "matter_code": Column(_code, ""),
            "authority": Column(_code, ""),
            "valid_from": Column(_day),
            "name": _text,
            "name_en": _text,
            "share": Column(_share, None),
            "minute_share": Column(_share, None),
            "least_workdays": Column(_quantity, None),
            "grace_workdays": Column(_quantity, None),
            "counted_day": Column(_quantity, None),
            "left_days": Column(_quantity, None),
            "left_minutes": Column(_quantity, None),
            "least_cases": Column(_quantity, None),
            "least_minutes": Column(_quantity, None),
            "is_breach": Column(_boolean, False),
            "is_off": Column(_boolean, False),
        },
    ),
    "metric": Table(
        ("metric_id",),
        {
            **dict.fromkeys(("metric_id", "name", "name_en", "formula", "formula_en"), _required),
            "cohort": Column(goals.cohorts),
            "exclusions": _text,
            "unit": Column(_one_of("rate", "ratio", "days", "hours", "minutes", "count")),
            "is_rate": Column(_boolean),
            "better": Column(_one_of("higher", "lower")),
            "computed": Column(_one_of(*goals.COMPUTED)),
            "families": Column(goals.families, ""),
            "reads": Column(goals.fields, ""),
            "least_n": Column(_quantity, 30),
            "source": _required,
            "note": _text,
        },
    ),
    "target": Table(
        ("target_id", "issuer", "metric_id", "scope_type", "scope_code", "valid_from"),
        {
            "target_id": _required,
            "issuer": Column(_one_of("city", "province")),
            "metric_id": Column(_code, ""),
            "scope_type": Column(_one_of("city", "authority", "unit", "matter", "area")),
            "scope_code": Column(_code, ""),
            "quotation": Column(str),
            "paragraph": _required,
            "responsible": Column(str),
            "comparator": Column(_one_of(*goals.COMPARATORS), ""),
            "value": Column(goals.figure, None),
            "period_type": Column(_one_of("day", "week", "month", "quarter", "year"), "month"),
            "valid_from": Column(goals.policy_day),
            "deadline": Column(goals.policy_day, None),
            "class": Column(_one_of("A", "B", "C", "D", "X")),
            "note": _text,
        },
    ),
}


def read_directory(folder: Path) -> dict[str, list[dict[str, str | None]]]:
    """The rows of every table that has a CSV file in the folder."""
    found: dict[str, list[dict[str, str | None]]] = {}
    for name in TABLES:
        path = folder / f"{name}.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                found[name] = list(csv.DictReader(file))
    if not found:
        raise InvalidRows(
            [f"{folder}: no table of reference data here; expected files such as calendar.csv, matter.csv"]
        )
    return found


def parse(tables: Mapping[str, Iterable[Row]]) -> dict[str, dict[Values, Values]]:
    """Rows as text → table → key → values, every cell checked; all faults at once."""
    faults: list[str] = []
    parsed: dict[str, dict[Values, Values]] = {}
    for name, rows in tables.items():
        if name not in TABLES:
            faults.append(f"{name}: is no table of reference data; these are: {', '.join(TABLES)}")
            continue
        table, found = TABLES[name], {}
        for number, row in enumerate(rows, start=2):
            values = _row(f"{name}.csv row {number}", row, table, faults)
            key = table.key_of(values)
            if key in found:
                faults.append(f"{name}.csv row {number}: {key} stands twice; keep one")
            found[key] = values
        parsed[name] = found
    if faults:
        raise InvalidRows(faults)
    return parsed


def _row(place: str, row: Row, table: Table, faults: list[str]) -> Values:
    unknown = [column for column in row if column not in table.columns]
    if unknown:
        faults.append(f"{place}: unknown column {unknown[0]!r}; these are: {', '.join(table.columns)}")
    values = []
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
