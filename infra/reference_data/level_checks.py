"""Whether the levels of a rule make sense beside each other: one where the rule has one, in rising order where several."""

from collections import defaultdict
from collections.abc import Iterator

from infra.reference_data.lines import Line
from infra.reference_data.rule_checks import OWN_RULES
from streams.domain.alert_rules import LEVELS

#: For whom a row is, the closest first, as `streams.domain.alert_rules` chooses.
SCOPE = ("unit_code", "matter_code", "authority")
#: Thresholds that come later the greater they are, and the smaller they are.
RISING, FALLING = ("share", "minute_share", "counted_day"), ("left_days", "left_workdays", "left_minutes")


def level_faults(lines: list[Line]) -> Iterator[str]:
    of_rule: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        of_rule[line["rule_id"], line["clock_id"]].append(line)
    for (rule_id, _), found in of_rule.items():
        yield from _one_level(found) if rule_id in OWN_RULES else _rising(found)


def _one_level(lines: list[Line]) -> Iterator[str]:
    """A rule with a reading of its own has one signal: of two levels that are on for somebody one would be left out."""
    standing = [line for line in lines if not line["is_off"]]
    for line in standing:
        first = standing[0]
        if line["level"] != first["level"]:
            said = f"{line['rule_id']} has one level for everybody, {first['level']!r} ({first.place})"
            yield line.fault("level", f"{said}; write that")


def _rising(lines: list[Line]) -> Iterator[str]:
    """A signal's level never falls: a red that begins before its yellow leaves nobody the yellow."""
    ordered = sorted(lines, key=lambda line: (*(line[column] != "" for column in SCOPE), line["valid_from"]))
    for line in lines:
        for other in _beside(line, ordered):
            low, high = sorted((line, other), key=lambda one: LEVELS.index(one["level"]))
            column = _falls(low, high)
            if column and (line is high or _place(line) != _place(other)):  # of one scope and day it is said once
                said = f"{high['level']} begins before {low['level']}, as {other.place} has {other[column]}"
                yield line.fault(column, f"{said}; let the higher level begin later")


def _beside(line: Line, ordered: list[Line]) -> list[Line]:
    """The rows of the other levels that hold for the line's scope on its first day."""
    found = {}
    for row in ordered:
        covers = all(row[column] in ("", line[column]) for column in SCOPE)
        if covers and row["valid_from"] <= line["valid_from"] and row["level"] != line["level"]:
            found[row["level"]] = row
    return [] if line["is_off"] else [row for row in found.values() if not row["is_off"]]


def _place(line: Line) -> tuple[object, ...]:
    return (*(line[column] for column in SCOPE), line["valid_from"])


def _falls(low: Line, high: Line) -> str | None:
    """The threshold, given of both, by which the higher level begins first."""
    given = [column for column in RISING + FALLING if None not in (low[column], high[column])]
    return next(
        (name for name in given if (high[name] < low[name] if name in RISING else high[name] > low[name])), None
    )
