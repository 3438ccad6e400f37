"""Whether targets and metrics make sense together."""

import difflib
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from infra.reference_data.goals import COMPARATORS
from infra.reference_data.lines import Line, Lines

#: Months of the periods that are made of months.
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
#: From the longest to the shortest.
_PERIODS = ("year", "quarter", "month", "week", "day")


def target_faults(lines: Lines) -> Iterator[str]:
    metrics = {line["metric_id"]: line for line in lines["metric"]}
    known = {
        "matter": {line["matter_code"] for line in lines["matter"]},
        "authority": {line["authority"] for line in lines["authority"]},
    }
    for line in lines["target"]:
        kind, scope = line["scope_type"], line["scope_code"]
        if scope and kind in known and scope not in known[kind]:
            yield line.fault("scope_code", f"is not defined; add it to table {kind}")
        if line["class"] != "X":
            yield from _measure_faults(line, metrics)
            yield from _scope_faults(line, metrics.get(line["metric_id"]))
        yield from _goal_faults(line, metrics.get(line["metric_id"]))


def _measure_faults(line: Line, metrics: Mapping[str, Line]) -> Iterator[str]:
    """All but class X, which nobody measures, name a metric and how it is compared."""
    target = f"target {line['target_id']}"
    if line["metric_id"] not in metrics:
        near = difflib.get_close_matches(line["metric_id"], metrics, n=1)
        hint = f", or did you mean {near[0]!r}?" if near else ""
        yield line.fault("metric_id", f"{target} has no such metric; add it to table metric{hint}")
    elif metrics[line["metric_id"]]["computed"] == "out_of_scope":
        yield line.fault(
            "metric_id", f"{target} names a metric that is out of scope; name another, or write class X and no metric"
        )
    if not line["comparator"]:
        yield line.fault("comparator", f"{target} is not compared; write one of {', '.join(COMPARATORS)}")


def _scope_faults(line: Line, metric: Line | None) -> Iterator[str]:
    """What the warehouse has no figure for: such a target would stay `no_data` for ever, or by hand have everybody's."""
    kind = line["scope_type"]
    if metric is not None and metric["computed"] == "by_hand":
        if kind != "city":
            said = f"{line['metric_id']} is entered by hand, once for the city as a whole"
            yield line.fault("scope_type", f"{said}; write 'city'")
        return
    if kind in ("unit", "matter", "area") and not line["scope_code"]:
        yield line.fault("scope_code", f"names no {kind}; write its code, or scope_type 'authority'")
    if metric is None or metric["computed"] not in ("live", "warehouse"):
        return
    if kind == "city":
        remedy = "what is entered by hand alone is of the city as a whole; write 'authority'"
        yield line.fault("scope_type", f"{line['metric_id']} is computed by authority, unit, matter and area; {remedy}")
    if metric["cohort"] == "standing" and line["period_type"] in ("day", "week"):
        said = f"{line['metric_id']} is read at the end of a month, quarter or year"
        yield line.fault("period_type", f"{said}; write one of these")


def _goal_faults(line: Line, metric: Line | None) -> Iterator[str]:
    """A value computed by the platform needs something to be compared with; one entered by hand may stand alone."""
    if line["comparator"] == "improves" and line["value"] is not None:
        yield line.fault("value", "stands beside 'improves', which compares with the year before; leave it empty")
    if metric is not None and metric["is_rate"] and line["value"] is not None and not 0 <= line["value"] <= 1:
        yield line.fault("value", "a rate lies between 0 and 1; write 0.9 for 90 %")
    if line["deadline"] is not None and line["deadline"] < line["valid_from"]:
        yield line.fault("deadline", f"lies before valid_from {line['valid_from']}; turn them round")
    if metric is None or metric["computed"] not in ("live", "warehouse"):
        return
    if line["comparator"] in (">=", "<=", "=") and line["value"] is None:
        yield line.fault("value", f"{line['metric_id']} is compared with nothing; give a value, or 'improves'")
    yield from _period_faults(line, is_standing=metric["cohort"] == "standing")


def _period_faults(line: Line, *, is_standing: bool) -> Iterator[str]:
    """What no period of the target ends with, or begins with a year before, is never read."""
    period, deadline = line["period_type"], line["deadline"]
    if line["comparator"] == "improves" and period == "week" and not is_standing:
        said = "a Monday is no Monday a year before, so that no week is compared"
        yield line.fault("period_type", f"{said}; write month, quarter or year")
    if deadline is None or deadline == (last := _last_day(period, deadline)):
        return
    unread = ("week", "day") if is_standing else ("week",) if line["comparator"] == "improves" else ()
    shorter = (one for one in _PERIODS[_PERIODS.index(period) + 1 :] if one not in unread)
    finer = next((f", or period_type {one}" for one in shorter if _last_day(one, deadline) == deadline), "")
    yield line.fault("deadline", f"is judged by the {period} that ends on {last}; write this day{finer}")


def _last_day(period: str, day: date) -> date:
    """The last day of the period that holds a day."""
    if period not in _MONTHS:
        return day + timedelta(days=6 - day.weekday() if period == "week" else 0)
    month = -(-day.month // _MONTHS[period]) * _MONTHS[period]
    return date(day.year, month, monthrange(day.year, month)[1])
