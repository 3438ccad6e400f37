"""Intermediaries: 中介服务, which runs from the contract to the delivery (AR-20)."""

from connectors.sources.simulated.city import hall_source
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import UNLIMITED, judge_days
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit


def draw_intermediary(world: World, arrives: Instant) -> Life:
    """Chosen, contracted with a promise of its own, delivered, rated."""
    area = world.area()
    unit = world.city.unit(area, world.one_of(("housing", "land", "development")))
    number, days = world.number("ZJ", arrives // DAY), unit.days
    limit = 5 + world.upto(15)
    signed = days.number(arrives) + 1 + world.upto(5)
    signed_at = days.morning(signed, world.random())
    used = limit + 1 + world.upto(10) if world.happens("overdue") else 1 + world.upto(limit - 1)
    delivered_at = days.afternoon(signed + used, world.random())
    company, is_false = world.company()
    selected = f'{{"kind":"survey","unit_code":"{unit.code}","area_code":"{area}","uscc":"{company}"}}'
    contract = f'{{"promise":{{"value":{limit},"unit":"workday"}},"fee":{1000 * (1 + world.upto(40))}}}'
    facts = [
        Fact("intermediary.selected", arrives, "selected", selected),
        Fact("intermediary.contract_signed", signed_at, "signed", contract, limit=Limit(limit)),
        Fact("intermediary.contract_filed", days.afternoon(signed, 0.2), "filed"),
        Fact("intermediary.delivered", delivered_at, "delivered"),
        Fact("intermediary.rated", delivered_at + 3600, "rated", f'{{"level":{1 + world.upto(3)}}}'),
    ]
    stop = world.seen(delivered_at)
    is_signed = world.has_come(signed_at)
    truth = world.truth(
        "intermediary",
        number,
        started_at=signed_at if is_signed else None,
        stopped_at=stop,
        verdict=judge_days(days, signed_at, limit=limit, stop=stop, end=world.end) if is_signed else UNLIMITED,
        used=used,
    )
    return Life(
        "intermediary",
        number,
        hall_source(area),
        facts,
        truth,
        place=Place(unit.code, "survey", area, days),
        has_fault=is_false,
        since=world.seen(signed_at),
        stop=stop,
        result=None if stop is None else "delivered",
    )
