"""Family activity: what other business systems do and the policy only counts or times. Rows."""

from streams.domain.families.values import Amount, Code, Data, Instant, Number


class ActivityRecorded(Data, frozen=True):
    """业务活动: an inspection, a court case, a customs clearance, a tender, a policy push … as `kind` says."""

    kind: Code
    unit_code: Code | None = None
    area_code: Code | None = None
    reference: Number | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    amount: Amount | None = None
    fee: Amount | None = None
    is_online: bool | None = None
    result: Code | None = None


TYPES = (("recorded", ActivityRecorded),)
ONCE: frozenset[str] = frozenset()
