"""Whether targets and metrics make sense together."""

import difflib
from collections.abc import Iterator, Mapping

from infra.reference_data.goals import COMPARATORS
from infra.reference_data.lines import Line, Lines


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


def _goal_faults(line: Line, metric: Line | None) -> Iterator[str]:
    """A value computed by the platform needs something to be compared with; one entered by hand may stand alone."""
    if line["comparator"] == "improves" and line["value"] is not None:
        yield line.fault("value", "stands beside 'improves', which compares with the year before; leave it empty")
    if metric is not None and metric["is_rate"] and line["value"] is not None and not 0 <= line["value"] <= 1:
        yield line.fault("value", "a rate lies between 0 and 1; write 0.9 for 90 %")
    if line["deadline"] is not None and line["deadline"] < line["valid_from"]:
        yield line.fault("deadline", f"lies before valid_from {line['valid_from']}; turn them round")
    is_computed = metric is not None and metric["computed"] in ("live", "warehouse")
    if is_computed and line["comparator"] in (">=", "<=", "=") and line["value"] is None:
        yield line.fault("value", f"{line['metric_id']} is compared with nothing; give a value, or 'improves'")
