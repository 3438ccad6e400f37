"""Random lives of cases with everything the contract allows, and most of what it does not."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cases import document

UNITS = ("u1", "u2", "u3")
AREAS = ("360200", "360222", None)
RESULTS = ("granted", "refused", "withdrawn", "void", "forwarded", "completed", "unmapped")
#: By their limits: on the spot with a fallback, natural days, working days, months …
MATTERS = (
    "comes-late",
    "M001",
    "M005",
    "M007",
    "M012",
    "M025",
    "M027",
    "M036",
    "M077",
    "nobody-knows",
    "nobody-knows",
    "nor-this",
)
LIMITS = (
    (5, "workday"), (1, "workday"), (2, "workday"), (3, "workday"), (10, "workday"), (20, "day"), (7, "day"), (1, "day"),
    (1, "month"), (2, "month"), (4, "hour"), (90, "minute"), (1, "halfday"), (3, "halfday"), (0, "onspot"), (0, "workday"),
)  # fmt: skip
FIRST = datetime(2025, 1, 2, tzinfo=UTC)


def random_case(
    dice: random.Random, number: str, *, authority: str = "jdz", source: str = "urn:a"
) -> Iterator[dict[str, Any]]:
    """The events of one case, in no particular order, some of them more than once."""
    begin = FIRST + timedelta(
        days=dice.randrange(600), seconds=dice.randrange(86400), microseconds=dice.choice([0, 1, 500000])
    )

    def told(name: str, days: float, **given: Any) -> dict[str, Any]:
        at = begin + timedelta(days=days)
        if dice.random() < 0.1:
            at = at.replace(hour=16, minute=0, second=0, microsecond=0)  # midnight in China
        given.setdefault("source", source)
        return document(name, at.isoformat(), number=number, authority=authority, **given)

    def limit() -> dict[str, Any]:
        value, unit = dice.choice(LIMITS)
        return {"value": value, "unit": unit} if dice.random() < 0.95 else {"value": value}

    matter, unit = dice.choice(MATTERS), dice.choice(UNITS)
    common = {"matter_code": matter, "unit_code": unit}
    area = dice.choice(AREAS)
    if area is not None:
        common["area_code"] = area
    if dice.random() < 0.5:
        renewal = (
            {"renews_until": str((begin + timedelta(days=dice.randrange(30))).date())} if dice.random() < 0.1 else {}
        )
        yield told("applied", -dice.random() * 10, recordkey="applied", channel="online", **common, **renewal)
    if dice.random() < 0.4:
        yield told("received", -dice.random() * 9, recordkey="received")
    if dice.random() < 0.2:
        yield told("correction_requested", -dice.random() * 6, round=1)
    if dice.random() < 0.1:
        yield told("correction_received", -dice.random() * 5, round=1)
    if dice.random() < 0.08:
        yield told("not_accepted", dice.random() * 4 - 2, kind="out_of_scope")
    for _ in range(dice.choice([0, 1, 1, 1, 1, 1, 1, 1, 2])):
        given: dict[str, Any] = dict(common)
        if dice.random() < 0.15:
            given["promise_due_at"] = (begin + timedelta(days=dice.random() * 20 - 1)).isoformat()
            given["promise_due_includes_pauses"] = dice.random() < 0.5
        elif dice.random() < 0.8:
            given["promise"] = limit()
        if dice.random() < 0.1:
            given["renews_until"] = str((begin + timedelta(days=dice.randrange(30))).date())
        if dice.random() < 0.3:
            given["statutory"] = limit()
        elif dice.random() < 0.1:
            given["statutory_due_at"] = (begin + timedelta(days=dice.random() * 30)).isoformat()
        yield told("accepted", dice.choice([0, 0, 0, 1.5]), recordkey=dice.choice(["accepted", "accepted", "accepted2"]),
                   dataversion=dice.choice([1, 1, 2]), **given)  # fmt: skip
    yield from _pauses(dice, told)
    if dice.random() < 0.2:
        unit_of = dice.choice(["workday", "day", "month", "halfday"])
        yield told("extended", dice.random() * 25, value=dice.randrange(1, 12), unit=unit_of)
    if dice.random() < 0.1:
        yield told("transferred", dice.random() * 10, to_unit=dice.choice(UNITS))
    for step in range(dice.randrange(3)):
        yield told("step_completed", dice.random() * 20, node="x", sn=step)
    yield from _stops(dice, told)


def _pauses(dice: random.Random, told: Any) -> Iterator[dict[str, Any]]:
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 4])):
        sn, start = dice.randrange(1, 4), dice.random() * 15 - 1
        yield told(
            "special_started",
            start,
            sn=sn,
            kind=dice.choice(["hearing", "appraisal", "appraisal", "unmapped"]),
            **_declared(dice),
        )
        if dice.random() < 0.8:
            yield told("special_ended", start + dice.choice([0, 0.01, 0.5, 2, 6, 12]), sn=sn)


def _stops(dice: random.Random, told: Any) -> Iterator[dict[str, Any]]:
    if dice.random() < 0.3:
        yield told("decided", dice.random() * 25 - 1, recordkey="decided", decision="granted")
    if dice.random() < 0.7:
        yield told("finished", dice.random() * 30 - 1, recordkey="finished", result=dice.choice(RESULTS))
    for lap in range(dice.choice((0,) * 17 + (1, 1, 3))):
        yield from _round(dice, told, lap)
    if dice.random() < 0.1:
        yield told("finished", dice.random() * 40, recordkey="finished3", result="granted")
    if dice.random() < 0.2:
        yield told("delivered", dice.random() * 40, recordkey="delivered")


def _round(dice: random.Random, told: Any, lap: int) -> Iterator[dict[str, Any]]:
    """What follows a reopening, if there was anything to reopen."""
    since = lap * 12
    yield told("reopened", since + dice.random() * 30, recordkey=f"reopened{lap}", reason="appeal")
    if dice.random() < 0.5:
        decision = dice.choice(["granted", "refused"])
        yield told("decided", since + 10 + dice.random() * 30, recordkey=f"decided{lap}", decision=decision)
    if dice.random() < 0.5:
        begun = since + dice.random() * 30
        yield told("special_started", begun, sn=dice.randrange(1, 4), kind="hearing", **_declared(dice))
        yield told("special_ended", begun + dice.random() * 6, sn=dice.randrange(1, 4))
    if dice.random() < 0.3:
        yield told("delivered", since + 10 + dice.random() * 40, recordkey=f"delivered{lap}")
    if dice.random() < 0.7:
        at = since + 15 + dice.random() * 30
        yield told("finished", at, recordkey=f"finished{lap}", result=dice.choice(RESULTS))


def _declared(dice: random.Random) -> dict[str, int]:
    return {"declared": dice.choice([0, 1, 3, 10])} if dice.random() < 0.4 else {}


def random_cases(number: int, *, seed: int, authority: str = "jdz", prefix: str = "n") -> list[dict[str, Any]]:
    """The events of many cases, shuffled; with corrections, deletions, re-insertions, conflicts and second sources."""
    dice = random.Random(seed)
    found: list[dict[str, Any]] = []
    for place in range(number):
        case = list(random_case(dice, f"{prefix}{place}", authority=authority))
        found += case
        for event in case:
            if dice.random() < 0.06:
                found.append(
                    event | {"operation": "D", "dataversion": 3, "id": event["id"] + "d", "recordkey": _key(event)}
                )
                if dice.random() < 0.5:
                    found.append(event | {"dataversion": 4, "id": event["id"] + "r", "recordkey": _key(event)})
            if dice.random() < 0.03:  # the same version with another body
                found.append(event | {"sequence": "x", "recordkey": _key(event)})
            if dice.random() < 0.03:  # another source tells the same record
                found.append(event | {"source": "urn:b", "recordkey": _key(event), "sequence": "y"})
            if dice.random() < 0.05:
                found.append(event)
    dice.shuffle(found)
    return found


def _key(event: dict[str, Any]) -> str:
    return event.get("recordkey", event["id"])
