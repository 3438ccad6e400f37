"""Measures: what a case adds to the aggregates. Additive, so that what was added can be taken back exactly."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

#: Upper bounds of the histogram of used working days; the last bucket holds the rest.
BUCKETS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120)
BUCKET_NAMES = (*(f"used_{bound}" for bound in BUCKETS), "used_more")
COUNTS = (
    "cases",
    "open",
    "open_overdue",
    "excluded",
    "judged",
    "on_time",
    "overdue",
    "past_statutory",
    "measured",
    "sum_used",
    "with_limit",
    "sum_limit_used",
    "with_promise",
)
#: Sums of working days with a fraction, held in millionths so that adding and taking back is exact.
SUMS = ("sum_limit", "sum_promise_limit", "sum_promise")
#: The columns of `stream.measure`, in the order of a cell's values.
MEASURES = (*COUNTS, *SUMS, *BUCKET_NAMES)
_PLACE = {name: place for place, name in enumerate(MEASURES)}


class Cell(Struct, frozen=True, array_like=True, order=True):
    """Where a subject counts, or (with `clock_id`) a run of one of its clocks. Unknown codes are ''; `day` is local."""

    authority: str
    unit_code: str
    matter_code: str
    area_code: str
    cohort: str
    day: date
    clock_id: str = ""


#: What a case adds: the cell and its values by place in MEASURES, zeros left out.
Contribution = tuple[tuple[Cell, dict[int, int]], ...]


def values(**measures: int) -> dict[int, int]:
    """Values by name → by place; nothing for a zero."""
    return {_PLACE[name]: value for name, value in measures.items() if value}


def bucket(used_workdays: int) -> str:
    """The histogram column of so many used working days."""
    return BUCKET_NAMES[bisect_left(BUCKETS, used_workdays)]


def add(total: dict[Cell, dict[int, int]], contribution: Iterable[tuple[Cell, dict[int, int]]], sign: int) -> None:
    """Adds (sign 1) or takes back (−1) a contribution; cells and values that come to nothing vanish."""
    for cell, added in contribution:
        sums = total.setdefault(cell, {})
        for place, value in added.items():
            changed = sums.get(place, 0) + sign * value
            if changed:
                sums[place] = changed
            else:
                sums.pop(place, None)
        if not sums:
            del total[cell]


def change(total: dict[Cell, dict[int, int]], before: Contribution, after: Contribution) -> None:
    """Takes back what counts no longer and adds what is new; what is in both stays as it is."""
    add(total, [entry for entry in before if entry not in after], -1)
    add(total, [entry for entry in after if entry not in before], 1)


def judged(used: int, limit: int | None, promise: int | None, *, is_promised: bool, is_on_time: bool) -> dict[str, int]:
    """What a finished case that is not excluded adds. `limit`, `promise`: L and P in millionths; None: unknown."""
    has_limit = limit is not None and limit > 0
    has_both = has_limit and promise is not None
    return {
        "judged": int(is_promised),
        "on_time": int(is_on_time),
        "measured": 1,
        "sum_used": used,
        bucket(used): 1,
        "with_limit": int(has_limit),
        "sum_limit": limit or 0,
        "sum_limit_used": used if has_limit else 0,
        "with_promise": int(has_both),
        "sum_promise_limit": (limit or 0) if has_both else 0,
        "sum_promise": (promise or 0) if has_both else 0,
    }
