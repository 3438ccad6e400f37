"""Construction projects: four stages, a case each, that overlap by twos; in between nobody has the project."""

from collections.abc import Sequence
from itertools import pairwise

from connectors.sources.simulated.bundles import opened
from connectors.sources.simulated.cases import draw_child
from connectors.sources.simulated.city import AUTHORITY, hall_source
from connectors.sources.simulated.days import day_text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.handling import Handling
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.rulers import Still, united
from connectors.sources.simulated.truth import UNLIMITED, Verdict
from connectors.sources.simulated.watches import Watch, watch
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit

#: Stage and matter, in the order of the procedure (`reference/domain.md` §1.2 T28).
_STAGES = (("land", "M019"), ("plan", "M018"), ("build", "M012"), ("completion", "M013"))
_MATTERS = tuple(matter for _, matter in _STAGES)
_CODE, _NAME, _PROMISE = "gcxm", "工程建设项目", Limit(20)


def draw_project(world: World, arrives: Instant) -> list[Life]:
    """The project and its cases; it takes the working days on which a stage of it is under way, common ones once."""
    area = world.area()
    unit = world.city.unit(area, "housing")
    number = world.number("GC", arrives // DAY)
    drawn = _stages(world, arrives, area=area, number=number)
    known = [handled for _, handled in drawn if world.has_come(handled.accepts_at)]
    begins_at = min((handled.accepts_at for handled in known), default=None)
    ends_at = max(handled.stops_at for _, handled in drawn)
    stop = world.seen(ends_at)
    stills = _idle(world, known)
    first = min((handled.accepts_at, f"{AUTHORITY}|{life.number}") for life, handled in drawn)
    run = None if begins_at is None else watch(
        "bundle_promise", first[1], days=unit.days, start=begins_at, given=_PROMISE, stop=stop, end=world.end, stills=stills,
    )  # fmt: skip
    is_lacking = run is not None and run.is_broken and len(known) < len(drawn)
    life = Life(
        "bundle",
        number,
        hall_source(area),
        [
            opened(unit, arrives, kind="project", code=_CODE, name=_NAME, matters=_MATTERS, limit=_PROMISE.value),
            Fact("bundle.closed", ends_at + 60, "closed", '{"result":"granted"}'),
        ],
        world.truth(
            "bundle",
            number,
            started_at=arrives if begins_at is None else begins_at,
            stopped_at=stop,
            verdict=UNLIMITED if run is None else _verdict(run),
            used=None if run is None else run.used_workdays,
        ),
        place=Place(unit.code, _CODE, area, unit.days),
        derived=(
            Fact("bundle.begun", first[0], first[1], says="project", limit=_PROMISE),
            Fact("bundle.completed", ends_at, ""),
        ),
        stills=stills,
        findings=("bundle_without_mandatory_child",) if is_lacking else (),
        since=arrives if begins_at is None else begins_at,
        stop=stop,
        result="granted" if world.has_come(ends_at + 60) else None,
    )
    return [life, *(child for child, _ in drawn if world.has_come(child.facts[0].at))]


def _stages(world: World, arrives: Instant, *, area: str, number: str) -> list[tuple[Life, Handling]]:
    """The second stage is applied for while the first goes on, the fourth while the third does."""
    drawn: list[tuple[Life, Handling]] = []
    for place, (stage, matter) in enumerate(_STAGES):
        if place == 2:
            arrives = max(handled.stops_at for _, handled in drawn) + DAY + world.upto(6 * DAY)
        elif place:
            arrives += 600 + world.upto(3 * DAY)
        kind = world.city.kind(matter)
        drawn.append(draw_child(world, arrives, kind=kind, area=area, bundle=number, stage=stage))
    return drawn


def _idle(world: World, known: Sequence[Handling]) -> tuple[Still, ...]:
    """Between two stages of which both have come: no working day of these is the project's."""
    running = united((handled.accepts_at, world.seen(handled.stops_at)) for handled in known)
    return tuple(Still(over, begin) for (_, over), (begin, _) in pairwise(running) if over is not None and over < begin)


def _verdict(run: Watch) -> Verdict:
    return Verdict(due_on=None if run.due_on is None else day_text(run.due_on), is_broken=run.is_broken)
