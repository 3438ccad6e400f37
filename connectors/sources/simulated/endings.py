"""Endings: how the work ends, decided and finished or withdrawn, and the steps on the way to it."""

from msgspec import Struct

from connectors.sources.simulated.city import Unit
from connectors.sources.simulated.intake import Intake
from connectors.sources.simulated.lives import Fact
from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.statutory import Extension
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit


class Ending(Struct, frozen=True):
    """The facts of an ending, the result, and whether it takes the case out of the time statistics."""

    facts: list[Fact]
    result: str
    is_excluded: bool = False
    extension: Extension | None = None


def plain(stop: Instant) -> Ending:
    """Finished, nothing else."""
    return Ending([Fact("case.finished", stop, "finished/1", '{"result":"granted"}')], "granted")


def draw(world: World, intake: Intake, *, stop: Instant) -> Ending:
    """Withdrawn, refused, or granted: with a decision, or with the finish alone."""
    facts, extension = _on_the_way(world, intake, stop=stop)
    if world.happens("withdrawn"):
        facts.append(Fact("case.finished", stop, "finished/1", '{"result":"withdrawn","reason":"申请人撤回"}'))
        return Ending(facts, "withdrawn", is_excluded=True, extension=extension)
    if world.random() < 0.03:
        facts.append(Fact("case.decided", stop, "decided", '{"decision":"refused","reason":"不符合法定条件"}'))
        facts.append(Fact("case.finished", stop + 60, "finished/1", '{"result":"refused","reason":"不符合法定条件"}'))
        return Ending(facts, "refused", extension=extension)
    if world.random() < 0.7:
        facts.append(Fact("case.decided", stop, "decided", '{"decision":"granted"}'))
        facts.append(Fact("case.finished", stop + world.upto(900), "finished/1", '{"result":"granted"}'))
    else:
        facts += plain(stop).facts
    return Ending(facts, "granted", extension=extension)


def _on_the_way(world: World, intake: Intake, *, stop: Instant) -> tuple[list[Fact], Extension | None]:
    """环节, 延期, 移交: they are told, and stop no clock; an extension moves a statutory limit of its own unit."""
    start, unit = intake.accepted_at, intake.application.unit
    half = start + (stop - start) // 2
    begun_at = min(start + 600, half)
    facts = [
        Fact("case.step_started", begun_at, "step/1/in", f'{{"sn":1,"node":"审查","unit_code":"{unit.code}"}}'),
        Fact("case.step_completed", max(stop - 300, half), "step/1/out", '{"sn":1,"node":"审查","result":"passed"}'),
    ]
    extension = None
    if world.happens("extended"):
        extension = Extension(begun_at, Limit(10, "day" if world.random() < 0.5 else "workday"))
        data = f'{{"value":{extension.limit.value},"unit":"{extension.limit.unit}"}}'
        facts.append(Fact("case.extended", begun_at, "extended/1", data))
    if not unit.is_daily and unit.bureau != "hall" and world.happens("transferred"):
        facts.append(_transferred(world, unit, at=half))
    return facts, extension


def _transferred(world: World, unit: Unit, *, at: Instant) -> Fact:
    """To an office that works on the same days."""
    other = world.city.unit(unit.area, "hall")
    return Fact("case.transferred", at, "transferred/1", f'{{"to_unit":"{other.code}","from_unit":"{unit.code}"}}')
