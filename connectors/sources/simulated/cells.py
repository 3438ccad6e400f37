"""Cells: the live metrics as sums over the truths, day by day."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from connectors.sources.simulated.days import day_text

#: Upper bounds of used working days; the last column holds the rest.
_BOUNDS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120)
encode_cell = msgspec.json.Encoder().encode


class Cell(NamedTuple):
    """Where a subject counts (`clock_id` ''), or a run of one of its clocks."""

    day: int
    family: str
    unit_code: str
    matter_code: str
    area_code: str
    cohort: str
    clock_id: str = ""


class Cells:
    """What is counted so far. A day that nothing more can happen on is given away."""

    def __init__(self) -> None:
        self._days: dict[int, dict[Cell, dict[str, int]]] = {}

    def add(self, cell: Cell, **values: int) -> None:
        sums = self._days.setdefault(cell.day, {}).setdefault(cell, {})
        for name, value in values.items():
            if value:
                sums[name] = sums.get(name, 0) + value

    def until(self, day: int) -> Iterator[dict[str, str | int]]:
        """Lines of `cells.jsonl` for all days before this one, and forgets them; zeros are left out."""
        for each in sorted(known for known in self._days if known < day):
            for cell, sums in sorted(self._days.pop(each).items()):
                yield cell._asdict() | {"day": day_text(each)} | sums


def used(workdays: int) -> dict[str, int]:
    """The columns of so many working days used."""
    bound = next((f"used_{bound}" for bound in _BOUNDS if workdays <= bound), "used_more")
    return {"measured": 1, "sum_used": workdays, bound: 1}
