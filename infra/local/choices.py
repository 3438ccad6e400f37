"""What a city may decide where the law leaves it open, as it stands in the reference data in force."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import yaml

from infra.warehouse.dbt import PROJECT

Connection = psycopg.Connection[Any]


class Choice(NamedTuple):
    """An open question, how it is answered here, and where to change it."""

    question: str
    answer: str
    where: str


#: Clocks whose limit the law or the policy leaves open, or lets a city shorten.
_OPEN_CLOCKS = (
    "receipt",
    "rating_contact",
    "rating_repair",
    "payout_review",
    "payout_payment",
    "ledger_progress",
    "consent",
)
_CLOCKS = """
    select clock_id, matter_code, name_en, coalesce(limit_value || ' ' || limit_unit, 'as ' || nullif(limit_field, ''), 'as promised')
    from reference.clock_rule
    where until_version is null and clock_id = any(%s)
    order by clock_id, matter_code, valid_from
"""
_MATTERS = """
    with latest as (
        select distinct on (matter_code) * from reference.matter where until_version is null order by matter_code, valid_from desc
    )
    select count(*), count(*) filter (where clock_start = 'receive'), count(*) filter (where is_wall_time),
        count(*) filter (where special_kinds <> ''), count(*) filter (where statutory_unit = 'day'),
        count(*) filter (where statutory_unit = 'workday'), count(*) filter (where promise_unit is not null),
        count(*) filter (where extension_value is not null)
    from latest
"""
_HALF_DAYS = """
    select halfday_minutes, string_agg(schedule, ', ' order by schedule)
    from reference.schedule where until_version is null group by halfday_minutes order by halfday_minutes
"""
_TARGETS = """
    select count(*) filter (where deadline is null or deadline >= current_date), count(*)
    from reference.target where until_version is null
"""
_AUTHORITIES = """
    select authority, extension_any_time, late_pauses_extend, pause_day_rule, pause_cap, ledger_closing
    from reference.authority where until_version is null order by authority
"""
_HOURS = """
    select hours, season_from, season_to, string_agg(to_char(opens, 'HH24:MI') || '–' || to_char(closes, 'HH24:MI'), ', ' order by opens)
    from reference.office_hours where until_version is null group by hours, season_from, season_to order by 1, 2
"""
_RATINGS = """
    select count(distinct source) from reference.code_map where field = 'data.level' and until_version is null
"""
_LAST_NOTICE = """
    select calendar, max(day) from reference.calendar_day
    where until_version is null and status = 'official' group by calendar order by calendar
"""

_DAY_RULES = {
    "half_open": "its first day counts, the others do not",
    "inclusive": "its first day does not count either",
}
_CAPS = {
    "declared": "the days declared for it; none declared: no end",
    "none": "no end; what is beyond the declared days is told by AR-09",
}
_CLOSINGS = {
    "verified": "anyone, once somebody other than its doer has verified it",
    "anyone": "anyone, verified or not",
}
#: What the code fixes: nobody has asked to have it otherwise yet.
_FIXED = (
    Choice("a limit in natural days that ends on a day off", "the next working day", "docs/reading-a-case.md §4"),
    Choice("who closes a signal", "nobody by hand: the events that end its reason", "docs/clocks-and-rules.md"),
)


def choices(url: str) -> list[Choice]:
    """The open questions (`reference` §3, §12) and their answers; psycopg.Error where the database does not answer."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        return [
            *_of_clocks(connection),
            *_of_matters(connection),
            *_of_offices(connection),
            *_FIXED,
            *_of_targets(connection),
        ]


def _of_clocks(connection: Connection) -> Iterator[Choice]:
    for clock, matter, name, limit in connection.execute(_CLOCKS, [list(_OPEN_CLOCKS)]):
        yield Choice(f"{name}{f' ({matter})' if matter else ''}", limit, f"clock_rule {clock}")
    for authority, is_any_time, is_late, day_rule, cap, closing in connection.execute(_AUTHORITIES):
        told = "any time" if is_any_time else "before the due date"
        answer = f"extensions told {told}, late pauses {'extend' if is_late else 'do not extend'}"
        yield Choice(f"readings of {authority}", answer, "authority")
        yield Choice(f"days of a pause ({authority})", _DAY_RULES[day_rule], "authority pause_day_rule")
        yield Choice(f"longest pause ({authority})", _CAPS[cap], "authority pause_cap")
        yield Choice(f"who closes a ledger item ({authority})", _CLOSINGS[closing], "authority ledger_closing")


def _of_matters(connection: Connection) -> Iterator[Choice]:
    row = connection.execute(_MATTERS).fetchone() or (0,) * 8
    all_, received, wall, special, natural, working, promised, extended = row
    yield Choice("clock starts with the receipt", f"{received} of {all_} matters", "matter clock_start")
    yield Choice("limits in hours and minutes", f"office time; {wall} matters by the wall clock", "matter is_wall_time")
    answer = f"{extended} of {all_} matters say; of the others as told"
    yield Choice("by how much a limit may be extended", answer, "matter extension_value, extension_unit")
    yield Choice(
        "special procedures", f"{special} matters list theirs; of the others any pauses", "matter special_kinds"
    )
    yield Choice(
        "days that a law prints", f"{natural} matters in natural, {working} in working days", "matter statutory_unit"
    )
    yield Choice(
        "promises in the catalogue", f"{promised} of {all_} matters", "matter promise_value, or catalogue events"
    )


def _of_offices(connection: Connection) -> Iterator[Choice]:
    for minutes, schedules in connection.execute(_HALF_DAYS):
        yield Choice(f"half a day ({schedules})", f"{minutes} office minutes", "schedule halfday_minutes")
    for hours, since, until, sessions in connection.execute(_HOURS):
        yield Choice(f"office hours {hours}, {since} to {until}", sessions, "office_hours")
    (mapped,) = connection.execute(_RATINGS).fetchone() or (0,)
    yield Choice("rating", f"1 is best, 5 is worst; {mapped} sources map theirs", "code_map data.level")
    for calendar, day in connection.execute(_LAST_NOTICE):
        yield Choice(f"last day of calendar {calendar} with a notice", day.isoformat(), "calendar_day")


def _of_targets(connection: Connection) -> Iterator[Choice]:
    running, all_ = connection.execute(_TARGETS).fetchone() or (0, 0)
    yield Choice("targets whose deadline has not passed", f"{running} of {all_}", "target deadline")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    day = settings["vars"]["baseline_day"]
    yield Choice("day whose guide cuts are compared with", str(day), "dbt_project.yml baseline_day")
