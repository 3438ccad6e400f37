"""Events of family payout. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Unpack

from connectors.publisher.build import Attributes, Which, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.payout import (
    PayoutApplied,
    PayoutApproved,
    PayoutEligible,
    PayoutPaid,
    PayoutRated,
    PayoutRejected,
    PayoutReviewed,
)


def eligible(
    *,
    subject: str,
    time: datetime,
    policy: str,
    uscc: str | None = None,
    amount: float | None = None,
    unit_code: str | None = None,
    area_code: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """符合条件: the enterprise may have the money, whether it asks or not (政策找企业).

    recordkey: eligible
    policy: 惠企政策编码 · code of the policy
    uscc: 统一社会信用代码 · unified social credit code (GB 32100)
    amount: 金额(元) · amount in yuan
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    area_code: 行政区划代码 · code of the area
    """
    data = PayoutEligible(
        policy=policy,
        uscc=uscc,
        amount=amount,
        unit_code=unit_code,
        area_code=area_code,
    )
    return build("payout.eligible", subject, time, data, attributes)


def applied(
    *,
    subject: str,
    time: datetime,
    policy: str,
    unit_code: str,
    uscc: str | None = None,
    area_code: str | None = None,
    amount: float | None = None,
    channel: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """申报: the enterprise asked for the money.

    recordkey: applied
    policy: 惠企政策编码 · code of the policy
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    uscc: 统一社会信用代码 · unified social credit code (GB 32100)
    area_code: 行政区划代码 · code of the area
    amount: 金额(元) · amount in yuan
    channel: 办理渠道 · channel
    """
    data = PayoutApplied(
        policy=policy,
        unit_code=unit_code,
        uscc=uscc,
        area_code=area_code,
        amount=amount,
        channel=channel,
    )
    return build("payout.applied", subject, time, data, attributes)


def reviewed(
    *,
    subject: str,
    time: datetime,
    which: Which,
    result: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """审核: the application was looked at.

    recordkey: reviewed/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    result: 结果 · result
    """
    data = PayoutReviewed(
        result=result,
    )
    return build("payout.reviewed", subject, time, data, attributes, which=which)


def approved(
    *,
    subject: str,
    time: datetime,
    amount: float,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """批准: so much was approved, in yuan.

    recordkey: approved
    amount: 金额(元) · amount in yuan
    """
    data = PayoutApproved(
        amount=amount,
    )
    return build("payout.approved", subject, time, data, attributes)


def rejected(
    *,
    subject: str,
    time: datetime,
    reason: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """不予兑现: the money was refused.

    recordkey: rejected
    reason: 理由 · reason
    """
    data = PayoutRejected(
        reason=reason,
    )
    return build("payout.rejected", subject, time, data, attributes)


def paid(
    *,
    subject: str,
    time: datetime,
    amount: float,
    reference: str | None = None,
    which: Which | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """拨付: so much was paid, in yuan; each instalment is a record of its own.

    recordkey: paid[/{which}]
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    amount: 金额(元) · amount in yuan
    reference: 凭证或业务编号 · reference number
    """
    data = PayoutPaid(
        amount=amount,
        reference=reference,
    )
    return build("payout.paid", subject, time, data, attributes, which=which)


def rated(
    *,
    subject: str,
    time: datetime,
    which: Which,
    level: int,
    is_active: bool = False,
    tags: list[str] | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """评价: the enterprise rated.

    recordkey: rated/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    level: 评价等级:1 最好 5 最差 · level: 1 best to 5 worst
    is_active: 是否主动评价 · whether the rater did it, not the programme at finishing
    tags: 评价标签 · tags
    """
    data = PayoutRated(
        level=level,
        is_active=is_active,
        tags=tags or [],
    )
    return build("payout.rated", subject, time, data, attributes, which=which)
