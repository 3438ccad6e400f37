"""Bundles: 一件事 and 企业开办: one application, several cases, done with the last of them."""

from connectors.sources.simulated.cases import draw_child
from connectors.sources.simulated.city import AUTHORITY, Unit, hall_source
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import UNLIMITED, judge_days
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit

#: kind, code, name, the matters without which it is not done, and the promise in working days.
_KINDS = (
    ("company_opening", "qykb", "企业开办", ("M001", "M070", "M075"), 1),
    ("one_thing", "canyin", "我要开餐馆", ("M001", "M006", "M064"), 8),
    ("one_thing", "yaodian", "我要开药店", ("M001", "M010"), 10),
)


def draw_bundle(world: World, arrives: Instant) -> list[Life]:
    """The bundle and its cases; it runs from the first acceptance to the last finish."""
    area = world.area()
    unit = world.city.unit(area, "market")
    kind, code, name, matters, limit = world.one_of(_KINDS)
    number = world.number("YJS", arrives // DAY)
    drawn = [
        draw_child(world, arrives + 60 * place, kind=world.city.kind(matter), area=area, bundle=number)
        for place, matter in enumerate(matters, start=1)
    ]
    begins_at = min(handled.accepts_at for _, handled in drawn)
    ends_at = max(handled.stops_at for _, handled in drawn)
    facts = [
        opened(unit, arrives, kind=kind, code=code, name=name, matters=matters, limit=limit),
        Fact("bundle.closed", ends_at + 60, "closed", '{"result":"granted"}'),
    ]
    has_begun = world.has_come(begins_at)
    stop = world.seen(ends_at)
    truth = world.truth(
        "bundle",
        number,
        started_at=begins_at if has_begun else arrives,
        stopped_at=stop,
        verdict=judge_days(unit.days, begins_at, limit=limit, stop=stop, end=world.end) if has_begun else UNLIMITED,
        used=unit.days.number(ends_at) - unit.days.number(begins_at),
    )
    first = min((handled.accepts_at, f"{AUTHORITY}|{life.number}") for life, handled in drawn)
    life = Life(
        "bundle",
        number,
        hall_source(area),
        facts,
        truth,
        place=Place(unit.code, code, area, unit.days),
        derived=(
            Fact("bundle.begun", begins_at, first[1], says=kind, limit=Limit(limit)),
            Fact("bundle.completed", ends_at, ""),
        ),
        since=begins_at if has_begun else arrives,
        stop=stop,
        result="granted" if world.has_come(ends_at + 60) else None,
    )
    return [life, *(child for child, _ in drawn)]


def opened(unit: Unit, at: Instant, *, kind: str, code: str, name: str, matters: tuple[str, ...], limit: int) -> Fact:
    """The application for the whole, with what was promised of it in working days."""
    mandatory = ",".join(f'"{matter}"' for matter in matters)
    data = (
        f'{{"kind":"{kind}","unit_code":"{unit.code}","code":"{code}","name":"{name}","area_code":"{unit.area}",'
        f'"channel":"online","mandatory":[{mandatory}],"promise":{{"value":{limit},"unit":"workday"}}}}'
    )
    return Fact("bundle.opened", at, "opened", data)
