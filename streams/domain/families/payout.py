"""Family payout: 惠企兑现: a policy's money on its way to an enterprise."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from streams.domain.families.values import Amount, Code, Data, Number, Rated, Text, Uscc
from streams.domain.law import Law
from streams.domain.outlines import Finding, Moment, Outline, at, first, last, unbegun


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
    """拨付: so much was paid, in yuan; each instalment is a record of its own."""

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
ONCE = frozenset({"eligible", "applied"})
_DECISIONS = frozenset({"payout.approved", "payout.rejected"})


def outline(moments: Sequence[Moment], _: Law) -> Outline:
    """A payout: it ends when all that was approved is paid, or the money is refused; the last decision holds."""
    told = first(moments, "payout.applied", "payout.eligible")
    known = [moment for moment in moments if moment.type in ("payout.applied", "payout.eligible")]
    lived, repeated = _taking_turns(moments)
    lived, end = _settled(lived)
    state = next((_STATES[moment.type] for moment in reversed(lived) if moment.type in _STATES), "unknown")
    result = None if end is None else _ENDS[end.type]
    return Outline(
        state=result or state,
        moments=tuple(lived),
        unit_code=next((moment.data.unit_code for moment in reversed(known) if moment.data.unit_code), None),
        matter_code=told.data.policy if told else None,
        area_code=next((moment.data.area_code for moment in reversed(known) if moment.data.area_code), None),
        started_at=at(told),
        stopped_at=at(end),
        result=result,
        findings=(*unbegun("never_applied", told, moments), *repeated, *_findings(lived)),
    )


def _taking_turns(moments: Sequence[Moment]) -> tuple[list[Moment], list[Finding]]:
    """Approvals and refusals take turns; one that says what holds already changes nothing."""
    kept, repeated, holds = [], [], ""
    for moment in moments:
        if moment.type == holds:
            repeated.append(Finding(f"repeated:{holds.partition('.')[2]}", moment.at, moment.record_key))
            continue
        if moment.type in _DECISIONS:
            holds = moment.type
        kept.append(moment)
    return kept, repeated


def _settled(moments: Sequence[Moment]) -> tuple[list[Moment], Moment | None]:
    """The moments, and after each that brings it about `payout.settled`: what is approved is paid; and what ends it all.

    Every payment counts, before the approval, too. Where nothing is approved the first settles it. An approval opens it
    again, until as much is paid.
    """
    found: list[Moment] = []
    end, due, paid, is_paid = None, Decimal(0), Decimal(0), False
    for moment in moments:
        found.append(moment)
        match moment.type:
            case "payout.approved":
                end, due = None, _exact(moment)
            case "payout.paid":
                paid, is_paid = paid + _exact(moment), True
            case "payout.rejected":
                end = end or moment
        if end is None and is_paid and paid >= due:
            end = Moment("payout.settled", moment.at, moment.record_key)
            found.append(end)
    return found, end


def _exact(moment: Moment) -> Decimal:
    """Its amount, so that three thirds told in fen are the whole."""
    return Decimal(str(moment.data.amount))


def _findings(moments: Sequence[Moment]) -> Iterator[Finding]:
    approved, paid = last(moments, "payout.approved"), last(moments, "payout.paid")
    if paid is None:
        return
    if approved is None:
        yield Finding("paid_without_approval", paid.at, paid.record_key)
    elif sum(_exact(moment) for moment in moments if moment.type == "payout.paid") > _exact(approved):
        yield Finding("paid_above_approval", paid.at, paid.record_key)


_STATES = {
    "payout.eligible": "eligible",
    "payout.applied": "applied",
    "payout.reviewed": "reviewed",
    "payout.approved": "approved",
}
_ENDS = {"payout.settled": "paid", "payout.rejected": "rejected"}
