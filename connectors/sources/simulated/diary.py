"""The diary: day after day, everything that is sent, in the order of sending, until the plan is fulfilled."""

from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import Struct

from connectors.sources.simulated import rows
from connectors.sources.simulated.arrivals import Arrivals
from connectors.sources.simulated.bundles import draw_bundle
from connectors.sources.simulated.cases import draw_case
from connectors.sources.simulated.catalogue import announcements
from connectors.sources.simulated.cells import Cells
from connectors.sources.simulated.city import City
from connectors.sources.simulated.demands import draw_demand
from connectors.sources.simulated.intermediaries import draw_intermediary
from connectors.sources.simulated.ledgers import draw_ledger
from connectors.sources.simulated.lives import Life
from connectors.sources.simulated.mess import Teller
from connectors.sources.simulated.payouts import draw_payout
from connectors.sources.simulated.plan import DAY, Instant, Plan
from connectors.sources.simulated.projects import draw_project
from connectors.sources.simulated.silence import Silences
from connectors.sources.simulated.standing import stand
from connectors.sources.simulated.truth import Truth
from connectors.sources.simulated.world import World

#: No subject, with all its children and repetitions, has more messages than this.
_MOST_OF_A_SUBJECT = 250
#: At most this share of all messages are heartbeats.
_HEARTBEATS = 0.02
Message = tuple[Instant, int, bytes]
Draw = Callable[[World, Instant], Life]
#: Of a thousand new subjects, those of each family; the rest are cases.
_OTHERS: tuple[tuple[int, Draw], ...] = (
    (45, draw_demand),
    (15, draw_payout),
    (10, draw_intermediary),
    (10, draw_ledger),
    (30, rows.draw_activity),
    (4, rows.draw_catalogue),
    (3, rows.draw_governance),
)
_BUNDLES = 12
#: So many messages for one construction project; they have dice of their own, and numbers that nobody else comes to.
_PER_PROJECT, _PROJECT_NUMBERS = 5_000, 90_000_000


class Page(Struct, frozen=True):
    """What is sent on one day, in order, the truth of the subjects that began on it, and the cells of days that are past."""

    messages: list[Message]
    truths: list[Truth]
    cells: list[dict[str, str | int]]


class Diary:
    """One run of the simulation; `tally` says what went wrong how often, `subjects` counts them by family."""

    def __init__(self, plan: Plan, city: City) -> None:
        self._world = World(plan, city)
        self._silences = Silences(self._world)
        self._teller = Teller(self._world, self._silences, self._post)
        self._arrivals = Arrivals(self._world)
        self._days: list[list[Message]] = [[] for _ in range(plan.days)]
        #: Of projects: what is sent on each day, and the truth of those that began on it.
        self._aside: list[tuple[list[Message], list[Truth]]] = [([], []) for _ in range(plan.days)]
        self._first_day = plan.first // DAY
        self._posted = 0
        self._cells = Cells()
        self.subjects: Counter[str] = Counter()

    @property
    def plan(self) -> Plan:
        return self._world.plan

    @property
    def tally(self) -> Counter[str]:
        return self._world.tally

    def pages(self) -> Iterator[Page]:
        """Every day of the plan. Before the end room is kept for what must still come."""
        plan = self._world.plan
        self._forewords()
        self._draw_projects()
        told = 0
        for place in range(plan.days):
            beside, truths = self._aside[place]
            target = plan.events * self._arrivals.share_until(place)
            while told + len(self._days[place]) < target and self._posted + _MOST_OF_A_SUBJECT < plan.events:
                self._draw(self._arrivals.at(place), truths)
            if place == plan.days - 1:
                self._fill(place)
            told += len(self._days[place])
            messages, self._days[place], self._aside[place] = sorted([*self._days[place], *beside]), [], ([], [])
            last = place == plan.days - 1
            yield Page(messages, truths, list(self._cells.until(plan.end if last else self._first_day + place)))

    def _draw_projects(self) -> None:
        """All of them at once: a few, over the first two thirds of the plan, so that most are seen to their end."""
        plan, world = self._world.plan, self._world.aside("projects", first=_PROJECT_NUMBERS)
        arrivals, teller = Arrivals(world), Teller(world, self._silences, self._post_aside)
        for _ in range(plan.events // _PER_PROJECT):
            place = world.upto(plan.days * 2 // 3)
            self._tell(draw_project(world, arrivals.at(place)), teller, self._aside[place][1])

    def _draw(self, arrives: Instant, truths: list[Truth]) -> None:
        self._tell(self._drawn(arrives), self._teller, truths)

    def _tell(self, lives: list[Life], teller: Teller, truths: list[Truth]) -> None:
        for life in lives:
            teller.tell(life)
            self.subjects[life.family] += 1
            truth = stand(life, end=self._world.end, cells=self._cells)
            if truth is not None:
                truths.append(truth)

    def _drawn(self, arrives: Instant) -> list[Life]:
        chance = self._world.upto(999) - _BUNDLES
        if chance < 0:
            return draw_bundle(self._world, arrives)
        for share, draw in _OTHERS:
            if chance < share:
                return [draw(self._world, arrives)]
            chance -= share
        return [draw_case(self._world, arrives)]

    def _fill(self, place: int) -> None:
        """Activities of the last day, one message each, until there are exactly as many events as planned."""
        while self._posted < self._world.plan.events:
            life = rows.draw_activity(self._world, self._arrivals.at(place))
            self._teller.plainly(life)
            self.subjects[life.family] += 1

    def _forewords(self) -> None:
        """The catalogue's changes; heartbeats: every source once at the very end, and before as often as the plan has room for."""
        plan, sources = self._world.plan, self._world.city.sources
        for source in sources:
            self._teller.plainly(rows.heartbeat(source, plan.end))
        for life in announcements(plan, self._world.city.kinds):
            self._teller.plainly(life)
        a_day = min(8, int(_HEARTBEATS * plan.events / (plan.days * len(sources))))
        for day in range(plan.days if a_day else 0):
            for hour in range(a_day):
                at = plan.first + day * DAY + 9 * 3600 + hour * (8 * 3600 // a_day)
                for source in sources:
                    if not self._silences.holds(source, at):
                        self._teller.plainly(rows.heartbeat(source, at))

    def _post(self, sent: Instant, message: bytes) -> None:
        self._posted += 1
        self._days[sent // DAY - self._first_day].append((sent, self._posted, message))

    def _post_aside(self, sent: Instant, message: bytes) -> None:
        self._posted += 1
        self._aside[sent // DAY - self._first_day][0].append((sent, self._posted, message))
