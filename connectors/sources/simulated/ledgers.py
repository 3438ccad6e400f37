"""Ledger items: 旧账, 督查: due on a day, closed once somebody else has verified them, stale after thirty days."""

from connectors.sources.simulated.city import BUREAUS, hall_source
from connectors.sources.simulated.days import Days, text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import judge_instant
from connectors.sources.simulated.world import World


def draw_ledger(world: World, arrives: Instant) -> Life:
    """Opened with a due date; steps of progress, rectified, verified by another, closed; some of it twice."""
    area = world.area()
    unit = world.city.unit(area, world.one_of(tuple(BUREAUS)))
    number, days, first = world.number("TZ", arrives // DAY), unit.days, unit.days.number(arrives)
    due = days.day(first + 20 + world.upto(40)) * DAY + 17 * 3600
    kind = world.one_of(("old_debt", "inspection"))
    opened = (
        f'{{"kind":"{kind}","unit_code":"{unit.code}","area_code":"{area}",'
        f'"owner_ref":"{world.person()}","due_at":"{text(due)}"}}'
    )
    doer, verifier = world.person(), world.person()
    facts = [Fact("ledger.opened", arrives, "opened", opened, limit=due)]
    facts.append(Fact("ledger.acknowledged", days.morning(first + 1, world.random()), "acknowledged"))
    place = first + 1
    for each in range(1, 2 + world.upto(3)):
        place += 40 if world.random() < 0.05 else 3 + world.upto(12)
        facts.append(Fact("ledger.progressed", days.morning(place, world.random()), f"progressed/{each}"))
    place += 1 + world.upto(8)
    facts.append(_by("ledger.rectified", days.morning(place, 0.1), "rectified", who=doer))
    findings: tuple[str, ...] = ()
    if world.random() < 0.1:
        facts.append(_by("ledger.verified", days.morning(place, 0.5), "verified/own", who=doer))
        facts.append(_by("ledger.closed", days.morning(place, 0.7), "closed/early", who=doer))
        said = ("verified_by_its_own_doer", "closed_without_verification")
        findings = tuple(code for code, fact in zip(said, facts[-2:], strict=True) if world.has_come(fact.at))
    place += 1 + world.upto(5)
    stops = [_closed(facts, days, place=place, each="", who=verifier)]
    if world.happens("undone"):
        place += 1 + world.upto(20)
        reopened_at = days.morning(place, world.random())
        facts.append(Fact("ledger.reopened", reopened_at, "reopened", '{"reason":"整改不到位"}'))
        again = _closed(facts, days, place=place + 1 + world.upto(8), each="/2", who=verifier)
        stops += [again] if world.has_come(reopened_at) else []
    return _life(
        world,
        number,
        facts=facts,
        due=due,
        stops=stops,
        findings=findings,
        place=Place(unit.code, kind, area, days),
    )


def _closed(facts: list[Fact], days: Days, *, place: int, each: str, who: str) -> Instant:
    """Verified and closed in the afternoon of a working day."""
    stop = days.afternoon(place, 0.5)
    facts.append(_by("ledger.verified", stop - 600, f"verified{each}", who=who))
    facts.append(_by("ledger.closed", stop, f"closed{each}", who=who))
    return stop


def _by(name: str, at: Instant, record: str, *, who: str) -> Fact:
    return Fact(name, at, record, f'{{"by_ref":"{who}"}}')


def _life(
    world: World,
    number: str,
    *,
    facts: list[Fact],
    due: Instant,
    stops: list[Instant],
    findings: tuple[str, ...],
    place: Place,
) -> Life:
    """The item runs from its opening to the last closing that counts; the wait for progress rests with each of them."""
    stop = stops[-1]
    opened_at, seen, days = facts[0].at, world.seen(stop), place.days
    truth = world.truth(
        "ledger",
        number,
        started_at=opened_at,
        stopped_at=seen,
        verdict=judge_instant(due, stop=seen, end=world.end),
        used=days.number(stop) - days.number(opened_at),
    )
    return Life(
        "ledger",
        number,
        hall_source(place.area_code),
        facts,
        truth,
        place=place,
        derived=(Fact("ledger.ended", stop, ""), *(Fact("ledger.shut", shut, "") for shut in stops)),
        findings=findings,
        since=opened_at,
        stop=seen,
        result=None if seen is None else "closed",
    )
