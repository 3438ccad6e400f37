"""Aftermath: what follows a decision: the licence, its delivery, and what the applicant thinks of it."""

from connectors.sources.simulated.applications import Application
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.handling import Handling
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.world import World

#: 1 very good … 5 very bad, as of a hundred who say anything.
_LEVELS = (1,) * 80 + (2,) * 14 + (3,) * 3 + (4,) * 2 + (5,)


def facts(world: World, application: Application, *, handled: Handling) -> list[Fact]:
    """The licence only where it was granted; a rating by one in three."""
    found: list[Fact] = []
    if handled.result == "granted":
        found += _licence(world, application, stop=handled.stops_at)
    if world.random() < 0.3:
        found += _rating(world, application, stop=handled.stops_at)
    return found


def _licence(world: World, application: Application, *, stop: Instant) -> list[Fact]:
    """证照制发, 送达: within ten working days, mostly (行政许可法 44)."""
    days = application.unit.days
    number = days.number(stop)
    wait = 11 + world.upto(5) if world.random() < 0.01 else world.upto(6)
    delivered_at = days.afternoon(number + wait, world.random()) if wait else stop + 1800
    is_electronic = "true" if world.random() < 0.5 else "false"
    issued = f'{{"number":"L{application.number}","is_electronic":{is_electronic}}}'
    return [
        Fact("case.licence_issued", stop + 1200, "licence/1", issued),
        Fact("case.delivered", delivered_at, "delivered", '{"mode":"window"}'),
    ]


def _rating(world: World, application: Application, *, stop: Instant) -> list[Fact]:
    """评价; a bad one is to be called about in a working day and made good in fifteen."""
    days = application.unit.days
    level = world.one_of(_LEVELS)
    at = stop + 2400 + world.upto(3 * DAY)
    is_active = "true" if level > 1 or world.random() < 0.2 else "false"
    found = [_rated(at, level=level, is_active=is_active)]
    if level >= 4:
        number = days.number(at)
        found.append(Fact("case.rating_contacted", days.afternoon(number + 1 + world.upto(1), 0.5), "rated/contacted"))
        repaired = number + 4 + world.upto(15)
        found.append(Fact("case.rating_rectified", days.afternoon(repaired, 0.6), "rated/rectified"))
        if repaired % 5:  # some are never asked again
            revisited_at = days.afternoon(repaired + at % 5, 0.7)
            found.append(Fact("case.rating_revisited", revisited_at, "rated/revisited", '{"is_satisfied":true}'))
    return found


def _rated(at: Instant, *, level: int, is_active: str) -> Fact:
    return Fact("case.rated", at, "rated", f'{{"level":{level},"is_active":{is_active}}}', "bad" if level >= 4 else "")
