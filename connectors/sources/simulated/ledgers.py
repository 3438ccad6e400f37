"""Ledger items: 旧账, 督查: due on a day, closed once somebody else has verified them, stale after thirty days."""

from itertools import pairwise

from msgspec.structs import replace

from connectors.sources.simulated.city import BUREAUS, hall_source
from connectors.sources.simulated.days import Days, text
from connectors.sources.simulated.lives import Fact, Life
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import Truth, judge_instant
from connectors.sources.simulated.world import World

#: Natural days without progress until AR-22.
STALE = 30


def draw_ledger(world: World, arrives: Instant) -> Life:
    """Opened with a due date; steps of progress, rectified, verified by another, closed."""
    area = world.area()
    unit = world.city.unit(area, world.one_of(tuple(BUREAUS)))
    number, days, first = world.number("TZ", arrives // DAY), unit.days, unit.days.number(arrives)
    due = days.day(first + 20 + world.upto(40)) * DAY + 17 * 3600
    opened = (
        f'{{"kind":"{world.one_of(("old_debt", "inspection"))}","unit_code":"{unit.code}","area_code":"{area}",'
        f'"owner_ref":"{world.person()}","due_at":"{text(due)}"}}'
    )
    doer, verifier = world.person(), world.person()
    facts = [Fact("ledger.opened", arrives, "opened", opened)]
    facts.append(Fact("ledger.acknowledged", days.morning(first + 1, world.random()), "acknowledged"))
    place = first + 1
    for each in range(1, 2 + world.upto(3)):
        place += 40 if world.random() < 0.05 else 3 + world.upto(12)
        facts.append(Fact("ledger.progressed", days.morning(place, world.random()), f"progressed/{each}"))
    place += 1 + world.upto(8)
    facts.append(Fact("ledger.rectified", days.morning(place, 0.1), "rectified", f'{{"by_ref":"{doer}"}}'))
    if world.random() < 0.1:
        facts.append(Fact("ledger.verified", days.morning(place, 0.5), "verified/own", f'{{"by_ref":"{doer}"}}'))
        facts.append(Fact("ledger.closed", days.morning(place, 0.7), "closed/early", f'{{"by_ref":"{doer}"}}'))
    place += 1 + world.upto(5)
    stop = days.afternoon(place, 0.5)
    facts.append(Fact("ledger.verified", stop - 600, "verified", f'{{"by_ref":"{verifier}"}}'))
    facts.append(Fact("ledger.closed", stop, "closed", f'{{"by_ref":"{verifier}"}}'))
    return Life(
        "ledger", number, hall_source(area), facts, _truth(world, days, number=number, facts=facts, due=due, stop=stop)
    )


def _truth(world: World, days: Days, *, number: str, facts: list[Fact], due: Instant, stop: Instant) -> Truth:
    opened_at = facts[0].at
    seen = world.seen(stop)
    truth = world.truth(
        "ledger",
        number,
        started_at=opened_at,
        stopped_at=seen,
        verdict=judge_instant(due, stop=seen, end=world.end),
        used=days.number(stop) - days.number(opened_at),
    )
    steps = sorted(fact.at for fact in facts if fact.type != "ledger.closed" and world.has_come(fact.at))
    waits = pairwise([*steps, stop if seen is not None else world.end])
    return replace(truth, breaches=("AR-22",) if any(_is_stale(days, since, to) for since, to in waits) else ())


def _is_stale(days: Days, since: Instant, to: Instant) -> bool:
    """Whether thirty days went by from one step to the next, the last of them rolled to a working day (民法典 203)."""
    day = since // DAY + STALE
    if not days.sessions(day):
        day = days.day(days.number(day * DAY) + 1)
    return to // DAY > day
