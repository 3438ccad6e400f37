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
    """Applied for or found, reviewed, then approved and paid, or refused."""
    area = world.area()
    unit = world.city.unit(area, "development")
    number, days = world.number("DX", arrives // DAY), unit.days
    amount = 10_000 * (1 + world.upto(50))
    policy = f"P{world.upto(30):02}"
    place = Place(unit.code, policy, area, days)
    reviewed = days.number(arrives) + 1 + world.upto(8)
    decided_at = days.morning(reviewed + 1, 0.4 + world.random() / 2)
    judged: dict[str, Any]
    company, is_false = world.company()
    facts = [
        _begun(world, unit, at=arrives, amount=amount, policy=policy, company=company),
        Fact("payout.reviewed", days.morning(reviewed, 0.3), "reviewed"),
    ]
    if world.random() < 0.1:
        facts.append(Fact("payout.rejected", decided_at, "rejected", '{"reason":"不符合条件"}'))
        result, ended_at, judged = "rejected", decided_at, {"verdict": UNLIMITED, "is_judged": False}
    else:
        used = LIMIT + 1 + world.upto(9) if world.happens("overdue") else world.upto(LIMIT)
        ended_at = days.afternoon(reviewed + 1 + used, world.random())
        facts.append(Fact("payout.approved", decided_at, "approved", f'{{"amount":{amount}}}'))
        facts.append(_ended(world, at=ended_at, amount=amount))
        verdict = _paying(world, days, approved_at=decided_at, ended_at=ended_at)
        result, judged = facts[-1].record, {"verdict": verdict, "used": used}
    stop = world.seen(ended_at)
    return Life(
        "payout",
        number,
        hall_source(area),
        facts,
        world.truth("payout", number, started_at=arrives, stopped_at=stop, **judged),
        place=place,
        has_fault=is_false,
        since=arrives,
        stop=stop,
        result=None if stop is None else result,
    )


def _ended(world: World, *, at: Instant, amount: int) -> Fact:
    """What was approved is paid, or refused after all: nothing is due any longer."""
    if world.happens("revoked"):
        return Fact("payout.rejected", at, "rejected", '{"reason":"撤销批准"}')
    return Fact("payout.paid", at, "paid", f'{{"amount":{amount}}}')


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
