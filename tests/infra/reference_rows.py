"""Rows of reference data with which tests begin, and what is wrong with them beside the shipped ones."""

from datetime import date, timedelta
from functools import cache

from infra.reference_data import InvalidRows, read_directory
from infra.reference_data.changes import after, changes_of
from infra.reference_data.checks import check
from infra.reference_data.lines import lines_of
from infra.reference_data.rows import parse
from infra.reference_data.tables import SHIPPED, TABLES

CLOCK = {
    "clock_id": "c",
    "valid_from": "2026-01-01",
    "family": "case",
    "start": "case.received",
    "stop": "case.accepted",
    "limit_value": "2",
    "limit_unit": "day",
}
CORE = {"clock_id": "promise", "valid_from": "1990-01-01", "family": "case", "name": "承诺", "name_en": "promise"}
LEVEL = {"rule_id": "AR-30", "clock_id": "delivery", "level": "red", "valid_from": "2026-01-01"}
YELLOW = LEVEL | {"level": "yellow"}
PROMISE = LEVEL | {"rule_id": "AR-01", "clock_id": "promise", "level": "blue", "share": "0.3", "least_workdays": "2"}
MATTER = {"matter_code": "X", "valid_from": "2026-01-01"}
CALENDAR = {"calendar": "county", "ordinary": "monday_friday", "ordinary_status": "provisional", "based_on": "cn"}
DAY = {"calendar": "cn", "is_workday": "true", "status": "official"}
OWN = {"calendar": "own", "ordinary": "monday_friday", "ordinary_status": "official"}
HOURS = {"hours": "h", "opens": "09:00", "closes": "17:00"}
TARGET = {
    "target_id": "T90",
    "issuer": "city",
    "metric_id": "on_time_rate",
    "scope_type": "authority",
    "quotation": "q",
    "paragraph": "p",
    "responsible": "r",
    "comparator": ">=",
    "value": "0.9",
    "valid_from": "2022-03-07",
    "class": "A",
}
METRIC = {
    "metric_id": "queue_length",
    "name": "排队",
    "name_en": "queue",
    "formula": "f",
    "formula_en": "f",
    "unit": "count",
    "cohort": "standing",
    "is_rate": "false",
    "better": "lower",
    "computed": "out_of_scope",
    "source": "nobody",
    "note": "not told",
}
CODE = {
    "source": "urn:gov:360200:govpulse",
    "field": "data.result",
    "code": "0",
    "valid_from": "2026-01-01",
    "value": "granted",
}


def days(first: str, number: int, *, without: str = ""):
    """So many days of calendar 'own' in a row, Monday to Friday working ones."""
    found = [date.fromisoformat(first) + timedelta(days=place) for place in range(number)]
    return [
        DAY | {"calendar": "own", "day": str(day), "is_workday": str(day.weekday() < 5)}
        for day in found
        if str(day) != without
    ]


@cache
def shipped_rows():
    return {name: {} for name in TABLES} | parse(read_directory(SHIPPED)).rows


def faults_with(tables, *, replaces=False) -> list[str]:
    """What is wrong with the shipped rows and these together; with `replaces` their tables hold nothing else."""
    shipped = {name: dict(rows) for name, rows in shipped_rows().items()}
    try:
        wanted = parse(tables)
        check(lines_of(after(shipped, changes_of(shipped, wanted.rows, replaces=replaces)), wanted.places))
    except InvalidRows as error:
        return error.faults
    return []
