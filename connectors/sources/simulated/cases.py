"""Cases: 办件 from application to rating."""

from msgspec.structs import replace

from connectors.sources.simulated import aftermath, handling
from connectors.sources.simulated.applications import Application, applied_for
from connectors.sources.simulated.city import hall_source
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.handling import Handling
from connectors.sources.simulated.intake import receive, receive_plainly, receive_silently
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.matters import Kind
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import UNLIMITED
from connectors.sources.simulated.world import World

#: What begins and ends a round of the work.
_ROUNDS = frozenset({"case.finished", "case.reopened"})
#: Only these are told by a second system.
_TOLD_BY_BOTH = frozenset({"case.accepted", "case.finished"})


def draw_case(world: World, arrives: Instant) -> Life:
    """A case of any matter, with whatever may befall it."""
    kind, area = world.kind(), world.area()
    application = applied_for(world, kind, area=area, arrives=arrives)
    if world.happens("not_accepted"):
        return _refused(world, application)
    handled = _handled(world, application)
    facts = [*application.facts, *handled.facts, *aftermath.facts(world, application, handled=handled)]
    return _told_oddly(world, application, facts=facts, handled=handled)


def draw_child(
    world: World, arrives: Instant, *, kind: Kind, area: str, bundle: str, stage: str | None = None
) -> tuple[Life, Handling]:
    """A plain case of a bundle, of a stage if that is a project: it is accepted and finished, perhaps late."""
    application = replace(applied_for(world, kind, area=area, arrives=arrives, bundle=bundle), stage=stage)
    handled = handling.of_child(world, receive_plainly(world, application))
    return _life(world, application, facts=[*application.facts, *handled.facts], handled=handled), handled


def _handled(world: World, application: Application) -> Handling:
    kind = application.kind
    if kind.counts_days and application.may_be_deemed and world.happens("deemed"):
        deemed = receive_silently(world, application)
        if world.has_come(deemed.accepted_at):
            return handling.of_deemed(world, deemed)
        world.tally["deemed"] -= 1
    intake = receive(world, application)
    if world.happens("unpromised"):
        return handling.by_days(world, intake, is_promised=False)
    if not kind.counts_days:
        return handling.by_minutes(world, intake)
    if world.happens("explicit"):
        return handling.to_an_instant(world, intake)
    return handling.by_days(world, intake)


def _result(finished: Fact) -> str:
    """What is said of the finish; a refusal may be told without its reason."""
    return "refused" if finished.says == "unexplained" else finished.says


def _refused(world: World, application: Application) -> Life:
    """不予受理: it ends without a clock."""
    days = application.unit.days
    received = days.attended(application.arrives, world.random())
    at = days.afternoon(days.number(received) + 1, world.random())
    facts = [
        *application.facts,
        Fact("case.received", received, "received"),
        _not_accepted(world, at),
    ]
    stopped = world.seen(at)
    truth = world.truth("case", application.number, stopped_at=stopped, verdict=UNLIMITED, is_judged=False)
    return Life(
        "case",
        application.number,
        application.source,
        facts,
        truth,
        place=Place(application.unit.code, application.matter_code, application.unit.area, days),
        has_fault=application.is_false,
        findings=() if application.is_known else ("unknown_matter",),
        stop=stopped,
        result=None if stopped is None else "not_accepted",
    )


def _not_accepted(world: World, at: Instant) -> Fact:
    if world.happens("unexplained"):
        return Fact("case.not_accepted", at, "not_accepted", '{"kind":"out_of_scope"}', "unexplained")
    data = '{"kind":"out_of_scope","reason":"不属于本机关职权范围"}'
    return Fact("case.not_accepted", at, "not_accepted", data)


def _life(world: World, application: Application, *, facts: list[Fact], handled: Handling) -> Life:
    """A case that is, or will be, accepted; where it was transferred it counts there."""
    told = [fact for fact in facts if world.has_come(fact.at)]
    moved = any(fact.type == "case.transferred" for fact in told)
    unit = world.city.unit(application.unit.area, "hall") if moved else application.unit
    rounds = sorted((fact for fact in told if fact.type in _ROUNDS), key=lambda fact: (fact.at, fact.type))
    is_over = bool(rounds) and rounds[-1].type == "case.finished"
    return Life(
        "case",
        application.number,
        application.source,
        facts,
        handled.truth,
        place=Place(unit.code, application.matter_code, unit.area, application.unit.days),
        stills=handled.stills,
        core=handled.core,
        has_fault=application.is_false,
        findings=(*handled.findings, *(() if application.is_known else ("unknown_matter",))),
        since=handled.accepts_at if handled.core is not None else None,
        stop=world.seen(handled.stops_at),
        result=_result(rounds[-1]) if is_over else None,
    )


def _told_oddly(world: World, application: Application, *, facts: list[Fact], handled: Handling) -> Life:
    """Who tells it, and when, and whether it should have been told at all."""
    is_late = application.unit.is_vertical and world.happens("back_entered")
    is_told_by_both = world.happens("two_systems")
    known = [fact for fact in facts if fact.type in _TOLD_BY_BOTH and world.has_come(fact.at)]
    life = replace(
        _life(world, application, facts=facts, handled=handled),
        source=application.bureau_source if is_told_by_both else application.source,
        rivals=[_rival(world, fact) for fact in known] if is_told_by_both else [],
        rival_source=hall_source(application.unit.area),
        told_at=_next_batch(handled.stops_at) if is_late else None,
        is_removed=world.happens("removed"),
    )
    return replace(life, truth=world.removed(life)) if life.is_removed else life


def _rival(world: World, fact: Fact) -> Fact:
    """The same fact as the hall has it: up to two days earlier, and not believed where the bureau tells it, too."""
    return Fact(fact.type, fact.at - 60 - world.upto(2 * DAY), fact.record, fact.data)


def _next_batch(instant: Instant) -> Instant:
    """垂管系统办结后批量补录: once a week, at six in the evening, all in one second."""
    return (instant // (7 * DAY) + 1) * 7 * DAY + 18 * 3600
