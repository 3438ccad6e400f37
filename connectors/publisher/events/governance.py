"""Events of family governance. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import date, datetime
from typing import Unpack

from connectors.publisher.build import Attributes, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.governance import (
    GovernanceActivityHeld,
    GovernanceEvaluationPublished,
    GovernanceMeetingHeld,
    GovernancePairingChanged,
    GovernanceReportSubmitted,
    GovernanceSurveyHeld,
    GovernanceTaskClosed,
    GovernanceTaskCreated,
    GovernanceWalkthroughHeld,
)


def meeting_held(
    *,
    subject: str,
    time: datetime,
    kind: str,
    body: str | None = None,
    items: int | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """会议: 调度 monthly, 督查 every two months, 对标 quarterly, 协调 weekly (三(三)).

    recordkey: meeting_held
    kind: 会议种类 · kind of meeting
    body: 单位或机构 · body
    items: 议题数 · number of items
    """
    data = GovernanceMeetingHeld(
        kind=kind,
        body=body,
        items=items,
    )
    return build("governance.meeting_held", subject, time, data, attributes)


def report_submitted(
    *,
    subject: str,
    time: datetime,
    kind: str,
    body: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """报送: a body's monthly progress.

    recordkey: report_submitted
    kind: 报送种类 · kind of report
    body: 单位或机构 · body
    """
    data = GovernanceReportSubmitted(
        kind=kind,
        body=body,
    )
    return build("governance.report_submitted", subject, time, data, attributes)


def task_created(
    *,
    subject: str,
    time: datetime,
    body: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """交办: a task was given; the task is the subject.

    recordkey: task_created
    body: 单位或机构 · body
    """
    data = GovernanceTaskCreated(
        body=body,
    )
    return build("governance.task_created", subject, time, data, attributes)


def task_closed(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """办毕: the task is done.

    recordkey: task_closed
    """
    data = GovernanceTaskClosed()
    return build("governance.task_closed", subject, time, data, attributes)


def evaluation_published(
    *,
    subject: str,
    time: datetime,
    year: int,
    body: str,
    indicator: str | None = None,
    tier: str | None = None,
    rank: int | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """评价结果: of one indicator in one year.

    recordkey: evaluation_published
    year: 评价年度 · year
    body: 单位或机构 · body
    indicator: 评价指标编号 · indicator of the evaluation
    tier: 档次 · tier
    rank: 名次 · rank
    """
    data = GovernanceEvaluationPublished(
        year=year,
        body=body,
        indicator=indicator,
        tier=tier,
        rank=rank,
    )
    return build("governance.evaluation_published", subject, time, data, attributes)


def survey_held(
    *,
    subject: str,
    time: datetime,
    source: str,
    score: float | None = None,
    responses: int | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """评议: by third parties, enterprises, departments.

    recordkey: survey_held
    source: 评议主体 · who was asked
    score: 得分(0–100) · score (0–100)
    responses: 答卷数 · responses
    """
    data = GovernanceSurveyHeld(
        source=source,
        score=score,
        responses=responses,
    )
    return build("governance.survey_held", subject, time, data, attributes)


def activity_held(
    *,
    subject: str,
    time: datetime,
    kind: str,
    held_on: date | None = None,
    cases: int | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """活动: such as the 营商环境日 on 1 November.

    recordkey: activity_held
    kind: 活动种类 · kind of activity
    held_on: 活动日期 · day it was held
    cases: 当场处理件数 · cases handled there
    """
    data = GovernanceActivityHeld(
        kind=kind,
        held_on=held_on,
        cases=cases,
    )
    return build("governance.activity_held", subject, time, data, attributes)


def walkthrough_held(
    *,
    subject: str,
    time: datetime,
    body: str | None = None,
    problems: int | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """领导干部走流程: a leader went through a service as an applicant would.

    recordkey: walkthrough_held
    body: 单位或机构 · body
    problems: 发现问题数 · problems found
    """
    data = GovernanceWalkthroughHeld(
        body=body,
        problems=problems,
    )
    return build("governance.walkthrough_held", subject, time, data, attributes)


def pairing_changed(
    *,
    subject: str,
    time: datetime,
    body: str | None = None,
    paired: int = 0,
    total: int = 0,
    note: str | None = None,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """结对: how many market entities have their official, of how many.

    recordkey: pairing_changed
    body: 单位或机构 · body
    paired: 已结对的市场主体数 · market entities that have their official
    total: 市场主体总数 · market entities in all
    note: 说明 · note
    """
    data = GovernancePairingChanged(
        body=body,
        paired=paired,
        total=total,
        note=note,
    )
    return build("governance.pairing_changed", subject, time, data, attributes)
