"""Metrics and targets as rows: what their cells may hold, and what must agree between them."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from streams.domain.events import EVENT_TYPES, FAMILIES

COHORTS = ("accepted", "finished", "standing", "told")
COMPUTED = ("live", "warehouse", "by_hand", "out_of_scope")
COMPARATORS = (">=", "<=", "=", "improves")
#: Attributes of the envelope that a metric may be made from.
ENVELOPE = ("@time", "@ingesttime")


def words(*known: str) -> Any:
    """A parser of blank-separated words, each of them known."""

    def parse(text: str) -> str:
        for word in text.split():
            if word not in known:
                raise ValueError(f"{word!r} is not one of {', '.join(known)}")
        return " ".join(text.split())

    return parse


families = words(*FAMILIES)
cohorts = words(*COHORTS)


def fields(text: str) -> str:
    """Event types (`case.visited`: its instant) and their fields (`case.rated.level`), blank-separated."""
    known = {*ENVELOPE, *EVENT_TYPES, *(f"{name}.{field}" for name in EVENT_TYPES for field in fields_of(name))}
    for word in text.split():
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            raise ValueError(f"{word!r} is no event type or field" + (f"; did you mean {near[0]!r}?" if near else ""))
    return " ".join(text.split())


def fields_of(event_type: str) -> tuple[str, ...]:
    """The data fields of an event type, by their names on the wire."""
    return tuple(field.encode_name for field in msgspec.structs.fields(EVENT_TYPES[event_type]))


def figure(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("must be a number such as 0.9") from None
    if not value.is_finite() or abs(value) >= Decimal("1e12"):
        raise ValueError("must be a number below a million million")
    return value.quantize(Decimal("0.000001"))


def policy_day(text: str) -> date:
    return date.fromisoformat(text)


def faults(rows: Mapping[str, list[dict[str, Any]]]) -> Iterable[str]:
    """What the rows of both tables contradict each other in, with value and remedy."""
    metrics = {row["metric_id"]: row for row in rows["metric"]}
    for row in rows["target"]:
        place = f"target.csv: {row['target_id']!r} ({row['issuer']})"
        metric = metrics.get(row["metric_id"])
        if row["class"] != "X" and metric is None:
            near = difflib.get_close_matches(row["metric_id"], metrics, n=1)
            hint = f", or did you mean {near[0]!r}?" if near else ""
            yield f"{place}: metric_id {row['metric_id']!r} is not defined; add it to metric.csv{hint}"
        if row["class"] != "X" and not row["comparator"]:
            yield f"{place}: no comparator; write one of {', '.join(COMPARATORS)}"
        if row["comparator"] == "improves" and row["value"] is not None:
            yield f"{place}: value {row['value']} beside 'improves'; it is compared with the year before, leave it empty"
        if row["deadline"] is not None and row["deadline"] < row["valid_from"]:
            yield f"{place}: deadline {row['deadline']} lies before valid_from {row['valid_from']}"
    yield from _unjudged(rows["target"], metrics)


def _unjudged(targets: list[dict[str, Any]], metrics: Mapping[str, dict[str, Any]]) -> Iterable[str]:
    """A value computed by the platform needs something to be compared with; one entered by hand may stand alone."""
    for row in targets:
        metric = metrics.get(row["metric_id"])
        is_computed = metric is not None and metric["computed"] in ("live", "warehouse")
        if is_computed and row["comparator"] in (">=", "<=", "=") and row["value"] is None:
            yield f"target.csv: {row['target_id']!r}: no value to compare {row['metric_id']} with; give one, or 'improves'"
