"""Events of family intermediary. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Unpack

from connectors.publisher.build import Attributes, Which, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.intermediary import (
    IntermediaryContractFiled,
    IntermediaryContractSigned,
    IntermediaryDelivered,
    IntermediaryRated,
    IntermediarySelected,
)
from streams.domain.limits import Limit


def selected(
    *,
    subject: str,
    time: datetime,
    kind: str,
    unit_code: str,
    uscc: str | None = None,
    area_code: str | None = None,
    case: str | None = None,
    guide_fee: float | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """选取: a firm was chosen.

    recordkey: selected
    kind: 中介服务种类 · kind of service
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    uscc: 统一社会信用代码 · unified social credit code (GB 32100)
    area_code: 行政区划代码 · code of the area
    case: 相关办件编号 · number of the case it serves
    guide_fee: 指导价(元) · guide fee in yuan
    """
    data = IntermediarySelected(
        kind=kind,
        unit_code=unit_code,
        uscc=uscc,
        area_code=area_code,
        case=case,
        guide_fee=guide_fee,
    )
    return build("intermediary.selected", subject, time, data, attributes)


def contract_signed(
    *,
    subject: str,
    time: datetime,
    promise: Limit | None = None,
    fee: float | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """签约: the promised time begins to run.

    recordkey: contract_signed
    promise: 承诺时限 · promised limit
    fee: 合同价(元) · agreed fee in yuan
    """
    data = IntermediaryContractSigned(
        promise=promise,
        fee=fee,
    )
    return build("intermediary.contract_signed", subject, time, data, attributes)


def contract_filed(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """合同备案: the contract was filed.

    recordkey: contract_filed
    """
    data = IntermediaryContractFiled()
    return build("intermediary.contract_filed", subject, time, data, attributes)


def delivered(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """交付: the service was delivered.

    recordkey: delivered
    """
    data = IntermediaryDelivered()
    return build("intermediary.delivered", subject, time, data, attributes)


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
    """评价: whoever ordered the service rated it.

    recordkey: rated/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    level: 评价等级:1 最好 5 最差 · level: 1 best to 5 worst
    is_active: 是否主动评价 · whether the rater did it, not the programme at finishing
    tags: 评价标签 · tags
    """
    data = IntermediaryRated(
        level=level,
        is_active=is_active,
        tags=tags or [],
    )
    return build("intermediary.rated", subject, time, data, attributes, which=which)
