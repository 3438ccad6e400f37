"""The tables of reference data: their columns, keys and what a valid row is."""

from pathlib import Path

from infra.reference_data.columns import (
    REQUIRED,
    TEXT,
    UNIT,
    VALUE,
    Column,
    InvalidRows,
    Row,
    Table,
    Values,
    boolean,
    code,
    condition,
    day,
    event_type,
    field_path,
    moments,
    month_day,
    one_of,
    quantity,
    share,
    time_of_day,
    whole,
    zone,
)  # fmt: skip
from streams.domain.alert_rules import LEVELS
from streams.domain.clock_rules import PAUSES
from streams.domain.events import FOLDED

SHIPPED = Path(__file__).parent.parent / "reference"

#: In loading order.
TABLES: dict[str, Table] = {
    "calendar": Table(
        ("calendar",),
        {
            "calendar": REQUIRED,
            "name": TEXT,
            "ordinary": Column(one_of("monday_friday", "every_day")),
            "ordinary_status": Column(one_of("official", "provisional")),
            "based_on": Column(code, None),
        },
    ),
    "calendar_day": Table(
        ("calendar", "day"),
        {
            "calendar": REQUIRED,
            "day": Column(day),
            "is_workday": Column(boolean),
            "status": Column(one_of("official", "provisional")),
            "name": TEXT,
            "notice": TEXT,
        },
    ),
    "office_hours": Table(
        ("hours", "season_from", "opens"),
        {
            "hours": REQUIRED,
            "season_from": Column(month_day, "01-01"),
            "season_to": Column(month_day, "12-31"),
            "opens": Column(time_of_day),
            "closes": Column(time_of_day),
        },
    ),
    "schedule": Table(
        ("schedule",), {"schedule": REQUIRED, "calendar": REQUIRED, "hours": REQUIRED, "zone": Column(zone)}
    ),
    "schedule_assignment": Table(
        ("scope_type", "scope_code"),
        {
            "scope_type": Column(one_of("unit", "area", "authority", "default")),
            "scope_code": Column(code, ""),
            "schedule": REQUIRED,
        },
    ),
    "authority": Table(
        ("authority",),
        {
            "authority": REQUIRED,
            "name": TEXT,
            "clock": Column(one_of("wall", "marked"), "wall"),
            "extension_any_time": Column(boolean, False),
            "late_pauses_extend": Column(boolean, False),
        },
    ),
    "source": Table(("source",), {"source": REQUIRED, "authority": REQUIRED, "precedence": Column(whole, 0)}),
    "unit": Table(("unit_code",), {"unit_code": REQUIRED, "name": TEXT, "area_code": Column(code, None)}),
    "matter": Table(
        ("matter_code", "valid_from"),
        {
            "matter_code": REQUIRED,
            "valid_from": Column(day),
            "name": TEXT,
            "name_en": TEXT,
            "department": TEXT,
            "case_type": TEXT,
            "statutory_value": VALUE,
            "statutory_unit": UNIT,
            "fallback_value": VALUE,
            "fallback_unit": UNIT,
            "promise_value": VALUE,
            "promise_unit": UNIT,
            "is_wall_time": Column(boolean, False),
            "clock_start": Column(one_of("accept", "receive"), "accept"),
            "has_fee": Column(boolean, None),
            "special_kinds": TEXT,
            "basis": TEXT,
        },
    ),
    "clock_rule": Table(
        ("clock_id", "matter_code", "valid_from"),
        {
            "clock_id": REQUIRED,
            "matter_code": Column(code, ""),
            "valid_from": Column(day),
            "family": Column(one_of(*FOLDED)),
            "name": TEXT,
            "name_en": TEXT,
            "each": TEXT,
            "start": Column(moments, ""),
            "start_when": Column(condition, ""),
            "restart": Column(moments, ""),
            "stop": Column(moments, ""),
            "void": Column(moments, ""),
            "pauses": Column(one_of(*PAUSES), ""),
            "limit_field": TEXT,
            "limit_value": VALUE,
            "limit_unit": UNIT,
            "is_wall_time": Column(boolean, False),
            "is_main": Column(boolean, False),
            "basis": TEXT,
        },
    ),
    "alert_rule": Table(
        ("rule_id", "clock_id", "level", "unit_code", "matter_code", "authority", "valid_from"),
        {
            "rule_id": REQUIRED,
            "clock_id": Column(code, ""),
            "level": Column(one_of(*LEVELS)),
            "unit_code": Column(code, ""),
            "matter_code": Column(code, ""),
            "authority": Column(code, ""),
            "valid_from": Column(day),
            "name": TEXT,
            "name_en": TEXT,
            "share": Column(share, None),
            "minute_share": Column(share, None),
            "least_workdays": Column(quantity, None),
            "grace_workdays": Column(quantity, None),
            "counted_day": Column(quantity, None),
            "left_days": Column(quantity, None),
            "left_minutes": Column(quantity, None),
            "least_cases": Column(quantity, None),
            "least_minutes": Column(quantity, None),
            "is_breach": Column(boolean, False),
            "is_off": Column(boolean, False),
        },
    ),
    "code_map": Table(
        ("source", "event_type", "field", "code", "valid_from"),
        {
            "source": REQUIRED,
            "event_type": Column(event_type, ""),
            "field": Column(field_path),
            "code": REQUIRED,
            "valid_from": Column(day),
            "valid_to": Column(day, None),
            "value": REQUIRED,
        },
    ),
}

__all__ = ["SHIPPED", "TABLES", "Column", "InvalidRows", "Row", "Table", "Values"]
