"""Whether matters, clocks, alert rules and code maps make sense together."""

import difflib
import types
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any, get_args

import msgspec

from infra.reference_data.clock_checks import DATA_OF, clock_faults, most_days
from infra.reference_data.lines import Line, Lines
from infra.reference_data.matter_checks import length_faults, matter_faults
from streams.domain.clock_rules import CORE, FOLLOWING, parse_conditions
from streams.domain.events import DERIVED, EVENT_TYPES, FOLDED
from streams.domain.statements import RULES as STATEMENT_RULES

#: What a rule's level may begin at; exactly one.
THRESHOLDS = ("share", "counted_day", "left_days", "left_workdays", "left_minutes", "is_breach")


#: What clocks of which families may leave out.
PAUSED_IN = {"": FOLDED, "special": ("case",), "reopening": ("case",), "idle": ("bundle",)}


class OwnRule(msgspec.Struct, frozen=True):
    """A rule with a reading of its own: its clock ('': it has none), what it needs, and the scopes it is not read by."""

    clock: str
    needs: tuple[str, ...] = ()
    never_by: tuple[str, ...] = ()


#: Every other rule is read by its clock alone, whatever its name (`docs/reading-a-case.md` §5).
OWN_RULES = {
    "AR-01": OwnRule("promise", ("share", "least_workdays")),
    "AR-02": OwnRule("promise", ("share", "minute_share")),
    "AR-03": OwnRule("promise", ("is_breach",)),
    "AR-04": OwnRule("statutory", ("grace_workdays",)),
    **{rule_id: OwnRule("") for rule_id, _, _ in STATEMENT_RULES},
    # about sources and units as wholes
    "AR-17": OwnRule("", ("share", "least_cases"), ("matter_code",)),
    "AR-18": OwnRule("", ("least_minutes",), ("unit_code", "matter_code")),
    "AR-19": OwnRule("", ("share", "least_cases"), ("matter_code",)),
}
#: Where every field is.
DICTIONARY = "docs/data-dictionary.md has them all"
#: Columns that one rule alone reads.
ALONE = {"within_minutes": "AR-17", "gaps": "AR-18", "worse_share": "AR-19"}


def rule_faults(lines: Lines) -> Iterator[str]:
    for line in lines["matter"]:
        yield from matter_faults(line)
    for line in lines["clock_rule"]:
        yield from _clock_faults(line)
        yield from clock_faults(line)
    clocks = {line["clock_id"] for line in lines["clock_rule"]} | CORE
    for line in lines["alert_rule"]:
        yield from _alert_faults(line, clocks)
        yield from _reach_faults(line, lines["clock_rule"])
    yield from _code_map_faults(lines["code_map"])


# ------------------------------------------------------------------ clocks


def _clock_faults(line: Line) -> Iterator[str]:
    starts = line["start"].split()
    if line["clock_id"] in CORE or line["clock_id"] in FOLLOWING:
        return
    if not starts:
        yield line.fault("start", f"clock {line['clock_id']!r} never starts; name the event types that start it")
    for column in ("start", "restart", "stop", "ended_by", "void", "cleared_by"):
        strangers = [name for name in line[column].split() if name.partition(".")[0] != line["family"]]
        if strangers:
            yield line.fault(column, f"{strangers[0]!r} is no event of family {line['family']!r}; name one of its own")
    if line["family"] not in PAUSED_IN[line["pauses"]]:
        yield line.fault("pauses", f"a {line['family']} has none of it; leave it empty")
    if line["ended_when"] and not line["ended_by"]:
        yield line.fault(
            "ended_when", "nothing is asked that must say so; name the types in ended_by, or leave it empty"
        )
    yield from _unknown_fields(line, starts)
    yield from _limit_faults(line)


def _unknown_fields(line: Line, starts: list[str]) -> Iterator[str]:
    wanted = [("limit_field", line["limit_field"], starts), ("each", line["each"], starts)]
    wanted += [("start_when", condition.field, starts) for condition in parse_conditions(line["start_when"])]
    ends = line["ended_by"].split()
    wanted += [("ended_when", condition.field, ends) for condition in parse_conditions(line["ended_when"])]
    for column, field, named in wanted:
        known = set().union(*(fields_of(name) for name in named))
        if field and named and field not in known:
            yield line.fault(
                column, f"no type of {' '.join(named)} has the field {field!r}; there are {', '.join(sorted(known))}"
            )


def _limit_faults(line: Line) -> Iterator[str]:
    yield from length_faults(line, "limit")
    value, unit = line["limit_value"], line["limit_unit"]
    is_only_unit = value is None and unit is not None and line["limit_field"] != ""  # the unit of a field with a number
    if (value is None) != (unit is None) and not is_only_unit:
        yield line.fault("limit_value", "limit_value and limit_unit go together; give both or none")
    if value == 0 and unit not in (None, "onspot"):
        yield line.fault("limit_value", "a limit is above 0; write how long the clock may run")
    if line["clock_id"] == "receipt" and unit not in ("day", "workday"):
        yield line.fault("limit_unit", "an answer to an application is due in days; write day or workday")


def fields_of(event_type: str) -> set[str]:
    """The names of the fields of a type, as the contract has them."""
    struct = EVENT_TYPES.get(DATA_OF.get(event_type, event_type))
    return {field.encode_name for field in msgspec.structs.fields(struct)} if struct is not None else set()


# ------------------------------------------------------------------ alert rules


def _alert_faults(line: Line, clocks: set[str] | frozenset[str]) -> Iterator[str]:
    clock, own = line["clock_id"], OWN_RULES.get(line["rule_id"])
    for column in own.never_by if own is not None else ():
        if line[column]:
            yield line.fault(column, f"{line['rule_id']} is not about one of these; leave it empty")
    if clock and clock not in clocks:
        yield line.fault("clock_id", f"is no clock; add it to clock_rule, or name one of {', '.join(sorted(clocks))}")
    elif own is not None and clock != own.clock:
        remedy = f"write {own.clock!r}" if own.clock else "leave it empty"
        yield line.fault("clock_id", f"{line['rule_id']} is not read by this clock; {remedy}")
    elif own is None and clock in CORE:
        known = ", ".join(name for name, rule in OWN_RULES.items() if rule.clock == clock)
        yield line.fault("rule_id", f"clock {clock!r} is read by {known} alone; write one of them, or another clock_id")
    elif own is None and not clock:
        known = ", ".join(name for name, rule in OWN_RULES.items() if not rule.clock)
        yield line.fault("rule_id", f"nothing computes it without a clock; give a clock_id, or write one of {known}")
    elif not line["is_off"]:
        yield from _threshold_faults(line, own)


def _threshold_faults(line: Line, own: OwnRule | None) -> Iterator[str]:
    given = [name for name in THRESHOLDS if line[name] not in (None, False)]
    for name, rule_id in ALONE.items():
        if line[name] is not None and line["rule_id"] != rule_id:
            yield line.fault(name, f"{rule_id} alone reads it; leave it empty")
    if own is not None and own.needs:
        for name in own.needs:
            if line[name] in (None, False):
                yield line.fault(name, f"{line['rule_id']} needs it; give it")
    elif own is not None and given:
        yield line.fault(given[0], f"{line['rule_id']} has no clock and so no threshold; leave it empty")
    elif own is None and len(given) != 1:
        said = f"{' and '.join(given)} are given" if given else "none is given"
        column = given[-1] if given else "share"
        yield line.fault(column, f"a level begins at exactly one of {', '.join(THRESHOLDS)}; {said}")
    elif line["minute_share"] is not None and "share" not in given:
        yield line.fault("minute_share", "goes with share; give both")


def _reach_faults(line: Line, rules: list[Line]) -> Iterator[str]:
    """A level that begins on a day of its clock begins after its start, and before the last, which is the breach."""
    given = [name for name in ("counted_day", "left_days", "left_workdays") if line[name] is not None]
    days = most_days(line["clock_id"], line["matter_code"], line["valid_from"], rules) if given else None
    if days is None or line["is_off"]:
        return
    for name in given:
        clock = f"clock {line['clock_id']!r}"
        if days == 0 and name != "left_workdays":
            yield line.fault(name, f"{clock} counts no days; write left_workdays, left_minutes or share")
        elif days and line[name] >= days:
            so, other = (
                ("it never begins", "is_breach") if name == "counted_day" else ("it begins at the start", "share")
            )
            remedy = f"write at most {days - 1}, or {other}" if days > 1 else f"write {other}"
            yield line.fault(name, f"{clock} runs out after {days}, so {so}; {remedy}")


# ------------------------------------------------------------------ code maps


def _code_map_faults(lines: list[Line]) -> Iterator[str]:
    of_code: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for line in lines:
        if not _has_field(line["event_type"], line["field"]):
            yield line.fault("field", _no_field(line["event_type"], line["field"]))
        if line["valid_to"] is not None and line["valid_to"] < line["valid_from"]:
            yield line.fault("valid_to", f"lies before valid_from {line['valid_from']}; turn them round")
        of_code[line["source"], line["event_type"], line["field"], line["code"]].append(line)
    for found in of_code.values():
        ordered = sorted(found, key=lambda line: line["valid_from"])
        for before, line in pairwise(ordered):
            if (before["valid_to"] or date.max) >= line["valid_from"]:
                yield line.fault(
                    "valid_from",
                    f"code {line['code']!r} already has a value then ({before.place}); end that one before",
                )


def _no_field(event_type: str, path: str) -> str:
    said = f"event type {event_type!r} has no such field" if event_type else "no event type has such a field"
    there = sorted(
        {found.removeprefix("data.") for name in _types_of(event_type) for found in _paths(EVENT_TYPES[name])}
    )
    near = difflib.get_close_matches(path.removeprefix("data."), there, n=1)
    if near:
        return f"{said}; did you mean 'data.{near[0]}'?"
    return f"{said}; there are data.{', data.'.join(there)}" if event_type else f"{said}; {DICTIONARY}"


def _types_of(event_type: str) -> list[str]:
    return [event_type] if event_type else [name for name in EVENT_TYPES if name not in DERIVED]


def _has_field(event_type: str, path: str) -> bool:
    return any(path in _paths(EVENT_TYPES[name]) for name in _types_of(event_type))


def _paths(struct: Any, path: str = "data") -> Iterator[str]:
    """The path of every field, at whatever depth."""
    for one in get_args(struct) if isinstance(struct, types.UnionType) else (struct,):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            for field in msgspec.structs.fields(one):
                yield f"{path}.{field.encode_name}"
                yield from _paths(field.type, f"{path}.{field.encode_name}")
