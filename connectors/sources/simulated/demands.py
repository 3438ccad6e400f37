"""Demands: 企业诉求 are called back in one working day, closed in five or, the difficult ones, answered in ten.

Consultations and complaints are told beside them; of these the policy promises nothing.
"""

from typing import Any

from msgspec.structs import replace

from connectors.sources.simulated.city import BUREAUS, Unit, hall_source
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import UNLIMITED, judge_days
from connectors.sources.simulated.world import World

#: 景党发〔2022〕4号 二(一)5(18): working days of each class.
LIMITS = {"general": 5, "difficult": 10}
_OTHER = {"general": "difficult", "difficult": "general"}
_SUBJECTS = ("finance", "land", "policy", "service")


def draw_demand(world: World, arrives: Instant) -> Life:
    """A demand of an enterprise; some turn out to be of the other class."""
    area = world.area()
    unit = world.city.unit(area, world.one_of(tuple(BUREAUS)))
    days, first, number = unit.days, unit.days.number(arrives), world.number("SQ", arrives // DAY)
    told = "general" if world.random() < 0.8 else "difficult"
    is_promised = not world.happens("otherwise")
    kind = world.one_of(_SUBJECTS if is_promised else ("consultation", "complaint"))
    company, is_false = world.company()
    registered = _registered(unit, at=arrives, told=told, kind=kind, company=company)
    facts = [registered] if world.happens("uncalled") else [registered, _contacted(world, unit, first=first)]
    final, least = told, 1
    if world.happens("reclassified"):
        final, least = _OTHER[told], 3
        at = days.morning(first + 2, world.random())
        facts.append(Fact("demand.reclassified", at, "reclassified/1", f'{{"class":"{final}","reason":"复核"}}'))
        if not world.has_come(at):
            final = told
    used = LIMITS[final] + 1 + world.upto(6) if world.happens("overdue") else max(least, world.upto(LIMITS[final]))
    stop = days.afternoon(first + used, world.random())
    ending, *more = _ending(world, unit, number=first + used, final=final, stop=stop)
    facts += [ending, *more]
    seen = world.seen(stop)
    judged: dict[str, Any] = {"verdict": UNLIMITED, "is_judged": False}
    if is_promised:
        verdict = judge_days(days, arrives, limit=LIMITS[final], stop=seen, end=world.end)
        judged = {"verdict": verdict, "used": used}
        facts[0] = replace(facts[0], says=final)
    return Life(
        "demand",
        number,
        hall_source(area),
        facts,
        world.truth("demand", number, started_at=arrives, stopped_at=seen, **judged),
        place=Place(unit.code, kind, area, days),
        has_fault=is_false,
        since=arrives,
        stop=seen,
        result=ending.says if seen is not None else None,
    )


def _registered(unit: Unit, *, at: Instant, told: str, kind: str, company: str) -> Fact:
    data = (
        f'{{"unit_code":"{unit.code}","area_code":"{unit.area}","kind":"{kind}","class":"{told}","uscc":"{company}"}}'
    )
    return Fact("demand.registered", at, "registered", data)


def _contacted(world: World, unit: Unit, *, first: int) -> Fact:
    number = first + 1 + (1 + world.upto(2) if world.random() < 0.05 else 0)
    return Fact("demand.contacted", unit.days.morning(number, world.random()), "contacted")


def _ending(world: World, unit: Unit, *, number: int, final: str, stop: Instant) -> list[Fact]:
    """A general demand is closed; a difficult one answered, and closed some days later."""
    if final == "general":
        return [Fact("demand.closed", stop, "closed", '{"result":"solved"}', "solved"), *_rated(world, stop)]
    closed_at = unit.days.afternoon(number + 1 + world.upto(3), world.random())
    return [
        Fact("demand.replied", stop, "replied", '{"result":"explained"}', "explained"),
        Fact("demand.closed", closed_at, "closed", '{"result":"explained"}'),
        *_rated(world, closed_at),
    ]


def _rated(world: World, stop: Instant) -> list[Fact]:
    if world.random() < 0.5:
        return []
    return [
        Fact(
            "demand.rated", stop + 3600 + world.upto(DAY), "rated", f'{{"level":{1 + world.upto(2)},"is_active":true}}'
        )
    ]
