"""Events of family demand. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Literal, Unpack

from connectors.publisher.build import Attributes, Which, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.demand import (
    DemandClosed,
    DemandContacted,
    DemandRated,
    DemandReclassified,
    DemandRegistered,
    DemandReplied,
)


def registered(
    *,
    subject: str,
    time: datetime,
    unit_code: str,
    kind: str = "unmapped",
    demand_class: Literal["general", "difficult"] = "general",
    area_code: str | None = None,
    channel: str | None = None,
    uscc: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """登记: somebody asked, complained or wants help.

    recordkey: registered
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    kind: 诉求领域,或咨询、投诉(不适用1/5/10) · subject of a company's demand; a consultation or a complaint has no 1-5-10 clocks
    demand_class: 诉求类别 · class of the demand
    area_code: 行政区划代码 · code of the area
    channel: 办理渠道 · channel
    uscc: 统一社会信用代码 · unified social credit code (GB 32100)
    """
    data = DemandRegistered(
        unit_code=unit_code,
        kind=kind,
        demand_class=demand_class,
        area_code=area_code,
        channel=channel,
        uscc=uscc,
    )
    return build("demand.registered", subject, time, data, attributes)


def contacted(
    *,
    subject: str,
    time: datetime,
    by_ref: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """电话联系: within one working day.

    recordkey: contacted
    by_ref: 办理人,入口处改为假名 · by whom; a pseudonym is made at the door
    """
    data = DemandContacted(
        by_ref=by_ref,
    )
    return build("demand.contacted", subject, time, data, attributes)


def reclassified(
    *,
    subject: str,
    time: datetime,
    which: Which,
    demand_class: Literal["general", "difficult"],
    reason: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """改类: from general to difficult or back; the clocks of the other class go on from registration.

    recordkey: reclassified/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    demand_class: 改后的类别 · the class from now on
    reason: 理由 · reason
    """
    data = DemandReclassified(
        demand_class=demand_class,
        reason=reason,
    )
    return build("demand.reclassified", subject, time, data, attributes, which=which)


def replied(
    *,
    subject: str,
    time: datetime,
    result: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """回复: the answer to a difficult demand, within ten working days.

    recordkey: replied
    result: 结果 · result
    """
    data = DemandReplied(
        result=result,
    )
    return build("demand.replied", subject, time, data, attributes)


def closed(
    *,
    subject: str,
    time: datetime,
    result: str = "unmapped",
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """办结: a general demand is done, within five working days.

    recordkey: closed
    result: 结果 · result
    """
    data = DemandClosed(
        result=result,
    )
    return build("demand.closed", subject, time, data, attributes)


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
    """评价: whoever asked rated the answer.

    recordkey: rated/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    level: 评价等级:1 最好 5 最差 · level: 1 best to 5 worst
    is_active: 是否主动评价 · whether the rater did it, not the programme at finishing
    tags: 评价标签 · tags
    """
    data = DemandRated(
        level=level,
        is_active=is_active,
        tags=tags or [],
    )
    return build("demand.rated", subject, time, data, attributes, which=which)
