"""Events of family activity. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Unpack

from connectors.publisher.build import Attributes, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.activity import ActivityRecorded


def recorded(
    *,
    subject: str,
    time: datetime,
    kind: str,
    unit_code: str | None = None,
    area_code: str | None = None,
    reference: str | None = None,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    amount: float | None = None,
    fee: float | None = None,
    is_online: bool | None = None,
    result: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """业务活动: an inspection, a court case, a customs clearance, a tender, a policy push … as `kind` says.

    recordkey: recorded
    kind: 业务种类 · kind of activity
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    area_code: 行政区划代码 · code of the area
    reference: 凭证或业务编号 · reference number
    started_at: 开始时刻 · when it started
    ended_at: 结束时刻 · when it ended
    amount: 金额(元) · amount in yuan
    fee: 费用(元) · fee in yuan
    is_online: 是否线上 · whether online
    result: 结果 · result
    """
    data = ActivityRecorded(
        kind=kind,
        unit_code=unit_code,
        area_code=area_code,
        reference=reference,
        started_at=started_at,
        ended_at=ended_at,
        amount=amount,
        fee=fee,
        is_online=is_online,
        result=result,
    )
    return build("activity.recorded", subject, time, data, attributes)
