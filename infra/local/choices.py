"""What a city may decide where the law leaves it open, as it stands in the reference data in force."""

from typing import NamedTuple

import psycopg


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
    select clock_id, matter_code, name_en, coalesce(limit_value || ' ' || limit_unit, 'as ' || limit_field)
    from reference.clock_rule
    where until_version is null and clock_id = any(%s)
    order by clock_id, matter_code, valid_from
"""
_MATTERS = """
    select count(distinct matter_code) filter (where clock_start = 'receive'), count(distinct matter_code)
    from reference.matter where until_version is null
"""
_AUTHORITIES = """
    select authority, extension_any_time, late_pauses_extend
    from reference.authority where until_version is null order by authority
"""
_HOURS = """
    select hours, season_from, season_to, string_agg(to_char(opens, 'HH24:MI') || '–' || to_char(closes, 'HH24:MI'), ', ' order by opens)
    from reference.office_hours where until_version is null group by hours, season_from, season_to order by 1, 2
"""
_LAST_NOTICE = """
    select calendar, max(day) from reference.calendar_day
    where until_version is null and status = 'official' group by calendar order by calendar
"""


def choices(url: str) -> list[Choice]:
    """The open questions (`reference` §12) and their answers; psycopg.Error where the database does not answer."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        found = [
            Choice(f"{name}{f' ({matter})' if matter else ''}", limit, f"clock_rule {clock}")
            for clock, matter, name, limit in connection.execute(_CLOCKS, [list(_OPEN_CLOCKS)])
        ]
        received, matters = connection.execute(_MATTERS).fetchone() or (0, 0)
        found.append(Choice("clock starts with the receipt", f"{received} of {matters} matters", "matter clock_start"))
        found.append(Choice("half a day", "240 office minutes", "unit halfday"))
        found.append(
            Choice(
                "days of a pause",
                "the day it begins on counts, the day it ends on does not",
                "docs/reading-a-case.md §3",
            )
        )
        for authority, is_any_time, is_late in connection.execute(_AUTHORITIES):
            told = "any time" if is_any_time else "before the due date"
            answer = f"extensions told {told}, late pauses {'extend' if is_late else 'do not extend'}"
            found.append(Choice(f"readings of {authority}", answer, "authority"))
        for hours, since, until, sessions in connection.execute(_HOURS):
            found.append(Choice(f"office hours {hours}, {since} to {until}", sessions, "office_hours"))
        for calendar, day in connection.execute(_LAST_NOTICE):
            found.append(Choice(f"last day of calendar {calendar} with a notice", day.isoformat(), "calendar_day"))
    return found
