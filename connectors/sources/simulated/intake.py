"""Intake: from the application to the acceptance, with corrections, or in silence."""

from msgspec import Struct

from connectors.sources.simulated.applications import Application
from connectors.sources.simulated.days import Days, text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.world import World


class Intake(Struct, frozen=True):
    """When the clock starts, and when the acceptance was said; the same unless deemed, or counted from the papers."""

    application: Application
    started_at: Instant
    accepted_at: Instant
    facts: list[Fact]
    deemed_at: Instant | None = None

    @property
    def days(self) -> Days:
        return self.application.unit.days

    @property
    def number(self) -> int:
        """The number of the day of the start: day 0 (民法典 201)."""
        return self.days.number(self.started_at)

    @property
    def limit(self) -> int:
        """The promise, in its unit."""
        return self.application.kind.promise.value


def receive(world: World, application: Application) -> Intake:
    """Received when somebody is there, accepted soon after, unless something is missing or a machine does it at once."""
    days = application.unit.days
    if application.is_online and world.random() < 0.1:
        at = application.arrives + 20 + world.upto(60)
        papers_at = application.arrives + 5
        return _accepted(application, at, papers_at=papers_at, facts=[Fact("case.received", papers_at, "received")])
    at = days.attended(application.arrives + 60, world.random())
    if world.happens("corrected"):
        return _corrected(world, application, at=at)
    accepted_at = at + 60 + world.upto(900)
    if world.random() < 0.1 and application.may_be_deemed:
        accepted_at = days.morning(days.number(at) + 1 + world.upto(1), world.random())
    return _received(application, at, accepted_at=accepted_at)


def receive_plainly(world: World, application: Application) -> Intake:
    """Received and accepted in one go."""
    at = application.unit.days.attended(application.arrives + 60, world.random())
    return _received(application, at, accepted_at=at + 60 + world.upto(600))


def receive_silently(world: World, application: Application) -> Intake:
    """No answer in five working days: accepted from the day of receipt (行政许可法 32(4)), said only later."""
    days = application.unit.days
    at = days.attended(application.arrives + 60, world.random())
    said_at = days.morning(days.number(at) + 6 + world.upto(2), world.random())
    deemed_at = (days.day(days.number(at) + 5) + 1) * DAY
    return Intake(application, at, said_at, [Fact("case.received", at, "received")], deemed_at)


def _received(application: Application, at: Instant, *, accepted_at: Instant) -> Intake:
    return _accepted(application, accepted_at, papers_at=at, facts=[Fact("case.received", at, "received")])


def _accepted(application: Application, at: Instant, *, papers_at: Instant, facts: list[Fact]) -> Intake:
    """Counted from the acceptance or, where the law says 收到申请之日, from when the last papers came."""
    return Intake(application, papers_at if application.counts_from_papers else at, at, facts)


def _corrected(world: World, application: Application, *, at: Instant) -> Intake:
    """补正: asked for once, seldom twice, before acceptance and outside the clock (行政许可法 32(4))."""
    days, facts = application.unit.days, [Fact("case.received", at, "received")]
    asked_at, back_at = at + 120 + world.upto(1200), at
    for each in range(1, 3 if world.happens("corrected_twice") else 2):
        facts.append(_request(each, asked_at))
        back_at = days.morning(days.number(asked_at) + 1 + world.upto(8), world.random())
        facts.append(Fact("case.correction_received", back_at, f"correction/{each}/in", f'{{"round":{each}}}'))
        asked_at = back_at + 120 + world.upto(1200)
    return _accepted(application, asked_at, papers_at=back_at, facts=facts)


def _request(each: int, at: Instant) -> Fact:
    data = f'{{"round":{each},"items":["申请表"],"notified_at":"{text(at)}"}}'
    return Fact("case.correction_requested", at, f"correction/{each}/out", data)
