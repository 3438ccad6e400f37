"""Family governance: meetings, reports, tasks, evaluations: the cadence of the programme, told or entered by hand. Rows."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from streams.domain.families.values import Code, Data, Serial, Text

Year = Annotated[int, Meta(ge=2000, le=2100)]
Score = Annotated[float, Meta(ge=0, le=100)]


class GovernanceMeetingHeld(Data, frozen=True):
    """会议: 调度 monthly, 督查 every two months, 对标 quarterly, 协调 weekly (三(三))."""

    kind: Code
    body: Code | None = None
    items: Serial | None = None


class GovernanceReportSubmitted(Data, frozen=True):
    """报送: a body's monthly progress."""

    kind: Code
    body: Code | None = None


class GovernanceTaskCreated(Data, frozen=True):
    """交办: a task was given; the task is the subject."""

    body: Code | None = None


class GovernanceTaskClosed(Data, frozen=True):
    """办毕: the task is done."""


class GovernanceEvaluationPublished(Data, frozen=True):
    """评价结果: of one indicator in one year."""

    year: Year
    body: Code
    indicator: Code | None = None
    tier: Code | None = None
    rank: Annotated[int, Meta(ge=1)] | None = None


class GovernanceSurveyHeld(Data, frozen=True):
    """评议: by third parties, enterprises, departments."""

    source: Code
    score: Score | None = None
    responses: Serial | None = None


class GovernanceActivityHeld(Data, frozen=True):
    """活动: such as the 营商环境日 on 1 November."""

    kind: Code
    held_on: date | None = None
    cases: Serial | None = None


class GovernanceWalkthroughHeld(Data, frozen=True):
    """领导干部走流程: a leader went through a service as an applicant would."""

    body: Code | None = None
    problems: Serial | None = None


class GovernancePairingChanged(Data, frozen=True):
    """结对: how many market entities have their official, of how many."""

    body: Code | None = None
    paired: Serial = 0
    total: Serial = 0
    note: Text | None = None


TYPES = (
    ("meeting_held", GovernanceMeetingHeld),
    ("report_submitted", GovernanceReportSubmitted),
    ("task_created", GovernanceTaskCreated),
    ("task_closed", GovernanceTaskClosed),
    ("evaluation_published", GovernanceEvaluationPublished),
    ("survey_held", GovernanceSurveyHeld),
    ("activity_held", GovernanceActivityHeld),
    ("walkthrough_held", GovernanceWalkthroughHeld),
    ("pairing_changed", GovernancePairingChanged),
)
ONCE: frozenset[str] = frozenset()
