"""Reads a rulebook out of schema `reference`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from streams.domain.alert_rules import AlertRule, AlertTable, Scope
from streams.domain.clock_rules import ClockRule, ClockTable, parse_conditions
from streams.domain.events import FOLDED
from streams.domain.law import Law
from streams.domain.limits import Limit
from streams.domain.rulebook import Authority, Matter, Rulebook
from streams.domain.worktime import DayRule, Schedule, Season, WorkCalendar

Connection = psycopg.Connection[Any]
#: The type of a matter that the catalogue has no longer.
REMOVED = "removed"


class NoReferenceData(Exception):
    """Nothing was loaded yet."""


def active_version(connection: Connection) -> int:
    """The version in force."""
    row = connection.execute("select version from reference.active").fetchone()
    if row is None:
        raise NoReferenceData("no reference data: load it with 'govpulse reference load'")
    return int(row[0])


def read_rulebook(connection: Connection, version: int | None = None) -> Rulebook:
    """The rulebook of a version, by default the one in force."""
    version = version if version is not None else active_version(connection)
    tables = {name: list(_rows(connection, name, version)) for name in _TABLES}
    calendar_version = connection.execute(
        """select greatest(
               (select max(greatest(since_version, until_version)) from reference.calendar where since_version <= %(v)s),
               (select max(greatest(since_version, until_version)) from reference.calendar_day where since_version <= %(v)s),
               (select max(greatest(since_version, until_version)) from reference.schedule where since_version <= %(v)s),
               (select max(greatest(since_version, until_version)) from reference.office_hours where since_version <= %(v)s),
               1)""",
        {"v": version},
    ).fetchone()
    return rulebook_of(tables, version=version, calendar_version=int(calendar_version[0]) if calendar_version else 1)


_TABLES = (
    "calendar",
    "calendar_day",
    "office_hours",
    "schedule",
    "schedule_assignment",
    "authority",
    "source",
    "matter",
    "alert_rule",
    "clock_rule",
)


def _rows(connection: Connection, name: str, version: int) -> Iterator[Any]:
    query = sql.SQL(
        "select * from reference.{} where since_version <= %s and (until_version is null or until_version > %s)"
    ).format(sql.Identifier(name))
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        yield from cursor.execute(query, [version, version])


def rulebook_of(tables: dict[str, list[Any]], *, version: int, calendar_version: int) -> Rulebook:
    """The rulebook that rows of the tables make; a row is any object with the table's columns as attributes."""
    calendars = _calendars(tables)
    return Rulebook(
        version=version,
        calendar_version=calendar_version,
        calendars=calendars,
        schedules=_schedules(tables, calendars),
        assignments={(row.scope_type, row.scope_code): row.schedule for row in tables["schedule_assignment"]},
        authorities={row.authority: Authority(row.authority, row.clock, _law(row)) for row in tables["authority"]},
        matters=_matters(tables["matter"]),
        alerts=AlertTable(_alert_rule(row) for row in tables["alert_rule"]),
        clocks={
            family: ClockTable(_clock_rule(row) for row in tables["clock_rule"] if row.family == family)
            for family in FOLDED
        },
        precedences={row.source: row.precedence for row in tables["source"]},
    )


def _law(row: Any) -> Law:
    return Law(
        extension_any_time=row.extension_any_time,
        late_pauses_extend=row.late_pauses_extend,
        pause_day_rule=row.pause_day_rule,
        pause_cap=row.pause_cap,
        ledger_closing=row.ledger_closing,
    )


def _alert_rule(row: Any) -> AlertRule:
    return AlertRule(
        rule_id=row.rule_id,
        level=row.level,
        clock_id=row.clock_id,
        scope=Scope(row.unit_code, row.matter_code, row.authority),
        valid_from=row.valid_from,
        name=row.name,
        name_en=row.name_en,
        share=Fraction(row.share or 0),
        minute_share=Fraction(row.minute_share or 0),
        least_workdays=row.least_workdays,
        grace_workdays=row.grace_workdays,
        counted_day=row.counted_day,
        left_days=row.left_days,
        left_workdays=row.left_workdays,
        left_minutes=row.left_minutes,
        least_cases=row.least_cases,
        least_minutes=row.least_minutes,
        within_minutes=row.within_minutes,
        gaps=row.gaps,
        worse_share=Fraction(row.worse_share or 0),
        is_breach=row.is_breach,
        is_off=row.is_off,
    )


def _clock_rule(row: Any) -> ClockRule:
    return ClockRule(
        clock_id=row.clock_id,
        family=row.family,
        valid_from=row.valid_from,
        matter_code=row.matter_code,
        each=row.each,
        start=frozenset(row.start.split()),
        when=parse_conditions(row.start_when),
        restart=frozenset(row.restart.split()),
        stop=frozenset(row.stop.split()),
        ended_by=frozenset(row.ended_by.split()),
        ended_when=parse_conditions(row.ended_when),
        void=frozenset(row.void.split()),
        cleared_by=frozenset(row.cleared_by.split()),
        pauses=row.pauses,
        limit_field=row.limit_field,
        limit=_limit(row.limit_value, row.limit_unit),
        is_wall_time=row.is_wall_time,
        is_main=row.is_main,
    )


def _calendars(tables: dict[str, list[Any]]) -> dict[str, WorkCalendar]:
    rules: dict[str, dict[date, DayRule]] = defaultdict(dict)
    for row in tables["calendar_day"]:
        rules[row.calendar][row.day] = DayRule(row.is_workday, row.status == "official", row.name, row.notice)
    return {
        row.calendar: WorkCalendar(
            row.calendar,
            {**rules[row.based_on], **rules[row.calendar]} if row.based_on else rules[row.calendar],
            ordinary=row.ordinary,
            is_ordinary_official=row.ordinary_status == "official",
        )
        for row in tables["calendar"]
    }


def _schedules(tables: dict[str, list[Any]], calendars: dict[str, WorkCalendar]) -> dict[str, Schedule]:
    hours = _seasons(tables["office_hours"])
    return {
        row.schedule: Schedule(
            row.schedule,
            calendars[row.calendar],
            hours[row.hours],
            ZoneInfo(row.zone),
            halfday_minutes=row.halfday_minutes,
        )
        for row in tables["schedule"]
    }


def _seasons(rows: Iterable[Any]) -> dict[str, tuple[Season, ...]]:
    sessions: dict[str, dict[tuple[str, str], list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        sessions[row.hours][row.season_from, row.season_to].append((row.opens, row.closes))
    return {
        name: tuple(sorted(Season(since, until, tuple(sorted(found))) for (since, until), found in seasons.items()))
        for name, seasons in sessions.items()
    }


def _matters(rows: Iterable[Any]) -> dict[str, tuple[Matter, ...]]:
    found: dict[str, list[Matter]] = defaultdict(list)
    for row in rows:
        found[row.matter_code].append(
            Matter(
                code=row.matter_code,
                valid_from=row.valid_from,
                name=row.name,
                statutory=_limit(row.statutory_value, row.statutory_unit),
                fallback=_limit(row.fallback_value, row.fallback_unit),
                extension=_limit(row.extension_value, row.extension_unit),
                promise=_limit(row.promise_value, row.promise_unit),
                is_wall_time=row.is_wall_time,
                clock_start=row.clock_start,
                has_fee=row.has_fee,
                is_deemed_consent=row.is_deemed_consent,
                special_kinds=frozenset(row.special_kinds.split()),
                basis=row.basis,
                is_removed=row.case_type == REMOVED,
            )
        )
    return {code: tuple(sorted(matters, key=lambda matter: matter.valid_from)) for code, matters in found.items()}


def _limit(value: int | None, unit: Any) -> Limit | None:
    return None if value is None else Limit(value, unit)
