"""Handling: the work from acceptance to decision. How long it takes is drawn; when it ends follows from it."""

from msgspec import Struct
from msgspec.structs import replace

from connectors.sources.simulated import endings, pauses
from connectors.sources.simulated.core import Promise, core_of
from connectors.sources.simulated.courses import Core
from connectors.sources.simulated.days import Days, day_text
from connectors.sources.simulated.endings import Ending
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.intake import Intake
from connectors.sources.simulated.pauses import NONE, Pause
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.rulers import Still
from connectors.sources.simulated.truth import UNLIMITED, Standstill, Truth, Verdict, judge_days, judge_instant
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit

#: 半日: so many seconds of office hours (`reference/domain.md` §3.3).
HALF_DAY = 240 * 60
#: On the day itself it is done only if the office stays open for longer than this.
_SHORTLY = 1800


class Handling(Struct, frozen=True):
    """The facts of the work, when it begins and stops for good, its result, and what is true of it at the end."""

    facts: list[Fact]
    accepts_at: Instant
    stops_at: Instant
    result: str
    truth: Truth
    core: Core | None
    stills: tuple[Still, ...]
    findings: tuple[str, ...]


class Reopening(Struct, frozen=True):
    """重开: the working days until then are not counted, those after it are; `stop` is the new one."""

    facts: tuple[Fact, ...]
    standstill: Standstill
    still: Still
    more: int
    stop: Instant


def by_days(world: World, intake: Intake, *, is_promised: bool = True) -> Handling:
    """A promise in working days, or none; with a pause and a reopening, perhaps."""
    used = _workdays(world, intake, least=_least(intake))
    pause = _pause(world, intake, used=used) if is_promised else NONE
    number = intake.number + used + pause.length
    stop = _stop(world, intake, number=number)
    ending = endings.draw(world, intake, stop=stop)
    facts = [*pause.facts, *pauses.step_after(world, pause, stop=stop), *ending.facts]
    standstills, stills = pause.standstills, pause.stills
    gaps: tuple[tuple[Instant, Instant], ...] = ()
    if is_promised and ending.result == "granted" and world.happens("reopened"):
        is_decided = any(fact.type == "case.decided" for fact in ending.facts)
        reopening = _reopening(world, intake.days, stopped_at=stop, number=number, is_decided=is_decided)
        facts += reopening.facts
        if world.has_come(reopening.facts[0].at):
            gaps = ((reopening.still.begin, reopening.facts[0].at),)
            stop, used = reopening.stop, used + reopening.more
            standstills, stills = (*standstills, reopening.standstill), (*stills, reopening.still)
    verdict = _by_days(world, intake, stop=stop, standstills=standstills) if is_promised else UNLIMITED
    return _handled(
        world,
        intake,
        ending=ending,
        facts=facts,
        promise=Promise(Limit(intake.limit)) if is_promised else None,
        stop=stop,
        used=used,
        verdict=verdict,
        stills=stills,
        gaps=gaps,
    )


def of_deemed(world: World, intake: Intake) -> Handling:
    """Deemed accepted: the time counts from receipt, whatever the late acceptance says."""
    used = _workdays(world, intake, least=intake.days.number(intake.accepted_at) - intake.number)
    stop = intake.days.afternoon(intake.number + used, world.random())
    ending = endings.draw(world, intake, stop=stop)
    verdict, promise = _by_days(world, intake, stop=stop), Promise(Limit(intake.limit))
    return _handled(
        world, intake, ending=ending, facts=ending.facts, promise=promise, stop=stop, used=used, verdict=verdict
    )


def by_minutes(world: World, intake: Intake, *, is_child: bool = False) -> Handling:
    """Half a day: the time is drawn in seconds of office hours."""
    days, start = intake.days, intake.started_at
    length = intake.limit * HALF_DAY
    taken = length + 60 + world.upto(8 * HALF_DAY) if world.happens("overdue") else 180 + world.upto(length - 240)
    taken = max(taken, days.office_seconds(start, intake.accepted_at) + 60)
    stop, due = days.after_office(start, taken), days.after_office(start, length)
    ending = endings.plain(stop) if is_child else endings.draw(world, intake, stop=stop)
    return _handled(
        world,
        intake,
        ending=ending,
        facts=ending.facts,
        promise=Promise(Limit(intake.limit, "halfday")),
        stop=stop,
        used=days.number(stop) - intake.number,
        verdict=judge_instant(due, stop=world.seen(stop), end=world.end),
    )


def to_an_instant(world: World, intake: Intake) -> Handling:
    """承诺办结时间 given: five in the afternoon of the last day. Pauses move it, unless it reckons with them."""
    used = _workdays(world, intake, least=_least(intake))
    pause = _pause(world, intake, used=used)
    does_reckon = world.random() < 0.3
    stop = _stop(world, intake, number=intake.number + used + pause.length)
    ending = endings.draw(world, intake, stop=stop)
    due = intake.days.day(intake.number + intake.limit) * DAY + 17 * 3600
    moved = due if does_reckon else _moved(intake.days, due, pause=pause)
    return _handled(
        world,
        intake,
        ending=ending,
        facts=[*pause.facts, *pauses.step_after(world, pause, stop=stop), *ending.facts],
        promise=Promise(due, does_reckon=does_reckon),
        stop=stop,
        used=used,
        verdict=UNLIMITED if moved is None else judge_instant(moved, stop=world.seen(stop), end=world.end),
        stills=pause.stills,
    )


def of_child(world: World, intake: Intake) -> Handling:
    """A child of a bundle: finished, without a decision of its own."""
    if not intake.application.kind.counts_days:
        return by_minutes(world, intake, is_child=True)
    used = _workdays(world, intake, least=1)
    stop = intake.days.afternoon(intake.number + used, world.random())
    ending = endings.plain(stop)
    verdict, promise = _by_days(world, intake, stop=stop), Promise(Limit(intake.limit))
    return _handled(
        world, intake, ending=ending, facts=ending.facts, promise=promise, stop=stop, used=used, verdict=verdict
    )


def _handled(
    world: World,
    intake: Intake,
    *,
    ending: Ending,
    facts: list[Fact],
    promise: Promise | None,
    stop: Instant,
    used: int,
    verdict: Verdict,
    stills: tuple[Still, ...] = (),
    gaps: tuple[tuple[Instant, Instant], ...] = (),
) -> Handling:
    """What was drawn, as it is known at the end: before the acceptance is said there is no clock."""
    is_accepted = world.has_come(intake.accepted_at)
    known = verdict if is_accepted else UNLIMITED
    truth = world.truth(
        "case",
        intake.application.number,
        accepted_at=intake.started_at if is_accepted else None,
        stopped_at=world.seen(stop),
        verdict=known,
        used=used,
        is_judged=known is not UNLIMITED and not ending.is_excluded,
    )
    told = [*intake.facts, _accepted(world, intake, promise=promise), *facts]
    if not is_accepted:
        return Handling(told, intake.started_at, stop, ending.result, truth, None, (), ())
    core, findings = core_of(
        world, intake, promise=promise, stop=world.seen(stop), extension=ending.extension, stills=stills, gaps=gaps
    )
    law = core.statutory
    if law is not None and law.due is not None:
        truth = replace(truth, statutory_due_on=day_text(law.due), is_past_statutory=law.is_broken)
    found = (*findings, *pauses.findings(world, facts))
    return Handling(told, intake.started_at, stop, ending.result, truth, core, stills, found)


def _accepted(world: World, intake: Intake, *, promise: Promise | None) -> Fact:
    application = intake.application
    parts = [application.about, '"case_type":"promise"' if application.kind.counts_days else '"case_type":"instant"']
    if promise is not None:
        parts.append(promise.told)
    if application.bundle is not None:
        parts.append(f'"bundle":{{"number":"{application.bundle}"}}')
    if application.stage is not None:
        parts.append(f'"project_stage":"{application.stage}"')
    if world.random() < 0.05:
        parts.append('"is_tolerant":true')
    if application.kind.may_be_renewed and world.happens("renewing"):
        last = intake.days.day(intake.number + 1 + world.upto(intake.limit + 4))
        parts.append(f'"renews_until":"{day_text(last)}"')
        data = f"{{{','.join(parts)}}}"
        return Fact("case.accepted", intake.accepted_at, "accepted", data, "renews", (last + 1) * DAY)
    given = None if promise is None or isinstance(promise.given, int) else promise.given
    return Fact("case.accepted", intake.accepted_at, "accepted", f"{{{','.join(parts)}}}", limit=given)


def _by_days(world: World, intake: Intake, *, stop: Instant, standstills: tuple[Standstill, ...] = ()) -> Verdict:
    return judge_days(
        intake.days,
        intake.started_at,
        limit=intake.limit,
        stop=world.seen(stop),
        end=world.end,
        standstills=standstills,
    )


def _pause(world: World, intake: Intake, *, used: int) -> Pause:
    if used and intake.application.kind.specials and world.happens("paused"):
        return pauses.draw(world, intake, used=used)
    return NONE


def _moved(days: Days, due: Instant, *, pause: Pause) -> Instant | None:
    """A due instant later by the office hours of a pause that began before it; None while that goes on."""
    if not pause.standstills or pause.begins_at >= due:
        return due
    if pause.ends_at is None:
        return None
    return days.after_office(due, days.office_seconds(pause.begins_at, pause.ends_at))


def _reopening(world: World, days: Days, *, stopped_at: Instant, number: int, is_decided: bool) -> Reopening:
    """Some days after the stop, on the working day of this number, something turns out to be wrong; whoever decides does so anew."""
    gap, more = 1 + world.upto(8), world.upto(4)
    reopened_at = days.morning(number + gap, world.random())
    stop = days.afternoon(number + gap + more, world.random())
    decided = (Fact("case.decided", stop, "decided/2", '{"decision":"granted"}', "granted"),) if is_decided else ()
    facts = (
        Fact("case.reopened", reopened_at, "reopened/1", '{"reason":"证照信息有误"}'),
        *decided,
        Fact("case.finished", stop + 600 * is_decided, "finished/2", '{"result":"granted"}', "granted"),
    )
    return Reopening(facts, (number, gap), Still(stopped_at, reopened_at, is_reopening=True), more, stop)


def _least(intake: Intake) -> int:
    """At least so many working days: not before the acceptance, on its day only if there is time."""
    gap = intake.days.number(intake.accepted_at) - intake.number
    closing = intake.days.closing(intake.accepted_at)
    return gap if closing is not None and (gap or closing - intake.accepted_at > _SHORTLY) else gap + 1


def _workdays(world: World, intake: Intake, *, least: int) -> int:
    """Working days that the work takes: within the limit, or beyond it."""
    if world.happens("overdue"):
        return max(least, intake.limit + 1 + int(world.draw.expovariate(0.25)))
    return max(least, world.upto(intake.limit))


def _stop(world: World, intake: Intake, *, number: int) -> Instant:
    """In the afternoon of a later day, or before the office closes on the same."""
    days, start = intake.days, intake.accepted_at
    if number > intake.number:
        return days.afternoon(number, world.random())
    closing = days.closing(start) or start
    return start + 900 + int(world.random() * (closing - start - 900))
