"""Pauses: special procedures with their declared days, some of them longer than declared (行政许可法 45)."""

from collections.abc import Iterable

from msgspec import Struct

from connectors.sources.simulated.days import text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.intake import Intake
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.rulers import Still
from connectors.sources.simulated.truth import Standstill
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit


class Pause(Struct, frozen=True):
    """A special procedure: how many working days it takes off and, as known at the end, from when to when.

    `ends_at` None: it still goes on. Without a standstill it has not begun by the end. `stills`: as it was told, for
    clocks that count its days by themselves.
    """

    length: int = 0
    standstills: tuple[Standstill, ...] = ()
    facts: tuple[Fact, ...] = ()
    begins_at: Instant = 0
    ends_at: Instant | None = None
    stills: tuple[Still, ...] = ()


NONE = Pause()
#: A kind that is on no list: what a system says that was never adapted.
UNKNOWN = "third_party"


def draw(world: World, intake: Intake, *, used: int) -> Pause:
    """A pause after 1 … `used` of the working days counted; what exceeds the declared days is counted again."""
    days, specials = intake.days, intake.application.kind.specials
    before = 1 + world.upto(used - 1)
    declared = None if world.happens("irregular") else 3 + world.upto(12)
    length = 1 + world.upto((declared or 15) - 1)
    surplus = 0
    if declared is not None and used > before and world.happens("overrun"):
        length, surplus = declared, 1 + world.upto(used - before - 1)
    begin = intake.number + before
    started_at = days.morning(begin, world.random())
    ended_at = days.morning(begin + length + surplus, world.random())
    kind = world.one_of(specials)
    if world.happens("miscoded"):
        kind = UNKNOWN
    facts = (
        _started(started_at, kind, declared=declared),
        Fact("case.special_ended", ended_at, "special/1/end", '{"sn":1,"result":"done"}'),
    )
    if not world.has_come(started_at):
        return Pause(length, (), facts)
    limit_at = None if declared is None else (days.day(begin + declared) + 1) * DAY
    known = [at for at in (ended_at, limit_at) if at is not None and world.has_come(at)]
    ends_at = min(known, default=None)
    # Told to be over, it took what was drawn; else what was declared is over, or it goes on.
    taken = None if ends_at is None else length if world.has_come(ended_at) else declared
    still = Still(started_at, world.seen(ended_at), declared)
    return Pause(length, ((begin, taken),), facts, started_at, ends_at, (still,))


def step_after(world: World, pause: Pause, *, stop: Instant) -> list[Fact]:
    """A step of the work that goes on when the procedure is over; its promise counts from then."""
    if not pause.facts or world.random() < 0.5:
        return []
    promise = 1 + world.upto(3)
    data = f'{{"sn":2,"node":"决定","promise":{{"value":{promise},"unit":"workday"}}}}'
    return [
        Fact("case.step_started", pause.facts[-1].at + 60, "step/2/in", data, limit=Limit(promise)),
        Fact("case.step_completed", stop - 30, "step/2/out", '{"sn":2,"node":"决定","result":"passed"}'),
    ]


def _started(at: Instant, kind: str, *, declared: int | None) -> Fact:
    notice = "" if declared is None else f',"declared":{declared},"notified_at":"{text(at)}"'
    data = f'{{"sn":1,"kind":"{kind}","basis":"行政许可法 第45条"{notice}}}'
    says, limit = ("irregular", None) if declared is None else ("", Limit(declared))
    return Fact("case.special_started", at, "special/1/start", data, says, limit)


def findings(world: World, facts: Iterable[Fact]) -> tuple[str, ...]:
    """What is wrong with the special procedures among the facts, as far as they have begun by the end."""
    is_told = any(f'"{UNKNOWN}"' in fact.data and world.has_come(fact.at) for fact in facts)
    return ("unmapped_code",) if is_told else ()
