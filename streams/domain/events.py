"""Every event type of every family: the one source of the contract.

A type is a struct of its data fields; the envelope around it belongs to `streams.wire`.
The order of a family's list is the *rank* by which statements of the same instant are folded: the order of life.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from streams.domain.limits import Limit

Code = Annotated[str, Meta(min_length=1, max_length=64)]
Number = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Serial = Annotated[int, Meta(ge=0, le=1_000_000)]
Days = Annotated[int, Meta(ge=0, le=5000)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Instant = Annotated[datetime, Meta(tz=True)]
#: A natural person or a member of staff: HMAC-SHA-256 under the platform's key, made at admission.
Reference = Annotated[str, Meta(pattern="^hmac:[0-9a-f]{64}$")]


class Data(Struct, frozen=True, omit_defaults=True, gc=False):
    """The data of one event; unknown fields are dropped at admission."""


class Applicant(Data, frozen=True):
    """Who applies: a company by its 统一社会信用代码 (GB 32100), a person only by reference."""

    kind: Code = "unmapped"
    uscc: Annotated[str, Meta(max_length=18)] | None = None
    ref: Reference | None = None


class BundleNumber(Data, frozen=True):
    """The bundle (一件事) a case belongs to; its authority is the case's where none is given."""

    number: Number
    authority: Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,64}$")] | None = None


class CaseApplied(Data, frozen=True):
    """申请: the applicant asked."""

    matter_code: Code
    unit_code: Code
    area_code: Code | None = None
    channel: Code | None = None
    applicant: Applicant | None = None


class CaseReceived(Data, frozen=True):
    """收件: the office has the papers; five working days of silence make an acceptance (行政许可法 32(4))."""


class CasePreReviewed(Data, frozen=True):
    """预审: looked at before acceptance."""

    result: Code


class CaseCorrectionRequested(Data, frozen=True):
    """补正告知: what is missing was told, once and completely (行政许可法 32(4))."""

    round: Serial = 1
    items: Annotated[list[Text], Meta(max_length=100)] = []
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
    """环节开始."""

    node: Text
    sn: Serial = 0
    unit_code: Code | None = None
    system: Code | None = None
    promise: Limit | None = None


class CaseStepCompleted(Data, frozen=True):
    """环节结束."""

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


class CaseFeeCharged(Data, frozen=True):
    """收费, in yuan."""

    amount: Amount
    basis: Text | None = None


class CaseReasonPublished(Data, frozen=True):
    """公开说明理由: the duty of a unit that is late (优化营商环境条例 36)."""

    reason: Text


class CaseNoticeStarted(Data, frozen=True):
    """公示开始."""


class CaseNoticeEnded(Data, frozen=True):
    """公示结束."""


class CaseAssisted(Data, frozen=True):
    """帮代办."""

    agent_ref: Reference | None = None


class CaseCommitmentSigned(Data, frozen=True):
    """告知承诺."""


class CaseCommitmentChecked(Data, frozen=True):
    """告知承诺核查."""

    is_kept: bool


class CaseDecided(Data, frozen=True):
    """决定: the clocks stop at the earlier of decision and finish."""

    decision: Code | None = None


class CaseFinished(Data, frozen=True):
    """办结. Withdrawn, returned, void, deleted, forwarded and not accepted cases leave the time statistics."""

    result: Code = "unmapped"


class CaseReopened(Data, frozen=True):
    """重开: the clock goes on; the time since the stop is not counted."""

    reason: Text | None = None


class CaseLicenceIssued(Data, frozen=True):
    """证照制发."""

    number: Number | None = None
    is_electronic: bool = False
    valid_until: date | None = None


class CaseLicenceCalled(Data, frozen=True):
    """证照调用."""

    by: Code


class CaseDelivered(Data, frozen=True):
    """送达 (行政许可法 44)."""

    mode: Code | None = None


class CaseRated(Data, frozen=True):
    """评价: 1 best … 5 worst (GB/T 39046—2020 A.8)."""

    level: Annotated[int, Meta(ge=1, le=5)]
    is_active: bool = False
    tags: Annotated[list[Text], Meta(max_length=50)] = []


class CaseRatingContacted(Data, frozen=True):
    """差评联系."""


class CaseRatingRectified(Data, frozen=True):
    """差评整改."""


class CaseRatingRevisited(Data, frozen=True):
    """差评回访."""

    is_satisfied: bool


class SourceClockAdvanced(Data, frozen=True):
    """The mark of a replayed or simulated authority: everything up to `up_to` is sent."""

    authority: Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,64}$")]
    up_to: Instant


class SourceHeartbeat(Data, frozen=True):
    """A source says that it lives."""


CASE: tuple[tuple[str, type[Data]], ...] = (
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
SOURCE: tuple[tuple[str, type[Data]], ...] = (
    ("clock_advanced", SourceClockAdvanced),
    ("heartbeat", SourceHeartbeat),
)
FAMILIES: dict[str, tuple[tuple[str, type[Data]], ...]] = {"case": CASE, "source": SOURCE}

#: "case.accepted" → the struct of its data.
EVENT_TYPES: dict[str, type[Data]] = {
    f"{family}.{name}": data for family, types in FAMILIES.items() for name, data in types
}
#: Place in the order of life, by which statements of one instant are folded.
RANK: dict[str, int] = {name: rank for rank, name in enumerate(EVENT_TYPES)}
#: Of these the first in fold order counts; a further one is a finding.
ONCE = frozenset({"case.applied", "case.received", "case.accepted", "case.decided", "case.delivered"})
#: The one type that is written into every partition and belongs to no subject.
MARK = "source.clock_advanced"
