"""Rows: what the platform keeps and does not fold: activities, the catalogue, the cadence of the programme, heartbeats."""

from connectors.sources.simulated.city import BUREAUS, hall_source
from connectors.sources.simulated.days import text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.world import World

_ACTIVITIES = ("inspection", "customs_clearance", "tender", "policy_push", "court_case", "land_supply")
_MEETINGS = ("dispatch", "supervision", "benchmark", "coordination")


def draw_activity(world: World, at: Instant) -> Life:
    """What another business system did."""
    area = world.area()
    unit = world.city.unit(area, world.one_of(tuple(BUREAUS)))
    data = (
        f'{{"kind":"{world.one_of(_ACTIVITIES)}","unit_code":"{unit.code}","area_code":"{area}",'
        f'"started_at":"{text(at - 1800)}","ended_at":"{text(at)}","is_online":{"true" if world.random() < 0.5 else "false"}}}'
    )
    return _row(world, "activity.recorded", at=at, prefix="HD", area=area, data=data)


def draw_governance(world: World, at: Instant) -> Life:
    """A meeting, or a report."""
    body = world.one_of(tuple(BUREAUS))
    if world.random() < 0.5:
        data = f'{{"kind":"{world.one_of(_MEETINGS)}","body":"{body}","items":{1 + world.upto(9)}}}'
        return _row(world, "governance.meeting_held", at=at, prefix="HY", area="360200", data=data)
    return _row(
        world,
        "governance.report_submitted",
        at=at,
        prefix="BS",
        area="360200",
        data=f'{{"kind":"monthly","body":"{body}"}}',
    )


def draw_catalogue(world: World, at: Instant) -> Life:
    """An entry of the directory of data resources, or an office as it is now."""
    area = world.area()
    unit = world.city.unit(area, world.one_of(tuple(BUREAUS)))
    if world.random() < 0.2:
        data = f'{{"unit_code":"{unit.code}","name":"{unit.name}","area_code":"{area}"}}'
        return _row(world, "catalogue.unit_changed", at=at, prefix="ML", area=area, data=data)
    data = (
        f'{{"directory":"D{world.upto(999):03}","unit_code":"{unit.code}","share_type":"unconditional",'
        f'"is_attached":{"true" if world.random() < 0.9 else "false"},"refreshed_at":"{text(at)}","update_cycle_days":30}}'
    )
    return _row(world, "catalogue.resource_changed", at=at, prefix="ML", area=area, data=data)


def heartbeat(source: str, at: Instant) -> Life:
    """A source says that it lives."""
    return Life("source", source.rpartition(":")[2], source, [Fact("source.heartbeat", at, f"heartbeat/{text(at)}")])


def _row(world: World, name: str, *, at: Instant, prefix: str, area: str, data: str) -> Life:
    family = name.partition(".")[0]
    return Life(family, world.number(prefix, at // DAY), hall_source(area), [Fact(name, at, "recorded", data)])
