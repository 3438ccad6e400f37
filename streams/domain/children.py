"""What a case tells the bundle that it names: derived, and sent by the platform itself (`design/exactness.md`, Bundles)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from streams.domain.case import CaseFacts
from streams.domain.outlines import Moment

#: The statements that a bundle's child is told from.
TYPES = frozenset({
    "case.applied", "case.accepted", "case.finished", "case.reopened", "case.transferred", "case.visited",
})  # fmt: skip


class Child(Struct, frozen=True, array_like=True):
    """One child statement: its bundle, the latest instant among the facts it states, and the facts."""

    bundle_key: str
    at: datetime
    data: dict[str, Any]


def child_of(
    key: str, facts: CaseFacts, moments: Sequence[Moment], *, started_at: datetime | None, codes: tuple[str | None, ...]
) -> Child | None:
    """The statement of a case that names a bundle; None of all others. `codes`: matter, unit."""
    accepted = facts.accepted
    if accepted is None or accepted.bundle is None:
        return None
    bundle = accepted.bundle
    authority = bundle.authority or key.partition("|")[0]
    matter_code, unit_code = codes
    channel = accepted.channel or (facts.applied.channel if facts.applied is not None else None)
    told = {
        "child": key,
        "matter_code": matter_code,
        "unit_code": unit_code,
        "stage": accepted.project_stage,
        "accepted_at": started_at.isoformat() if started_at is not None else None,
        "finished_at": facts.finished_at.isoformat() if facts.finished_at is not None else None,
        "result": facts.result,
        "visits": sum(moment.type == "case.visited" for moment in moments),
        "channel": channel,
    }
    return Child(
        f"{authority}|{bundle.number}",
        max(moment.at for moment in moments if moment.type in TYPES),
        {name: value for name, value in told.items() if value is not None},
    )
