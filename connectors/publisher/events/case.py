"""Events of family case. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

# ruff: noqa: A002 - parameters and their words are the contract's

from datetime import date, datetime
from typing import Literal, Unpack

from connectors.publisher.build import Attributes, Which, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.case import (
    Applicant,
    BundleNumber,
    CaseAccepted,
    CaseApplied,
    CaseAssisted,
    CaseCommitmentChecked,
    CaseCommitmentSigned,
    CaseCorrectionReceived,
    CaseCorrectionRequested,
    CaseDecided,
    CaseDelivered,
    CaseExtended,
    CaseFeeCharged,
    CaseFinished,
    CaseLicenceCalled,
    CaseLicenceIssued,
    CaseMaterialReceived,
    CaseNotAccepted,
    CaseNoticeEnded,
    CaseNoticeStarted,
    CasePreReviewed,
    CaseRated,
    CaseRatingContacted,
    CaseRatingRectified,
    CaseRatingRevisited,
    CaseReasonPublished,
    CaseReceived,
    CaseReopened,
    CaseSpecialEnded,
    CaseSpecialStarted,
    CaseStepCompleted,
    CaseStepStarted,
    CaseToleranceCleared,
    CaseTransferred,
    CaseVisited,
)
from streams.domain.limits import Limit


def applied(
    *,
    subject: str,
    time: datetime,
    matter_code: str,
    unit_code: str,
    area_code: str | None = None,
    channel: str | None = None,
    applicant: Applicant | None = None,
    customer_class: str | None = None,
    renews_until: date | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """申请: the applicant asked.

    recordkey: applied
    matter_code: 事项编码 · code of the matter
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    area_code: 行政区划代码 · code of the area
    channel: 办理渠道 · channel
    applicant: 申请人 · applicant
    customer_class: 办事人分级(专属服务) · class of customer (dedicated service)
    renews_until: 原许可最后一日,须于当日 24:00 前作出延续决定 · last day of the licence, by whose end its renewal must be decided
    """
    data = CaseApplied(
        matter_code=matter_code,
        unit_code=unit_code,
        area_code=area_code,
        channel=channel,
        applicant=applicant,
        customer_class=customer_class,
        renews_until=renews_until,
    )
    return build("case.applied", subject, time, data, attributes)


def received(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """收件: the office has the papers; five working days of silence make an acceptance (行政许可法 32(4)).

    recordkey: received
    """
    data = CaseReceived()
    return build("case.received", subject, time, data, attributes)


def pre_reviewed(
    *,
    subject: str,
    time: datetime,
    which: Which,
    result: str,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """预审: looked at before acceptance.

    recordkey: pre_reviewed/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    result: 结果 · result
    """
    data = CasePreReviewed(
        result=result,
    )
    return build("case.pre_reviewed", subject, time, data, attributes, which=which)


def correction_requested(
    *,
    subject: str,
    time: datetime,
    round: int,
    items: list[str] | None = None,
    notified_at: datetime | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """补正告知: what is missing was told, once and completely (行政许可法 32(4)).

    recordkey: correction/{round}/out
    round: 第几次补正 · which round of correction
    items: 须补正的内容 · what is missing
    notified_at: 告知申请人的时刻 · when the applicant was told
    """
    data = CaseCorrectionRequested(
        round=round,
        items=items or [],
        notified_at=notified_at,
    )
    return build("case.correction_requested", subject, time, data, attributes)


def correction_received(
    *,
    subject: str,
    time: datetime,
    round: int,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """补正材料: the corrected papers came.

    recordkey: correction/{round}/in
    round: 第几次补正 · which round of correction
    """
    data = CaseCorrectionReceived(
        round=round,
    )
    return build("case.correction_received", subject, time, data, attributes)


def accepted(
    *,
    subject: str,
    time: datetime,
    matter_code: str,
    unit_code: str,
    area_code: str | None = None,
    case_type: str | None = None,
    channel: str | None = None,
    acceptance_no: str | None = None,
    applicant: Applicant | None = None,
    promise: Limit | None = None,
    promise_due_at: datetime | None = None,
    promise_due_includes_pauses: bool = False,
    statutory: Limit | None = None,
    statutory_due_at: datetime | None = None,
    is_tolerant: bool = False,
    is_commitment: bool = False,
    bundle: BundleNumber | None = None,
    project_stage: str | None = None,
    accept_area_code: str | None = None,
    window: Literal["general", "department"] | None = None,
    customer_class: str | None = None,
    renews_until: date | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """受理: the clocks start; the day of acceptance is day 0 (行政许可法 42, 民法典 201).

    recordkey: accepted
    matter_code: 事项编码 · code of the matter
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    area_code: 行政区划代码 · code of the area
    case_type: 办件类型 · type of case
    channel: 办理渠道 · channel
    acceptance_no: 受理编号 · number of the acceptance
    applicant: 申请人 · applicant
    promise: 承诺时限 · promised limit
    promise_due_at: 承诺到期时刻(与承诺时限二选一) · when the promise runs out; instead of a limit
    promise_due_includes_pauses: 到期时刻是否已含暂停 · whether that instant already includes pauses
    statutory: 法定时限 · statutory limit
    statutory_due_at: 法定到期时刻(与法定时限二选一) · when the statutory limit runs out; instead of a limit
    is_tolerant: 是否容缺受理 · whether accepted with papers missing (容缺)
    is_commitment: 是否告知承诺 · whether by commitment (告知承诺)
    bundle: 所属一件事(企业开办、工程项目) · bundle the case belongs to (one thing, opening of a company, project)
    project_stage: 工程建设项目审批阶段 · stage of the construction project
    accept_area_code: 受理地行政区划(异地受理时) · area where it was accepted for another area
    window: 受理窗口 · window
    customer_class: 办事人分级(专属服务) · class of customer (dedicated service)
    renews_until: 原许可最后一日,须于当日 24:00 前作出延续决定 · last day of the licence, by whose end its renewal must be decided
    """
    data = CaseAccepted(
        matter_code=matter_code,
        unit_code=unit_code,
        area_code=area_code,
        case_type=case_type,
        channel=channel,
        acceptance_no=acceptance_no,
        applicant=applicant,
        promise=promise,
        promise_due_at=promise_due_at,
        promise_due_includes_pauses=promise_due_includes_pauses,
        statutory=statutory,
        statutory_due_at=statutory_due_at,
        is_tolerant=is_tolerant,
        is_commitment=is_commitment,
        bundle=bundle,
        project_stage=project_stage,
        accept_area_code=accept_area_code,
        window=window,
        customer_class=customer_class,
        renews_until=renews_until,
    )
    return build("case.accepted", subject, time, data, attributes)


def not_accepted(
    *,
    subject: str,
    time: datetime,
    kind: str | None = None,
    reason: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """不受理、不予受理: ends the case without a clock.

    recordkey: not_accepted
    kind: 不受理种类 · kind of refusal
    reason: 理由 · reason
    """
    data = CaseNotAccepted(
        kind=kind,
        reason=reason,
    )
    return build("case.not_accepted", subject, time, data, attributes)


def special_started(
    *,
    subject: str,
    time: datetime,
    sn: int,
    kind: str = "unmapped",
    basis: str | None = None,
    declared: int | None = None,
    notified_at: datetime | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """特别程序开始: hearing, appraisal, expert review …: time not counted (行政许可法 45).

    recordkey: special/{sn}/start
    sn: 特别程序序号 · serial number of the special procedure
    kind: 特别程序种类 · kind of special procedure
    basis: 依据(法律条款) · legal basis
    declared: 告知的特别程序期限,以该计时的日为单位 · declared time, in days of the clock's own unit; beyond it the days count again
    notified_at: 告知申请人的时刻 · when the applicant was told
    """
    data = CaseSpecialStarted(
        sn=sn,
        kind=kind,
        basis=basis,
        declared=declared,
        notified_at=notified_at,
    )
    return build("case.special_started", subject, time, data, attributes)


def special_ended(
    *,
    subject: str,
    time: datetime,
    sn: int,
    result: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """特别程序结束: the clock goes on.

    recordkey: special/{sn}/end
    sn: 特别程序序号 · serial number of the special procedure
    result: 结果 · result
    """
    data = CaseSpecialEnded(
        sn=sn,
        result=result,
    )
    return build("case.special_ended", subject, time, data, attributes)


def extended(
    *,
    subject: str,
    time: datetime,
    which: Which,
    value: int,
    unit: Literal["workday", "day", "month", "hour", "minute", "halfday"],
    approver_ref: str | None = None,
    notified_at: datetime | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """延期: moves the statutory due date only (行政许可法 42).

    recordkey: extended/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    value: 延长数 · length of the extension
    unit: 延长时限的单位 · unit of the extension
    approver_ref: 批准人,入口处改为假名 · who approved; a pseudonym is made at the door
    notified_at: 告知申请人的时刻 · when the applicant was told
    """
    data = CaseExtended(
        value=value,
        unit=unit,
        approver_ref=approver_ref,
        notified_at=notified_at,
    )
    return build("case.extended", subject, time, data, attributes, which=which)


def step_started(
    *,
    subject: str,
    time: datetime,
    node: str,
    sn: int,
    unit_code: str | None = None,
    system: str | None = None,
    promise: Limit | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """环节开始: a step of the work began.

    recordkey: step/{sn}/in
    node: 环节名称 · name of the step
    sn: 环节序号 · serial number of the step
    unit_code: 部门编码(统一社会信用代码) · code of the unit that decides
    system: 办理系统(自建业务系统),缺省为平台 · the back-end system that does it
    promise: 承诺时限 · promised limit
    """
    data = CaseStepStarted(
        node=node,
        sn=sn,
        unit_code=unit_code,
        system=system,
        promise=promise,
    )
    return build("case.step_started", subject, time, data, attributes)


def step_completed(
    *,
    subject: str,
    time: datetime,
    node: str,
    sn: int,
    result: str | None = None,
    started_at: datetime | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """环节结束: a step of the work ended.

    recordkey: step/{sn}/out
    node: 环节名称 · name of the step
    sn: 环节序号 · serial number of the step
    result: 结果 · result
    started_at: 开始时刻 · when it started
    """
    data = CaseStepCompleted(
        node=node,
        sn=sn,
        result=result,
        started_at=started_at,
    )
    return build("case.step_completed", subject, time, data, attributes)


def transferred(
    *,
    subject: str,
    time: datetime,
    which: Which,
    to_unit: str,
    from_unit: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """移交: another unit decides from now on.

    recordkey: transferred/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    to_unit: 移入部门 · unit that takes over
    from_unit: 移出部门 · unit that hands over
    """
    data = CaseTransferred(
        to_unit=to_unit,
        from_unit=from_unit,
    )
    return build("case.transferred", subject, time, data, attributes, which=which)


def visited(
    *,
    subject: str,
    time: datetime,
    which: Which,
    place: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """到现场: one visit of the applicant (跑动).

    recordkey: visit/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    place: 到场地点 · place of the visit
    """
    data = CaseVisited(
        place=place,
    )
    return build("case.visited", subject, time, data, attributes, which=which)


def material_received(
    *,
    subject: str,
    time: datetime,
    which: Which,
    kind: str,
    by: Literal["upload", "shared", "e_licence", "waived"],
    is_in_guide: bool | None = None,
    valid_until: date | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """材料: how a document was obtained; shared and waived ones spare the applicant.

    recordkey: material/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    kind: 材料种类 · kind of document
    by: 材料取得方式 · how the document was obtained
    is_in_guide: 该材料是否在办事指南内 · whether the guide asks for it
    valid_until: 材料有效期至该日(含),长期有效填 9999-12-31 · the last day on which the document is valid; 9999-12-31 where it has no end
    """
    data = CaseMaterialReceived(
        kind=kind,
        by=by,
        is_in_guide=is_in_guide,
        valid_until=valid_until,
    )
    return build("case.material_received", subject, time, data, attributes, which=which)


def fee_charged(
    *,
    subject: str,
    time: datetime,
    which: Which,
    amount: float,
    basis: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """收费: a fee, in yuan.

    recordkey: fee/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    amount: 金额(元) · amount in yuan
    basis: 依据(法律条款) · legal basis
    """
    data = CaseFeeCharged(
        amount=amount,
        basis=basis,
    )
    return build("case.fee_charged", subject, time, data, attributes, which=which)


def reason_published(
    *,
    subject: str,
    time: datetime,
    which: Which,
    reason: str,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """公开说明理由: the duty of a unit that is late (优化营商环境条例 36).

    recordkey: reason/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    reason: 理由 · reason
    """
    data = CaseReasonPublished(
        reason=reason,
    )
    return build("case.reason_published", subject, time, data, attributes, which=which)


def notice_started(
    *,
    subject: str,
    time: datetime,
    which: Which,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """公示开始: the public notice began.

    recordkey: notice/{which}/in
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    """
    data = CaseNoticeStarted()
    return build("case.notice_started", subject, time, data, attributes, which=which)


def notice_ended(
    *,
    subject: str,
    time: datetime,
    which: Which,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """公示结束: the public notice ended.

    recordkey: notice/{which}/out
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    """
    data = CaseNoticeEnded()
    return build("case.notice_ended", subject, time, data, attributes, which=which)


def assisted(
    *,
    subject: str,
    time: datetime,
    which: Which,
    agent_ref: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """帮代办: somebody helped the applicant or acted for it.

    recordkey: assisted/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    agent_ref: 帮代办人员,入口处改为假名 · who assisted; a pseudonym is made at the door
    """
    data = CaseAssisted(
        agent_ref=agent_ref,
    )
    return build("case.assisted", subject, time, data, attributes, which=which)


def commitment_signed(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """告知承诺: the applicant committed itself in place of documents.

    recordkey: commitment_signed
    """
    data = CaseCommitmentSigned()
    return build("case.commitment_signed", subject, time, data, attributes)


def commitment_checked(
    *,
    subject: str,
    time: datetime,
    is_kept: bool,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """告知承诺核查: whether the commitment was kept.

    recordkey: commitment_checked
    is_kept: 承诺是否属实 · whether the commitment was kept
    """
    data = CaseCommitmentChecked(
        is_kept=is_kept,
    )
    return build("case.commitment_checked", subject, time, data, attributes)


def tolerance_cleared(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """容缺补齐: what was missing at a tolerant acceptance has come.

    recordkey: tolerance_cleared
    """
    data = CaseToleranceCleared()
    return build("case.tolerance_cleared", subject, time, data, attributes)


def decided(
    *,
    subject: str,
    time: datetime,
    decision: str | None = None,
    reason: str | None = None,
    is_automatic: bool = False,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """决定: the clocks stop at the earlier of decision and finish.

    recordkey: decided
    decision: 决定 · decision
    reason: 理由 · reason
    is_automatic: 是否系统自动审批 · whether a machine did it
    """
    data = CaseDecided(
        decision=decision,
        reason=reason,
        is_automatic=is_automatic,
    )
    return build("case.decided", subject, time, data, attributes)


def finished(
    *,
    subject: str,
    time: datetime,
    which: Which,
    result: str = "unmapped",
    reason: str | None = None,
    is_automatic: bool = False,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """办结: finished. Withdrawn, returned, void, deleted, forwarded and not accepted cases leave the time statistics.

    recordkey: finished/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    result: 结果 · result
    reason: 理由 · reason
    is_automatic: 是否系统自动审批 · whether a machine did it
    """
    data = CaseFinished(
        result=result,
        reason=reason,
        is_automatic=is_automatic,
    )
    return build("case.finished", subject, time, data, attributes, which=which)


def reopened(
    *,
    subject: str,
    time: datetime,
    which: Which,
    reason: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """重开: the clock goes on; the time since the stop is not counted.

    recordkey: reopened/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    reason: 理由 · reason
    """
    data = CaseReopened(
        reason=reason,
    )
    return build("case.reopened", subject, time, data, attributes, which=which)


def licence_issued(
    *,
    subject: str,
    time: datetime,
    which: Which,
    number: str | None = None,
    is_electronic: bool = False,
    valid_until: date | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """证照制发: the licence was made.

    recordkey: licence/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    number: 证照编号 · number of the licence
    is_electronic: 是否电子证照 · whether electronic
    valid_until: 证照有效期至 · valid until
    """
    data = CaseLicenceIssued(
        number=number,
        is_electronic=is_electronic,
        valid_until=valid_until,
    )
    return build("case.licence_issued", subject, time, data, attributes, which=which)


def licence_called(
    *,
    subject: str,
    time: datetime,
    which: Which,
    by: str,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """证照调用: a licence was looked up in place of a document.

    recordkey: licence_called/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    by: 调用方 · who called it
    """
    data = CaseLicenceCalled(
        by=by,
    )
    return build("case.licence_called", subject, time, data, attributes, which=which)


def delivered(
    *,
    subject: str,
    time: datetime,
    mode: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """送达: the result was handed over (行政许可法 44).

    recordkey: delivered
    mode: 送达方式 · how it was delivered
    """
    data = CaseDelivered(
        mode=mode,
    )
    return build("case.delivered", subject, time, data, attributes)


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
    """评价: the applicant rated.

    recordkey: rated/{which}
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    level: 评价等级:1 最好 5 最差 · level: 1 best to 5 worst
    is_active: 是否主动评价 · whether the rater did it, not the programme at finishing
    tags: 评价标签 · tags
    """
    data = CaseRated(
        level=level,
        is_active=is_active,
        tags=tags or [],
    )
    return build("case.rated", subject, time, data, attributes, which=which)


def rating_contacted(
    *,
    subject: str,
    time: datetime,
    which: Which,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """差评联系: whoever rated badly was spoken to.

    recordkey: rated/{which}/contacted
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    """
    data = CaseRatingContacted()
    return build("case.rating_contacted", subject, time, data, attributes, which=which)


def rating_rectified(
    *,
    subject: str,
    time: datetime,
    which: Which,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """差评整改: what was rated badly was put right.

    recordkey: rated/{which}/rectified
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    """
    data = CaseRatingRectified()
    return build("case.rating_rectified", subject, time, data, attributes, which=which)


def rating_revisited(
    *,
    subject: str,
    time: datetime,
    which: Which,
    is_satisfied: bool,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """差评回访: whoever rated badly was asked again.

    recordkey: rated/{which}/revisited
    which: 第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system
    is_satisfied: 回访是否满意 · whether satisfied now
    """
    data = CaseRatingRevisited(
        is_satisfied=is_satisfied,
    )
    return build("case.rating_revisited", subject, time, data, attributes, which=which)
