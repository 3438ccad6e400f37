"""Whether clocks can do what their rows say: begin, end, run out; and what of them is read in code and is no data."""

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, get_args

import msgspec

from connectors.vocabulary import described
from infra.reference_data.lines import Line
from infra.reference_data.tables import TABLES
from streams.domain.clock_rules import CORE, FOLLOWING
from streams.domain.events import EVENT_TYPES
from streams.domain.limits import Limit

#: Moments that follow from several statements bear the data of this one.
DATA_OF = {"bundle.begun": "bundle.opened", "case.deemed_accepted": "case.received"}
#: What a row of a clock that is read in code may say.
OF_CORE = frozenset({"clock_id", "valid_from", "family", "name", "name_en", "basis"})
#: What a clock may take its limit from.
LIMITS = (Limit, datetime, date, int)
#: Days of the longest month: a limit of so many may have that many days.
MONTH = 31
#: From when rules hold that always held.
EVER = date(1990, 1, 1)


def clock_faults(line: Line) -> Iterator[str]:
    """What `rule_checks` does not say of a clock already."""
    if line["clock_id"] in CORE:
        yield from _core_faults(line)
    elif line["clock_id"] in FOLLOWING:
        yield from _read_in_code(line, OF_CORE | {"matter_code"})
    else:
        yield from _end_faults(line)
        yield from _word_faults(line)
        yield from _field_faults(line)


# ------------------------------------------------------------------ clocks that are read in code


def _core_faults(line: Line) -> Iterator[str]:
    """Stream and warehouse compute these two by themselves; a row names them, and that is all it does."""
    yield from _read_in_code(line, OF_CORE)
    if line["valid_from"] != EVER:
        yield line.fault("valid_from", f"clock {line['clock_id']!r} is read in code on all days; write {EVER}")


def _read_in_code(line: Line, may_say: frozenset[str]) -> Iterator[str]:
    clock = f"clock {line['clock_id']!r} is read in code, which does not look at it"
    if line["family"] != "case":
        yield line.fault("family", f"{clock}; write 'case'")
    for column, of in TABLES["clock_rule"].columns.items():
        if column not in may_say and line[column] != of.default:
            is_limit = column in ("matter_code", "limit_field", "limit_value", "limit_unit", "is_wall_time")
            remedy = (
                "a matter's limits and how they count belong into matter.csv"
                if is_limit
                else "what a city may read otherwise belongs into authority.csv"
            )
            yield line.fault(column, f"{clock}; leave it empty: {remedy}")


# ------------------------------------------------------------------ beginning, end, limit


def _end_faults(line: Line) -> Iterator[str]:
    if not line["stop"]:
        yield line.fault("stop", f"clock {line['clock_id']!r} never ends; name the event types that end it")
    if line["limit_value"] is None and line["limit_unit"] is None and not line["limit_field"]:
        yield line.fault(
            "limit_value",
            f"clock {line['clock_id']!r} has no limit and would never run; give limit_value and limit_unit, or limit_field",
        )
    if line["limit_value"] and line["limit_unit"] == "onspot":
        yield line.fault("limit_value", "on the spot is the day itself; write 0, or another limit_unit")


def _field_faults(line: Line) -> Iterator[str]:
    """The field of a limit holds a limit, an instant, a day or a number."""
    field, types = line["limit_field"], _fields(line)
    if field in types and not _is_limit(types[field]):
        good = ", ".join(sorted(name for name, type_ in types.items() if _is_limit(type_)))
        yield line.fault(
            "limit_field",
            f"is no limit, instant, day or number of days; name one that is, of {good or 'another event type'}, "
            "or give limit_value and limit_unit",
        )


def _fields(line: Line) -> dict[str, Any]:
    """The fields of the starting types."""
    found: dict[str, Any] = {}
    for name in line["start"].split():
        struct = EVENT_TYPES.get(DATA_OF.get(name, name))
        if struct is not None:
            found |= {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    return found


def _is_limit(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, LIMITS) and annotation is not bool
    return any(_is_limit(part) for part in get_args(annotation))


# ------------------------------------------------------------------ words of the contract


def _word_faults(line: Line) -> Iterator[str]:
    """A condition on a code that is none of the contract's would hold never, or always."""
    for column, types in (("start_when", line["start"]), ("ended_when", line["ended_by"])):
        for field, said in re.findall(r"([a-z_]+)!?=([a-z0-9_|]+)", line[column]):
            known = _words_of(types, field)
            for word in said.split("|") if known else ():
                if word not in known:
                    yield line.fault(column, not_a_word(word, known, f"the contract's codes of {field}"))


def _words_of(starts: str, field: str) -> frozenset[str]:
    """The codes of a field of the starting types; none where one of them has no list."""
    lists = []
    for name in starts.split():
        owner = DATA_OF.get(name, name)
        struct = EVENT_TYPES.get(owner)
        if struct is not None and field in {one.encode_name for one in msgspec.structs.fields(struct)}:
            lists.append(words(owner, field))
    return frozenset().union(*lists) if lists and all(lists) else frozenset()


def words(event_type: str, field: str) -> frozenset[str]:
    """The contract's codes of a field (`connectors/codes.csv`); none: it has no list."""
    lists = _lists()
    return lists.get(f"{event_type}.{field}") or lists.get(field) or frozenset()


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in described():
        found.setdefault(row["field"], set()).add(row["code"])
    return {field: frozenset(codes) for field, codes in found.items()}


def not_a_word(word: str, known: frozenset[str], what: str) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "a source's own word is mapped to one of them in code_map.csv"
    return f"{word!r} is none of {what}, {', '.join(sorted(known))}; {hint}"


# ------------------------------------------------------------------ how long clocks run


def most_days(clock_id: str, matter_code: str, since: date, rules: list[Line]) -> int | None:
    """How many days the clock of a matter ('': of any) may count, by its rows; 0: it counts no days; None: not known."""
    of_clock = [rule for rule in rules if rule["clock_id"] == clock_id]
    own = [rule for rule in of_clock if matter_code and rule["matter_code"] == matter_code]
    if matter_code and not any(rule["valid_from"] <= since for rule in own):
        own += [rule for rule in of_clock if not rule["matter_code"]]
    lengths = [_days(rule) for rule in (own if matter_code else of_clock)]
    known = [length for length in lengths if length is not None]
    return max(known) if known and len(known) == len(lengths) else None


def _days(rule: Line) -> int | None:
    value, unit = rule["limit_value"], rule["limit_unit"]
    if value is None or rule["limit_field"]:
        return None
    match unit:
        case "workday" | "day":
            return int(value)
        case "month":
            return MONTH * int(value)
        case "hour" | "minute" | "halfday":
            return 0
    return None
