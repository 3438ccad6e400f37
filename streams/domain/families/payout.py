"""Family payout: 惠企兑现: a policy's money on its way to an enterprise."""

from collections.abc import Sequence

from streams.domain.families.values import Amount, Code, Data, Number, Rated, Text, Uscc
from streams.domain.outlines import Finding, Moment, Outline, at, first, unbegun


class PayoutEligible(Data, frozen=True):
    """符合条件: the enterprise may have the money, whether it asks or not (政策找企业)."""

    policy: Code
    uscc: Uscc | None = None
    amount: Amount | None = None
    unit_code: Code | None = None
    area_code: Code | None = None


class PayoutApplied(Data, frozen=True):
    """申报: the enterprise asked for the money."""

    policy: Code
    unit_code: Code
    uscc: Uscc | None = None
    area_code: Code | None = None
    amount: Amount | None = None
    channel: Code | None = None


class PayoutReviewed(Data, frozen=True):
    """审核: the application was looked at."""

    result: Code | None = None


class PayoutApproved(Data, frozen=True):
    """批准: so much was approved, in yuan."""

    amount: Amount


class PayoutRejected(Data, frozen=True):
    """不予兑现: the money was refused."""

    reason: Text | None = None


class PayoutPaid(Data, frozen=True):
    """拨付: so much was paid, in yuan."""

    amount: Amount
    reference: Number | None = None


class PayoutRated(Rated, frozen=True):
    """评价: the enterprise rated."""


TYPES = (
    ("eligible", PayoutEligible),
    ("applied", PayoutApplied),
    ("reviewed", PayoutReviewed),
    ("approved", PayoutApproved),
    ("rejected", PayoutRejected),
    ("paid", PayoutPaid),
    ("rated", PayoutRated),
)
ONCE = frozenset({"eligible", "applied", "approved", "rejected", "paid"})


def outline(moments: Sequence[Moment]) -> Outline:
    """A payout: it ends when the money is paid or refused."""
    told = first(moments, "payout.applied", "payout.eligible")
    end = first(moments, "payout.paid", "payout.rejected")
    known = [moment for moment in moments if moment.type in ("payout.applied", "payout.eligible")]
    return Outline(
        state=next((_STATES[moment.type] for moment in reversed(moments) if moment.type in _STATES), "unknown"),
        moments=tuple(moments),
        unit_code=next((moment.data.unit_code for moment in reversed(known) if moment.data.unit_code), None),
        matter_code=told.data.policy if told else None,
        area_code=next((moment.data.area_code for moment in reversed(known) if moment.data.area_code), None),
        started_at=at(told),
        stopped_at=at(end),
        result=None if end is None else _STATES[end.type],
        findings=unbegun("never_applied", told, moments) + _findings(moments),
    )


def _findings(moments: Sequence[Moment]) -> tuple[Finding, ...]:
    approved, paid = first(moments, "payout.approved"), first(moments, "payout.paid")
    found = []
    if paid is not None and approved is None:
        found.append(Finding("paid_without_approval", paid.at, paid.record_key))
    if paid is not None and approved is not None and paid.data.amount > approved.data.amount:
        found.append(Finding("paid_above_approval", paid.at, paid.record_key))
    return tuple(found)


_STATES = {
    "payout.eligible": "eligible",
    "payout.applied": "applied",
    "payout.reviewed": "reviewed",
    "payout.approved": "approved",
    "payout.rejected": "rejected",
    "payout.paid": "paid",
}
