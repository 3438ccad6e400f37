"""What one cell alone cannot show: names that must exist, calendars without gaps, sessions that overlap."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from infra.reference_data.columns import InvalidRows
from infra.reference_data.level_checks import level_faults
from infra.reference_data.lines import Line, Lines
from infra.reference_data.rule_checks import rule_faults
from infra.reference_data.tables import TABLES
from infra.reference_data.target_checks import target_faults

#: Table and column → the table whose rows it names.
NAMES = (
    ("calendar", "based_on", "calendar"),
    ("calendar_day", "calendar", "calendar"),
    ("schedule", "calendar", "calendar"),
    ("schedule", "hours", "office_hours"),
    ("schedule_assignment", "schedule", "schedule"),
    ("clock_rule", "matter_code", "matter"),
    ("alert_rule", "matter_code", "matter"),
    ("alert_rule", "authority", "authority"),
    ("code_map", "source", "source"),
    ("source", "authority", "authority"),
    ("source", "calendar", "calendar"),
)
#: A year with a 29 February, to try seasons on.
LEAP = date(2024, 1, 1)


def check(lines: Lines) -> None:
    """Raises InvalidRows with every fault of what will be in force."""
    if faults := faults_of(lines):
        raise InvalidRows(faults)


def faults_of(lines: Lines) -> list[str]:
    """Every fault of what will be in force."""
    return [
        *_unknown_names(lines),
        *_assignment_faults(lines),
        *_calendar_faults(lines),
        *_session_faults(lines["office_hours"]),
        *_season_faults(lines["office_hours"]),
        *rule_faults(lines),
        *level_faults(lines["alert_rule"]),
        *target_faults(lines),
    ]


def _unknown_names(lines: Lines) -> Iterator[str]:
    for table, column, known_in in NAMES:
        key = TABLES[known_in].key[0]
        known = {line[key] for line in lines[known_in]}
        for line in lines[table]:
            if line[column] and line[column] not in known:
                yield line.fault(column, f"is not defined; add it to table {known_in}")


def _assignment_faults(lines: Lines) -> Iterator[str]:
    """Units and areas are known from events; an authority is a row, as everything that it decides is."""
    known = {line["authority"] for line in lines["authority"]}
    for line in lines["schedule_assignment"]:
        kind, code = line["scope_type"], line["scope_code"]
        if kind == "default" and code:
            yield line.fault(
                "scope_code", "'default' is for everybody else; leave it empty, or write another scope_type"
            )
        elif kind != "default" and not code:
            yield line.fault("scope_code", f"names no {kind}; write its code, or scope_type 'default'")
        elif kind == "authority" and code not in known:
            yield line.fault("scope_code", "is not defined; add it to table authority")
    if not any((line["scope_type"], line["scope_code"]) == ("default", "") for line in lines["schedule_assignment"]):
        yield "schedule_assignment: no row 'default' with an empty scope_code; say by which schedule everybody else works"


# ------------------------------------------------------------------ calendars


def _calendar_faults(lines: Lines) -> Iterator[str]:
    calendars = {line["calendar"]: line for line in lines["calendar"]}
    for line in calendars.values():
        base: Line | None = calendars.get(line["based_on"])
        if base is None:
            continue
        if base["based_on"] is not None:
            remedy = f"is itself based on {base['based_on']!r}; base it on that one"
            yield line.fault("based_on", remedy)
        for column in ("ordinary", "ordinary_status"):
            if line[column] != base[column]:
                yield line.fault(column, f"calendar {base['calendar']!r}, its base, has {base[column]!r}; write that")
    yield from _gaps(lines, calendars)


def _gaps(lines: Lines, calendars: dict[str, Line]) -> Iterator[str]:
    """A calendar that leaves out a whole year, or a day though it lists its ordinary days too, was not loaded whole."""
    days: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(lines["calendar_day"], key=lambda line: line["day"]):
        days[line["calendar"]].append(line)
    for calendar, listed in days.items():
        own = calendars.get(calendar)
        if own is None or own["based_on"] is not None:
            continue
        is_whole = _lists_ordinary_days(own, listed)
        for before, line in pairwise(listed):
            first, last = before["day"] + timedelta(days=1), line["day"] - timedelta(days=1)
            if line["day"].year > before["day"].year + 1:
                missing = " and ".join(map(str, range(before["day"].year + 1, line["day"].year)))
                yield line.fault(
                    "day",
                    f"calendar {calendar!r} has days of {before['day'].year} and of later years and none of {missing}; "
                    f"add the days of the notice for {missing}",
                )
            elif is_whole and first <= last:
                stretch = f"{first}" if first == last else f"{first} to {last}"
                yield line.fault(
                    "day",
                    f"calendar {calendar!r} lists its ordinary days too, and leaves out {stretch}; "
                    "add every day of them, ordinary ones too",
                )


def _lists_ordinary_days(calendar: Line, listed: list[Line]) -> bool:
    """Whether most rows say what no row would say too; one that lists exceptions only has a few: Sundays of festivals."""
    is_every_day = calendar["ordinary"] == "every_day"
    ordinary: int = sum(line["is_workday"] == (is_every_day or line["day"].weekday() < 5) for line in listed)
    return 2 * ordinary > len(listed)


# ------------------------------------------------------------------ office hours


def _session_faults(lines: list[Line]) -> Iterator[str]:
    ordered = sorted(lines, key=lambda line: (line["hours"], line["season_from"], line["opens"]))
    before: Line | None = None
    for line in ordered:
        if line["closes"] <= line["opens"]:
            yield line.fault("closes", f"{line['hours']!r} closes before it opens at {line['opens']}; turn them round")
        if before is not None and (before["hours"], before["season_from"]) == (line["hours"], line["season_from"]):
            if before["closes"] > line["opens"]:
                yield line.fault(
                    "opens",
                    f"lies within another session, which closes at {before['closes']}; open then or later, or end that one before",
                )
            if before["season_to"] != line["season_to"]:
                yield line.fault("season_to", f"one season has two ends, also {before['season_to']}; write one")
        before = line


def _season_faults(lines: list[Line]) -> Iterator[str]:
    """Every day of the year belongs to exactly one season of its hours."""
    seasons: dict[str, dict[tuple[str, str], Line]] = defaultdict(dict)
    for line in lines:
        seasons[line["hours"]][line["season_from"], line["season_to"]] = line
    for hours, found in seasons.items():
        for number in range(366):
            month_day = f"{LEAP + timedelta(days=number):%m-%d}"
            over = [line for (since, until), line in found.items() if covers(since, until, month_day)]
            if len({line["season_from"] for line in over}) > 1:
                yield over[1].fault("season_from", f"{month_day} lies in two seasons of {hours!r}; end one before it")
                break
            if not over:
                before = max(found.values(), key=lambda line: (line["season_to"] < month_day, line["season_to"]))
                yield before.fault("season_to", f"{hours!r} has no season on {month_day}; let one reach to it")
                break


def covers(since: str, until: str, month_day: str) -> bool:
    """Whether a season holds a day; one may go over the turn of the year."""
    return since <= month_day <= until if since <= until else month_day >= since or month_day <= until
