"""The world while it is simulated: dice, numbers given out, and a tally of what went wrong."""

import random
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

from connectors.sources.simulated.city import AREAS, AUTHORITY, City
from connectors.sources.simulated.days import text
from connectors.sources.simulated.lives import Life
from connectors.sources.simulated.matters import Kind
from connectors.sources.simulated.plan import DAY, Instant, Plan
from connectors.sources.simulated.truth import Truth, Verdict

T = TypeVar("T")
_WAYS = ("doubled", "resent", "mistyped", "reinserted")
#: Of 100 applications, those in each area of the city.
_AREA_SHARES = (40, 15, 18, 10, 17)


class World:
    """One run: the same plan and city throw the same dice."""

    def __init__(self, plan: Plan, city: City) -> None:
        self.plan, self.city = plan, city
        self.end: Instant = plan.end
        self.draw = random.Random(plan.seed)  # noqa: S311 - a simulation must be repeatable
        self.random = self.draw.random
        self.tally: Counter[str] = Counter()
        self._shares = {name: getattr(plan.oddities, name) for name in plan.oddities.__struct_fields__}
        #: Of messages: the share that is told again in some way, and where each way begins.
        self._ways = list(accumulate(self._shares[way] for way in _WAYS))
        self.disorder = self._ways[-1]
        self._given = 0
        self._areas = list(AREAS)
        self._to_area = list(accumulate(_AREA_SHARES))
        self._to_kind = list(accumulate(kind.weight for kind in city.kinds))
        self.truth_end = text(self.end)

    def aside(self, name: str, *, first: int) -> "World":
        """The same world with dice of its own and numbers from `first` on: what it draws leaves every draw here as it is."""
        other = World(self.plan, self.city)
        other.draw = random.Random(f"{self.plan.seed}/{name}")  # noqa: S311 - a simulation must be repeatable
        other.random, other.tally, other._given = other.draw.random, self.tally, first
        return other

    def happens(self, oddity: str) -> bool:
        """Whether an oddity befalls this one; counted."""
        if self.random() >= self._shares[oddity]:
            return False
        self.tally[oddity] += 1
        return True

    def disorder_at(self, chance: float) -> str:
        """In which way a message is told again, `chance` being below `disorder`; counted."""
        way = _WAYS[bisect(self._ways, chance)]
        self.tally[way] += 1
        return way

    def upto(self, most: int) -> int:
        """A whole number from 0 to `most`."""
        return int(self.random() * (most + 1))

    def one_of(self, things: Sequence[T]) -> T:
        return things[int(self.random() * len(things))]

    def area(self) -> str:
        return self._areas[bisect(self._to_area, int(self.random() * self._to_area[-1]))]

    def kind(self) -> Kind:
        """A matter, by how often it is applied for."""
        return self.city.kinds[bisect(self._to_kind, int(self.random() * self._to_kind[-1]))]

    def number(self, prefix: str, day: int) -> str:
        """A number that nobody else has: prefix, year, running."""
        self._given += 1
        return f"{prefix}-{text(day * DAY)[:4]}-{self._given:08}"

    def company(self, *, is_checked: bool = False) -> tuple[str, bool]:
        """A company's code, and whether it is false; never if somebody checks it."""
        is_false = not is_checked and self.happens("bad_uscc")
        return self.one_of(self.city.false_companies if is_false else self.city.companies), is_false

    def person(self) -> str:
        """Somebody's number, as a source has it; admission makes a pseudonym of it."""
        return f"3602{int(self.random() * 10**14):014}"

    def seen(self, instant: Instant) -> Instant | None:
        """The instant, if it has come by the end."""
        return instant if instant <= self.end else None

    def has_come(self, instant: Instant) -> bool:
        return instant <= self.end

    def truth(
        self,
        family: str,
        number: str,
        *,
        accepted_at: Instant | None = None,
        started_at: Instant | None = None,
        stopped_at: Instant | None = None,
        verdict: Verdict,
        used: int | None = None,
        is_judged: bool = True,
    ) -> Truth:
        """The truth of a subject whose main clock stands so; `is_judged`: it has a limit and counts."""
        is_over = stopped_at is not None
        return Truth(
            family=family,
            subject_key=f"{AUTHORITY}|{number}",
            as_of=self.truth_end,
            accepted_at=None if accepted_at is None else text(accepted_at),
            started_at=None if started_at is None else text(started_at),
            stopped_at=None if stopped_at is None else text(stopped_at),
            promise_due_on=verdict.due_on,
            promise_due_at=verdict.due_at,
            used_workdays=used if is_over else None,
            is_on_time=not verdict.is_broken if is_over and is_judged else None,
        )

    def removed(self, life: Life) -> Truth:
        """Nothing is true of a subject that was a mistake."""
        return Truth(
            family=life.family, subject_key=f"{AUTHORITY}|{life.number}", as_of=self.truth_end, is_deleted=True
        )
