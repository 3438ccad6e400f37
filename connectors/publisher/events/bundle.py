"""Events of family bundle. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Unpack

from connectors.publisher.build import Attributes, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.bundle import BundleClosed, BundleOpened
from streams.domain.limits import Limit


def opened(
    *,
    subject: str,
    time: datetime,
    kind: str,
    unit_code: str,
    code: str | None = None,
    name: str | None = None,
    area_code: str | None = None,
    channel: str | None = None,
    mandatory: list[str] | None = None,
    promise: Limit | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """开办: one thing was applied for; `mandatory` are the matters without which it is not done.

    recordkey: opened
    kind: 种类 · kind of bundle
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    code: 一件事编码 · code of the bundle
    name: 名称 · name
    area_code: 行政区划代码 · code of the area
    channel: 办理渠道 · channel
    mandatory: 必办事项编码,全部办结才算办成 · codes of the matters without which it is not done
    promise: 承诺时限 · promised limit
    """
    data = BundleOpened(
        kind=kind,
        unit_code=unit_code,
        code=code,
        name=name,
        area_code=area_code,
        channel=channel,
        mandatory=mandatory or [],
        promise=promise,
    )
    return build("bundle.opened", subject, time, data, attributes)


def closed(
    *,
    subject: str,
    time: datetime,
    result: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """办结: the source says that the whole is done.

    recordkey: closed
    result: 结果 · result
    """
    data = BundleClosed(
        result=result,
    )
    return build("bundle.closed", subject, time, data, attributes)
