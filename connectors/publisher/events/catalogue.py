"""Events of family catalogue. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import date, datetime
from typing import Unpack

from connectors.publisher.build import Attributes, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.catalogue import (
    CatalogueMatterChanged,
    CatalogueMatterRemoved,
    CatalogueResourceChanged,
    CatalogueUnitChanged,
)
from streams.domain.limits import Limit


def matter_changed(
    *,
    subject: str,
    time: datetime,
    matter_code: str,
    valid_from: date,
    name: str,
    unit_code: str | None = None,
    area_code: str | None = None,
    level: str | None = None,
    basic_code: str | None = None,
    case_type: str | None = None,
    statutory: Limit | None = None,
    fallback: Limit | None = None,
    promise: Limit | None = None,
    is_on_application: bool = True,
    is_online: bool = False,
    online_depth: int = 0,
    is_secret: bool = False,
    is_mobile: bool = False,
    is_in_hall: bool = False,
    is_general_window: bool = False,
    is_commitment: bool = False,
    is_deemed_consent: bool = False,
    is_instant_approval: bool = False,
    is_high_frequency: bool = False,
    has_fee: bool | None = None,
    materials: int | None = None,
    visits: int | None = None,
    steps: int | None = None,
    nodes: list[str] | None = None,
    indicator: int | None = None,
    basis: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """事项变更: the whole 实施清单 entry as it is from `valid_from` on (GB/T 39046—2020 table 4).

    recordkey: {valid_from}
    matter_code: 事项编码 · code of the matter
    valid_from: 生效日 · from which day it holds
    name: 名称 · name
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    area_code: 行政区划代码 · code of the area
    level: 行使层级 · level of government
    basic_code: 基本编码(国家基本目录) · basic code (national catalogue)
    case_type: 办件类型 · type of case
    statutory: 法定时限 · statutory limit
    fallback: 不能当场办结时的时限 · limit where it cannot be done on the spot
    promise: 承诺时限 · promised limit
    is_on_application: 是否依申请 · whether on application
    is_online: 是否线上 · whether online
    online_depth: 网办深度(0–4) · online depth (0–4)
    is_secret: 是否涉密 · whether secret
    is_mobile: 是否可掌上办 · whether by mobile
    is_in_hall: 是否进驻大厅 · whether in the hall
    is_general_window: 是否进综合窗口 · whether at the general window
    is_commitment: 是否告知承诺 · whether by commitment (告知承诺)
    is_deemed_consent: 是否超时默许 · whether silence is consent
    is_instant_approval: 是否秒批事项 · whether on the list of matters that are approved in a minute
    is_high_frequency: 是否高频事项 · whether asked for often
    has_fee: 是否收费 · whether a fee is charged
    materials: 申请材料份数 · number of documents asked for
    visits: 到现场次数 · visits needed
    steps: 办理环节数 · number of steps
    nodes: 公布的办理环节,与环节事件的 node 同名 · published steps, named as the steps of a case name their node
    indicator: 对应营商环境一级指标(1–18) · indicator it belongs to (1–18)
    basis: 依据(法律条款) · legal basis
    """
    data = CatalogueMatterChanged(
        matter_code=matter_code,
        valid_from=valid_from,
        name=name,
        unit_code=unit_code,
        area_code=area_code,
        level=level,
        basic_code=basic_code,
        case_type=case_type,
        statutory=statutory,
        fallback=fallback,
        promise=promise,
        is_on_application=is_on_application,
        is_online=is_online,
        online_depth=online_depth,
        is_secret=is_secret,
        is_mobile=is_mobile,
        is_in_hall=is_in_hall,
        is_general_window=is_general_window,
        is_commitment=is_commitment,
        is_deemed_consent=is_deemed_consent,
        is_instant_approval=is_instant_approval,
        is_high_frequency=is_high_frequency,
        has_fee=has_fee,
        materials=materials,
        visits=visits,
        steps=steps,
        nodes=nodes or [],
        indicator=indicator,
        basis=basis,
    )
    return build("catalogue.matter_changed", subject, time, data, attributes)


def matter_removed(
    *,
    subject: str,
    time: datetime,
    matter_code: str,
    valid_from: date,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """事项取消: no longer offered from `valid_from` on.

    recordkey: {valid_from}
    matter_code: 事项编码 · code of the matter
    valid_from: 生效日 · from which day it holds
    """
    data = CatalogueMatterRemoved(
        matter_code=matter_code,
        valid_from=valid_from,
    )
    return build("catalogue.matter_removed", subject, time, data, attributes)


def resource_changed(
    *,
    subject: str,
    time: datetime,
    directory: str,
    unit_code: str | None = None,
    share_type: str = "unmapped",
    is_attached: bool = False,
    refreshed_at: datetime | None = None,
    update_cycle_days: int | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """数据资源目录: a directory entry, whether a live resource hangs on it, and how often it should be refreshed.

    recordkey: {directory}/{time}
    directory: 资源目录编码 · code of the directory entry
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    share_type: 共享类型 · how it may be shared
    is_attached: 是否挂接资源 · whether a live resource hangs on it
    refreshed_at: 最近更新时刻 · when it was last refreshed
    update_cycle_days: 更新周期(天) · how often it should be refreshed (days)
    """
    data = CatalogueResourceChanged(
        directory=directory,
        unit_code=unit_code,
        share_type=share_type,
        is_attached=is_attached,
        refreshed_at=refreshed_at,
        update_cycle_days=update_cycle_days,
    )
    return build("catalogue.resource_changed", subject, time, data, attributes)


def unit_changed(
    *,
    subject: str,
    time: datetime,
    unit_code: str,
    name: str,
    area_code: str | None = None,
    reporting_unit: str | None = None,
    valid_from: date | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """机构变更: an office as it is now.

    recordkey: {unit_code}
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    name: 名称 · name
    area_code: 行政区划代码 · code of the area
    reporting_unit: 上报单位 · unit that reports for it
    valid_from: 生效日 · from which day it holds
    """
    data = CatalogueUnitChanged(
        unit_code=unit_code,
        name=name,
        area_code=area_code,
        reporting_unit=reporting_unit,
        valid_from=valid_from,
    )
    return build("catalogue.unit_changed", subject, time, data, attributes)
