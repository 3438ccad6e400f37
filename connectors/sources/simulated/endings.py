"""Endings: how the work ends, decided and finished or withdrawn, and the steps on the way to it."""

from msgspec import Struct

from connectors.sources.simulated.city import Unit
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.intake import Intake
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
    return Ending([Fact("case.finished", stop, "finished/1", '{"result":"granted"}', "granted")], "granted")


def draw(world: World, intake: Intake, *, stop: Instant) -> Ending:
    """Withdrawn, refused, or granted: with a decision, or with the finish alone."""
    facts, extension = _on_the_way(world, intake, stop=stop)
    if world.happens("withdrawn"):
        facts.append(
            Fact("case.finished", stop, "finished/1", '{"result":"withdrawn","reason":"申请人撤回"}', "withdrawn")
        )
        return Ending(facts, "withdrawn", is_excluded=True, extension=extension)
    if world.random() < 0.03:
        facts += _refused(world, intake, stop=stop)
        return Ending(facts, "refused", extension=extension)
    if world.random() < 0.7:
        facts.append(Fact("case.decided", stop, "decided", '{"decision":"granted"}', "granted"))
        facts.append(Fact("case.finished", stop + world.upto(900), "finished/1", '{"result":"granted"}', "granted"))
    else:
        facts += plain(stop).facts
    return Ending(facts, "granted", extension=extension)


def _refused(world: World, intake: Intake, *, stop: Instant) -> list[Fact]:
    """With a reason, or without one; that is made good some days later, or never."""
    is_explained = not world.happens("unexplained")
    reason, says = (',"reason":"不符合法定条件"', "") if is_explained else ("", "unexplained")
    facts = [
        Fact("case.decided", stop, "decided", f'{{"decision":"refused"{reason}}}', says),
        Fact("case.finished", stop + 60, "finished/1", f'{{"result":"refused"{reason}}}', says or "refused"),
    ]
    if not is_explained and world.random() < 0.5:
        at = intake.days.morning(intake.days.number(stop) + 1 + world.upto(6), world.random())
        facts.append(Fact("case.reason_published", at, "reason/1", '{"reason":"不符合法定条件"}'))
    return facts


def _on_the_way(world: World, intake: Intake, *, stop: Instant) -> tuple[list[Fact], Extension | None]:
    """环节, 延期, 移交: they are told, and stop no clock; an extension moves a statutory limit of its own unit."""
    start, unit = intake.accepted_at, intake.application.unit
    half = start + (stop - start) // 2
    begun_at = min(start + 600, half)
    facts = [
        _step(world, unit, at=begun_at),
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


def _step(world: World, unit: Unit, *, at: Instant) -> Fact:
    """Half of the steps have a promise of their own: a day or some, or half a day."""
    if world.random() < 0.5:
        return Fact("case.step_started", at, "step/1/in", f'{{"sn":1,"node":"审查","unit_code":"{unit.code}"}}')
    promise = Limit(1, "halfday") if world.random() < 0.2 else Limit(1 + world.upto(4))
    data = (
        f'{{"sn":1,"node":"审查","unit_code":"{unit.code}",'
        f'"promise":{{"value":{promise.value},"unit":"{promise.unit}"}}}}'
    )
    return Fact("case.step_started", at, "step/1/in", data, limit=promise)
