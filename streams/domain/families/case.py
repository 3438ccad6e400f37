"""Family case: one 办件, from application to rating."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from streams.domain.families.values import (
    Amount,
    AuthorityName,
    Code,
    Data,
    Days,
    Instant,
    Number,
    Rated,
    Reference,
    Serial,
    Text,
    Uscc,
)
from streams.domain.limits import Limit


class Applicant(Data, frozen=True):
    """Who applies: a company by its 统一社会信用代码 (GB 32100), a person only by reference."""

    kind: Code = "unmapped"
    uscc: Uscc | None = None
    ref: Reference | None = None
    is_foreign: bool = False


class BundleNumber(Data, frozen=True):
    """The bundle (一件事) a case belongs to; its authority is the case's where none is given."""

    number: Number
    authority: AuthorityName | None = None


class CaseApplied(Data, frozen=True):
    """申请: the applicant asked."""

    matter_code: Code
    unit_code: Code
    area_code: Code | None = None
    channel: Code | None = None
    applicant: Applicant | None = None
    customer_class: Code | None = None
    renews_until: date | None = None


class CaseReceived(Data, frozen=True):
    """收件: the office has the papers; five working days of silence make an acceptance (行政许可法 32(4))."""


class CasePreReviewed(Data, frozen=True):
    """预审: looked at before acceptance."""

    result: Code


class CaseCorrectionRequested(Data, frozen=True):
    """补正告知: what is missing was told, once and completely (行政许可法 32(4))."""

    round: Serial = 1
    items: Annotated[list[Text], Meta(max_length=100)] = field(default_factory=list)
    notified_at: Instant | None = None


class CaseCorrectionReceived(Data, frozen=True):
    """补正材料: the corrected papers came."""

    round: Serial = 1


class CaseAccepted(Data, frozen=True):
    """受理: the clocks start; the day of acceptance is day 0 (行政许可法 42, 民法典 201)."""

    matter_code: Code
    unit_code: Code
    area_code: Code | None = None
    case_type: Code | None = None
    channel: Code | None = None
    acceptance_no: Annotated[str, Meta(max_length=100)] | None = None
    applicant: Applicant | None = None
    promise: Limit | None = None
    promise_due_at: Instant | None = None
    promise_due_includes_pauses: bool = False
    statutory: Limit | None = None
    statutory_due_at: Instant | None = None
    is_tolerant: bool = False
    is_commitment: bool = False
    bundle: BundleNumber | None = None
    project_stage: Code | None = None
    accept_area_code: Code | None = None
    window: Literal["general", "department"] | None = None
    customer_class: Code | None = None
    renews_until: date | None = None


class CaseNotAccepted(Data, frozen=True):
    """不受理、不予受理: ends the case without a clock."""

    kind: Code | None = None
    reason: Text | None = None


class CaseSpecialStarted(Data, frozen=True):
    """特别程序开始: hearing, appraisal, expert review …: time not counted (行政许可法 45).

    `declared` is the time told to the applicant, in days of the clock's own unit; beyond it the days count again.
    """

    sn: Serial = 1
    kind: Code = "unmapped"
    basis: Text | None = None
    declared: Days | None = None
    notified_at: Instant | None = None


class CaseSpecialEnded(Data, frozen=True):
    """特别程序结束: the clock goes on."""

    sn: Serial = 1
    result: Code | None = None


class CaseExtended(Data, frozen=True):
    """延期: moves the statutory due date only (行政许可法 42)."""

    value: Days
    unit: Literal["workday", "day", "month", "hour", "minute", "halfday"]
    approver_ref: Reference | None = None
    notified_at: Instant | None = None


class CaseStepStarted(Data, frozen=True):
    """环节开始: a step of the work began."""

    node: Text
    sn: Serial = 0
    unit_code: Code | None = None
    system: Code | None = None
    promise: Limit | None = None


class CaseStepCompleted(Data, frozen=True):
    """环节结束: a step of the work ended."""

    node: Text
    sn: Serial = 0
    result: Code | None = None
    started_at: Instant | None = None


class CaseTransferred(Data, frozen=True):
    """移交: another unit decides from now on."""

    to_unit: Code
    from_unit: Code | None = None


class CaseVisited(Data, frozen=True):
    """到现场: one visit of the applicant (跑动)."""

    place: Text | None = None


class CaseMaterialReceived(Data, frozen=True):
    """材料: how a document was obtained; shared and waived ones spare the applicant."""

    kind: Code
    by: Literal["upload", "shared", "e_licence", "waived"]
    is_in_guide: bool | None = None
    valid_until: date | None = None


class CaseFeeCharged(Data, frozen=True):
    """收费: a fee, in yuan."""

    amount: Amount
    basis: Text | None = None


class CaseReasonPublished(Data, frozen=True):
    """公开说明理由: the duty of a unit that is late (优化营商环境条例 36)."""

    reason: Text


class CaseNoticeStarted(Data, frozen=True):
    """公示开始: the public notice began."""


class CaseNoticeEnded(Data, frozen=True):
    """公示结束: the public notice ended."""


class CaseAssisted(Data, frozen=True):
    """帮代办: somebody helped the applicant or acted for it."""

    agent_ref: Reference | None = None


class CaseCommitmentSigned(Data, frozen=True):
    """告知承诺: the applicant committed itself in place of documents."""


class CaseCommitmentChecked(Data, frozen=True):
    """告知承诺核查: whether the commitment was kept."""

    is_kept: bool


class CaseToleranceCleared(Data, frozen=True):
    """容缺补齐: what was missing at a tolerant acceptance has come."""


class CaseDecided(Data, frozen=True):
    """决定: the clocks stop at the earlier of decision and finish."""

    decision: Code | None = None
    reason: Text | None = None
    is_automatic: bool = False


class CaseFinished(Data, frozen=True):
    """办结: finished. Withdrawn, returned, void, deleted, forwarded and not accepted cases leave the time statistics."""

    result: Code = "unmapped"
    reason: Text | None = None
    is_automatic: bool = False


class CaseReopened(Data, frozen=True):
    """重开: the clock goes on; the time since the stop is not counted."""

    reason: Text | None = None


class CaseLicenceIssued(Data, frozen=True):
    """证照制发: the licence was made."""

    number: Number | None = None
    is_electronic: bool = False
    valid_until: date | None = None


class CaseLicenceCalled(Data, frozen=True):
    """证照调用: a licence was looked up in place of a document."""

    by: Code


class CaseDelivered(Data, frozen=True):
    """送达: the result was handed over (行政许可法 44)."""

    mode: Code | None = None


class CaseRated(Rated, frozen=True):
    """评价: the applicant rated."""


class CaseRatingContacted(Data, frozen=True):
    """差评联系: whoever rated badly was spoken to."""


class CaseRatingRectified(Data, frozen=True):
    """差评整改: what was rated badly was put right."""


class CaseRatingRevisited(Data, frozen=True):
    """差评回访: whoever rated badly was asked again."""

    is_satisfied: bool


TYPES = (
    ("applied", CaseApplied),
    ("received", CaseReceived),
    ("pre_reviewed", CasePreReviewed),
    ("correction_requested", CaseCorrectionRequested),
    ("correction_received", CaseCorrectionReceived),
    ("accepted", CaseAccepted),
    ("not_accepted", CaseNotAccepted),
    ("special_started", CaseSpecialStarted),
    ("special_ended", CaseSpecialEnded),
    ("extended", CaseExtended),
    ("step_started", CaseStepStarted),
    ("step_completed", CaseStepCompleted),
    ("transferred", CaseTransferred),
    ("visited", CaseVisited),
    ("material_received", CaseMaterialReceived),
    ("fee_charged", CaseFeeCharged),
    ("reason_published", CaseReasonPublished),
    ("notice_started", CaseNoticeStarted),
    ("notice_ended", CaseNoticeEnded),
    ("assisted", CaseAssisted),
    ("commitment_signed", CaseCommitmentSigned),
    ("commitment_checked", CaseCommitmentChecked),
    ("tolerance_cleared", CaseToleranceCleared),
    ("decided", CaseDecided),
    ("finished", CaseFinished),
    ("reopened", CaseReopened),
    ("licence_issued", CaseLicenceIssued),
    ("licence_called", CaseLicenceCalled),
    ("delivered", CaseDelivered),
    ("rated", CaseRated),
    ("rating_contacted", CaseRatingContacted),
    ("rating_rectified", CaseRatingRectified),
    ("rating_revisited", CaseRatingRevisited),
)
ONCE = frozenset({"applied", "received", "accepted", "decided", "delivered"})
#: Of these the first of each round: a reopened case is decided and delivered once more.
ONCE_A_ROUND = frozenset({"decided", "delivered"})
