"""Values of targets that people enter: a versioned row each; earlier ones stay."""

import difflib
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from msgspec import Struct

#: So many calendar years before the one in which a target begins a value may be of that it is to improve on.
_YEARS_BEFORE = 5


class WrongEntry(Exception):
    """A value that cannot be entered; the message says why and what to do."""


class Entry(Struct, frozen=True):
    """A value as it was entered."""

    target_id: str
    metric_id: str
    value: Decimal
    as_of: date
    version: int


def enter(
    url: str,
    target_id: str,
    *,
    metric_id: str | None,
    value: Decimal,
    as_of: date,
    entered_by: str,
    evidence: str,
) -> Entry:
    """Writes the next version of a target's value of a day; it counts from the next build of the warehouse.

    Raises WrongEntry where the target is unknown, is computed, has several metrics and none is named, is a rate above 1, or
    had not begun by then.
    """
    with psycopg.connect(url) as connection:
        metric, is_rate = _metric_of(connection, target_id, metric_id)
        if is_rate and not 0 <= value <= 1:
            said = f"{metric} of {target_id} cannot be {value.normalize():f}"
            raise WrongEntry(f"{said}: a rate lies between 0 and 1: write 0.95 for 95 %")
        _refuse_too_early(connection, target_id, metric, as_of)
        connection.execute("lock table ops.target_entry in share row exclusive mode")
        row = connection.execute(
            """insert into ops.target_entry (target_id, metric_id, value, as_of, version, entered_by, evidence)
               select %(target)s, %(metric)s, %(value)s, %(as_of)s, coalesce(max(version), 0) + 1, %(by)s, %(evidence)s
               from ops.target_entry where target_id = %(target)s and metric_id = %(metric)s and as_of = %(as_of)s
               returning version""",
            {
                "target": target_id,
                "metric": metric,
                "value": value,
                "as_of": as_of,
                "by": entered_by,
                "evidence": evidence,
            },
        ).fetchone()
    assert row is not None
    return Entry(target_id, metric, value, as_of, row[0])


def _refuse_too_early(connection: psycopg.Connection[Any], target_id: str, metric: str, as_of: date) -> None:
    """A value counts from the day on which its target began; one that is to improve is compared with one of before."""
    found = connection.execute(
        """select min(valid_from), bool_or(comparator = 'improves') from reference.target
           where until_version is null and target_id = %s and metric_id = %s and class <> 'X'""",
        [target_id, metric],
    ).fetchone()
    assert found is not None
    began, improves = found
    earliest = date(began.year - _YEARS_BEFORE, 1, 1) if improves else began
    if as_of < earliest:
        raise WrongEntry(
            f"a value of {as_of} counts nowhere: {target_id} begins on {began}; enter one of {earliest} or later"
        )


def _metric_of(connection: psycopg.Connection[Any], target_id: str, metric_id: str | None) -> tuple[str, bool]:
    """The metric of the target that is entered by hand, and whether it is a rate."""
    rows = connection.execute(
        """select t.target_id, t.metric_id, t.class, m.computed, m.is_rate
           from reference.target as t left join reference.metric as m on m.metric_id = t.metric_id and m.until_version is null
           where t.until_version is null
           order by t.metric_id"""
    ).fetchall()
    own = [row for row in rows if row[0] == target_id]
    if not own:
        near = difflib.get_close_matches(target_id, {row[0] for row in rows}, n=1)
        raise WrongEntry(f"target {target_id!r} is not known" + (f"; did you mean {near[0]}?" if near else ""))
    by_hand = {row[1]: row[4] for row in own if row[2] != "X" and row[3] == "by_hand"}
    if not by_hand:
        raise WrongEntry(f"target {target_id} is not entered by hand: see 'govpulse targets' for how it is measured")
    if metric_id is None and len(by_hand) > 1:
        raise WrongEntry(f"target {target_id} has several metrics: say --metric {' or --metric '.join(by_hand)}")
    if metric_id is not None and metric_id not in by_hand:
        raise WrongEntry(f"{metric_id!r} is no metric of {target_id} entered by hand; these are: {', '.join(by_hand)}")
    metric = metric_id or next(iter(by_hand))
    return metric, by_hand[metric]
