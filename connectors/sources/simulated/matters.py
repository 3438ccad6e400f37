"""What people apply for: matters of the catalogue, how often, and what is promised of them in the simulation.

`matters.csv` has the assumptions of `reference/matters.csv` (columns `demo_*`): how many of 10,000 applications are for
a matter, and the unit's promise. None of it is the city's own figure. The law's limits are the catalogue's.
"""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec import Struct

from streams.domain.limits import Limit
from streams.domain.rulebook import Matter

_PATH = Path(__file__).with_name("matters.csv")

#: The matter under 超时默许.
CONSENTED = "M012"


class Kind(Struct, frozen=True):
    """A matter as it is applied for: the bureau that decides, promise and limit, its special procedures, its share."""

    code: str
    bureau: str
    weight: int
    promise: Limit
    limits: tuple[tuple[int, Limit | None], ...]  # by law, from a day on (counted from 1970), oldest first
    specials: tuple[str, ...]
    cap: Limit | None = None  # of an extension
    counts_from_papers: bool = False  # 收到申请之日, and not 受理之日
    name: str = ""

    @property
    def counts_days(self) -> bool:
        return self.promise.unit == "workday"

    @property
    def may_be_renewed(self) -> bool:
        """Not what is consented to by silence."""
        return self.code != CONSENTED

    def statutory_on(self, day: int) -> Limit | None:
        """The limit by law of what starts on this day."""
        return next((limit for since, limit in reversed(self.limits) if since <= day), None)


def read_kinds(catalogue: Mapping[str, tuple[Matter, ...]]) -> tuple[Kind, ...]:
    """All matters, in the order of the file."""
    with _PATH.open(encoding="utf-8", newline="") as file:
        return tuple(
            Kind(
                code=row["matter_code"],
                bureau=row["bureau"],
                weight=int(row["weight"]),
                promise=Limit(int(row["promise_value"]), row["promise_unit"]),  # type: ignore[arg-type]
                limits=_limits(catalogue.get(row["matter_code"], ())),
                specials=tuple(row["specials"].split()),
                cap=catalogue[row["matter_code"]][-1].extension if row["matter_code"] in catalogue else None,
                counts_from_papers=_counts_from_papers(catalogue.get(row["matter_code"], ())),
                name=catalogue[row["matter_code"]][-1].name if row["matter_code"] in catalogue else "",
            )
            for row in csv.DictReader(file)
        )


def _limits(versions: tuple[Matter, ...]) -> tuple[tuple[int, Limit | None], ...]:
    """From each day on; 当场, "otherwise within 3 working days": the fallback is the limit."""
    first = date(1970, 1, 1)
    return tuple(((version.valid_from - first).days, version.fallback or version.statutory) for version in versions)


def _counts_from_papers(versions: tuple[Matter, ...]) -> bool:
    return bool(versions) and versions[-1].clock_start == "receive"
