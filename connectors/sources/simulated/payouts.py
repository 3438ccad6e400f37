"""Payouts: 惠企兑现, from the application to the money; approved, it is due in ten working days (AR-21)."""

from typing import Any

from connectors.sources.simulated.city import Unit, hall_source
from connectors.sources.simulated.days import Days
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.truth import UNLIMITED, Verdict, judge_days
from connectors.sources.simulated.world import World

LIMIT = 10


def draw_payout(world: World, arrives: Instant) -> Life:
    """Applied for or found, reviewed, then approved and paid, or refused; some approved after the refusal."""
    area = world.area()
    unit = world.city.unit(area, "development")
    number, days = world.number("DX", arrives // DAY), unit.days
    amount = 10_000 * (1 + world.upto(50))
    policy = f"P{world.upto(30):02}"
    place = Place(unit.code, policy, area, days)
    reviewed = days.number(arrives) + 1 + world.upto(8)
    company, is_false = world.company()
    facts = [
        _begun(world, unit, at=arrives, amount=amount, policy=policy, company=company),
        Fact("payout.reviewed", days.morning(reviewed, 0.3), "reviewed"),
    ]
    decided = reviewed + 1
    decided_at = days.morning(decided, 0.4 + world.random() / 2)
    is_refused = world.random() < 0.1
    is_overruled = is_refused and world.happens("overruled")
    if is_refused:
        facts.append(Fact("payout.rejected", decided_at, "rejected", '{"reason":"不符合条件"}'))
    result, ended_at = "rejected", decided_at
    judged: dict[str, Any] = {"verdict": UNLIMITED, "is_judged": False}
    derived: tuple[Fact, ...] = ()
    if is_overruled:
        decided += 2 + world.upto(5)
        decided_at = days.morning(decided, world.random())
    if is_overruled or not is_refused:
        used = LIMIT + 1 + world.upto(9) if world.happens("overdue") else world.upto(LIMIT)
        last_at = days.afternoon(decided + used, world.random())
        facts.append(Fact("payout.approved", decided_at, "approved", f'{{"amount":{amount}}}'))
        facts += _ended(world, since=decided_at, at=last_at, amount=amount)
        derived = (Fact("payout.whole", last_at, ""),) if facts[-1].type == "payout.paid" else ()
        if world.has_come(decided_at) or not is_refused:
            result, ended_at = "paid" if derived else "rejected", last_at
            verdict = _paying(world, days, approved_at=decided_at, ended_at=last_at)
            judged = {"verdict": verdict, "used": used}
    stop = world.seen(ended_at)
    return Life(
        "payout",
        number,
        hall_source(area),
        facts,
        world.truth("payout", number, started_at=arrives, stopped_at=stop, **judged),
        place=place,
        derived=derived,
        has_fault=is_false,
        since=arrives,
        stop=stop,
        result=None if stop is None else result,
    )


def _ended(world: World, *, since: Instant, at: Instant, amount: int) -> list[Fact]:
    """What was approved is paid, at once or half of it before, or refused after all: nothing is due any longer."""
    if world.happens("revoked"):
        return [Fact("payout.rejected", at, "revoked", '{"reason":"撤销批准"}')]
    if not world.happens("instalments"):
        return [Fact("payout.paid", at, "paid", f'{{"amount":{amount}}}')]
    half = Fact("payout.paid", since + (at - since) // 2, "paid/1", f'{{"amount":{amount // 2}}}')
    return [half, Fact("payout.paid", at, "paid/2", f'{{"amount":{amount - amount // 2}}}')]


def _paying(world: World, days: Days, *, approved_at: Instant, ended_at: Instant) -> Verdict:
    if not world.has_come(approved_at):
        return UNLIMITED
    return judge_days(days, approved_at, limit=LIMIT, stop=world.seen(ended_at), end=world.end)


def _begun(world: World, unit: Unit, *, at: Instant, amount: int, policy: str, company: str) -> Fact:
    """申报, or 免申即享: the enterprise is found eligible and need not ask."""
    about = (
        f'"policy":"{policy}","unit_code":"{unit.code}","area_code":"{unit.area}","uscc":"{company}","amount":{amount}'
    )
    if world.random() < 0.4:
        return Fact("payout.eligible", at, "eligible", f"{{{about}}}")
    return Fact("payout.applied", at, "applied", f'{{{about},"channel":"online"}}')
