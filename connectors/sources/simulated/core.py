"""Core: the two clocks of a case, promise and statutory limit, from what was drawn of it."""

from msgspec import Struct

from connectors.sources.simulated.courses import Core
from connectors.sources.simulated.days import text
from connectors.sources.simulated.intake import Intake
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.rulers import Still
from connectors.sources.simulated.statutory import Extension, under_the_law
from connectors.sources.simulated.watches import Given, Watch, in_workdays, watch
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit


class Promise(Struct, frozen=True):
    """What is promised: a limit, or the instant at which it is due, which may reckon with pauses."""

    given: Given
    does_reckon: bool = False

    @property
    def told(self) -> str:
        """As fields of the acceptance."""
        if isinstance(self.given, int):
            reckons = ',"promise_due_includes_pauses":true' if self.does_reckon else ""
            return f'"promise_due_at":"{text(self.given)}"{reckons}'
        return f'"promise":{{"value":{self.given.value},"unit":"{self.given.unit}"}}'


def core_of(
    world: World,
    intake: Intake,
    *,
    promise: Promise | None,
    stop: Instant | None,
    extension: Extension | None,
    stills: tuple[Still, ...],
    gaps: tuple[tuple[Instant, Instant], ...],
) -> tuple[Core, tuple[str, ...]]:
    """The clocks of an accepted case as they are known at the end, and what is wrong with it."""
    days, start, findings = intake.days, intake.started_at, list[str]()
    taken_at = start if intake.deemed_at is not None else intake.accepted_at
    limit = intake.application.statutory_on(taken_at // DAY)
    statutory: Watch | None = None
    if limit is not None:
        told = extension if extension is not None and world.has_come(extension.at) else None
        statutory, fault = under_the_law(
            days,
            start,
            limit=limit,
            stills=stills,
            extension=told,
            cap=intake.application.kind.cap,
            stop=stop,
            end=world.end,
        )
        findings += [fault] if fault else []
    by_law = None if limit is None else in_workdays(days, start, limit)
    promised = None if promise is None else in_workdays(days, start, promise.given)
    if by_law is not None and promised is not None and promised > by_law:
        findings.append("promise_above_limit")
    if intake.deemed_at is not None:
        findings.append("accepted_after_deemed")
    core = Core(
        record="accepted" if intake.deemed_at is None else "received",
        promise=None if promise is None else _promised(world, intake, promise, stop=stop, stills=stills),
        statutory=statutory,
        gaps=gaps,
        deemed_at=intake.deemed_at,
        limit=None if limit is None or _is_on_the_spot(limit) else by_law,
        promised=promised,
    )
    return core, tuple(findings)


def _is_on_the_spot(limit: Given) -> bool:
    """Nothing is a share of it."""
    return isinstance(limit, Limit) and limit.unit == "onspot"


def _promised(
    world: World, intake: Intake, promise: Promise, *, stop: Instant | None, stills: tuple[Still, ...]
) -> Watch:
    return watch(
        "promise",
        "",
        days=intake.days,
        start=intake.started_at,
        given=promise.given,
        stop=stop,
        end=world.end,
        stills=stills,
        does_reckon=promise.does_reckon,
    )
