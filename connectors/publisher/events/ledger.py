"""Events of family ledger. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Unpack

from connectors.publisher.build import Attributes, Which, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.ledger import (
    LedgerAcknowledged,
    LedgerClosed,
    LedgerExplained,
    LedgerOpened,
    LedgerProgressed,
    LedgerRectified,
    LedgerReopened,
    LedgerTransferred,
    LedgerVerified,
)


def opened(
    *,
    subject: str,
    time: datetime,
    kind: str,
    unit_code: str,
    area_code: str | None = None,
    owner_ref: str | None = None,
    amount: float | None = None,
    due_at: datetime | None = None,
    signal_key: str | None = None,
    name: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """立账: an item was entered.

    recordkey: opened
    kind: 台账种类 · kind of ledger item
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    area_code: 行政区划代码 · code of the area
    owner_ref: 责任人,入口处改为假名 · who owns it; a pseudonym is made at the door
    amount: 金额(元) · amount in yuan
    due_at: 销号期限 · when it is due
    signal_key: 相关预警标识 · key of the signal it works on
    name: 名称 · name
    """
    data = LedgerOpened(
        kind=kind,
        unit_code=unit_code,
        area_code=area_code,
        owner_ref=owner_ref,
        amount=amount,
        due_at=due_at,
        signal_key=signal_key,
        name=name,
    )
    return build("ledger.opened", subject, time, data, attributes)


def acknowledged(
    *,
    subject: str,
    time: datetime,
    which: Which,
    by_ref: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """签收: its owner has seen it.

    recordkey: acknowledged/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    by_ref: 办理人,入口处改为假名 · by whom; a pseudonym is made at the door
    """
    data = LedgerAcknowledged(
        by_ref=by_ref,
    )
    return build("ledger.acknowledged", subject, time, data, attributes, which=which)


def explained(
    *,
    subject: str,
    time: datetime,
    which: Which,
    reason: str,
    by_ref: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """说明理由: a legal duty of whoever is late (优化营商环境条例 36).

    recordkey: explained/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    reason: 理由 · reason
    by_ref: 办理人,入口处改为假名 · by whom; a pseudonym is made at the door
    """
    data = LedgerExplained(
        reason=reason,
        by_ref=by_ref,
    )
    return build("ledger.explained", subject, time, data, attributes, which=which)


def progressed(
    *,
    subject: str,
    time: datetime,
    which: Which,
    note: str | None = None,
    amount: float | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """进展: the thirty days begin anew.

    recordkey: progressed/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    note: 说明 · note
    amount: 金额(元) · amount in yuan
    """
    data = LedgerProgressed(
        note=note,
        amount=amount,
    )
    return build("ledger.progressed", subject, time, data, attributes, which=which)


def transferred(
    *,
    subject: str,
    time: datetime,
    which: Which,
    to_unit: str,
    to: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """移交: another unit owns it from now on.

    recordkey: transferred/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    to_unit: 移入部门 · unit that takes over
    to: 移交对象 · to whom
    """
    data = LedgerTransferred(
        to_unit=to_unit,
        to=to,
    )
    return build("ledger.transferred", subject, time, data, attributes, which=which)


def rectified(
    *,
    subject: str,
    time: datetime,
    which: Which,
    by_ref: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """整改: it was put right.

    recordkey: rectified/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    by_ref: 办理人,入口处改为假名 · by whom; a pseudonym is made at the door
    """
    data = LedgerRectified(
        by_ref=by_ref,
    )
    return build("ledger.rectified", subject, time, data, attributes, which=which)


def verified(
    *,
    subject: str,
    time: datetime,
    which: Which,
    by_ref: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """复核: by somebody other than who explained or rectified it.

    recordkey: verified/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    by_ref: 办理人,入口处改为假名 · by whom; a pseudonym is made at the door
    """
    data = LedgerVerified(
        by_ref=by_ref,
    )
    return build("ledger.verified", subject, time, data, attributes, which=which)


def closed(
    *,
    subject: str,
    time: datetime,
    which: Which,
    by_ref: str | None = None,
    amount: float | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """销号: it is closed; counts (by default) once somebody else has verified it, and only the first until it is reopened.

    recordkey: closed/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    by_ref: 办理人,入口处改为假名 · by whom; a pseudonym is made at the door
    amount: 金额(元) · amount in yuan
    """
    data = LedgerClosed(
        by_ref=by_ref,
        amount=amount,
    )
    return build("ledger.closed", subject, time, data, attributes, which=which)


def reopened(
    *,
    subject: str,
    time: datetime,
    which: Which,
    reason: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """重开: it is open again, and the wait for progress begins anew; what closed it no longer counts.

    recordkey: reopened/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    reason: 理由 · reason
    """
    data = LedgerReopened(
        reason=reason,
    )
    return build("ledger.reopened", subject, time, data, attributes, which=which)
