"""What single statements of a case say by themselves: AR-08, AR-10, AR-12, AR-13, and faulty data, AR-16."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from streams.domain import data_faults
from streams.domain.alert_rules import NO_LEVELS, Alerts
from streams.domain.case import CaseFacts
from streams.domain.outlines import Moment
from streams.domain.rulebook import Matter
from streams.domain.stages import Climb, Step
from streams.domain.subject import Entry
from streams.domain.uscc import is_valid_uscc

#: The types whose data these rules look at.
TYPES = frozenset({
    "case.not_accepted", "case.correction_requested", "case.special_started", "case.step_started", "case.step_completed",
    "case.fee_charged", "case.material_received", "case.reason_published", "case.decided", "case.finished",
})  # fmt: skip
#: Where a statement says that it refuses.
_SAYS_REFUSED = {"case.decided": "decision", "case.finished": "result"}


class Scene(Struct, frozen=True):
    """What the rules look at: the moments, the facts, what was found, the entries, the matter as of the start, or of the first word."""

    moments: Sequence[Moment]
    facts: CaseFacts
    findings: Sequence[str]
    ordered: Sequence[Entry]
    matter: Matter | None
    started_at: datetime | None
    stopped_at: datetime | None


class Flag(Struct, frozen=True):
    """A statement that a rule objects to: since when, and until when where it was made good."""

    record_key: str
    since: datetime
    until: datetime | None = None


def climbs(scene: Scene, alerts: Alerts) -> list[Climb]:
    """One climb of one step for every statement that a rule of its day objects to."""
    present = {moment.type for moment in scene.moments}
    return [
        Climb("", flag.record_key, (Step(rule, flag.since),), flag.until)
        for rule_id, types, flags in RULES
        if not types or not types.isdisjoint(present)
        for flag in flags(scene)
        if flag.until is None or flag.since < flag.until
        for rule in alerts(flag.since).get(rule_id, NO_LEVELS)
    ]


def _improper_pauses(scene: Scene) -> Iterator[Flag]:
    """AR-08: without a basis, not told to the applicant, or of a kind the matter does not have (行政许可法 45)."""
    for moment in scene.moments:
        if moment.type == "case.special_started":
            kinds = scene.matter.special_kinds if scene.matter is not None else frozenset()
            is_listed = not kinds or moment.data.kind in kinds
            if not _says(moment.data.basis) or moment.data.notified_at is None or not is_listed:
                yield Flag(moment.record_key, moment.at)


def _second_corrections(scene: Scene) -> Iterator[Flag]:
    """AR-10: what is missing must be told once (行政许可法 32(4)); it stands until the case ends.

    A round says by its number that it is not the first, or by coming after another.
    """
    rounds = [moment for moment in scene.moments if moment.type == "case.correction_requested"]
    for place, moment in enumerate(rounds):
        if place or moment.data.round > 1:
            yield Flag(moment.record_key, moment.at, scene.stopped_at)


def _refusals_without_reason(scene: Scene) -> Iterator[Flag]:
    """AR-12: one reason is enough for decision and finish of a round; made good by one that is told or published later."""
    refusals = [moment for moment in scene.moments if _is_refusal(moment)]
    if not refusals:  # nearly always
        return
    reasons = [*_published(scene), *[moment for moment in refusals if _says(moment.data.reason)]]
    is_refused = is_reasoned = False
    published_at: datetime | None = None
    for moment in scene.moments:
        if moment.type == "case.reopened":
            is_refused = is_reasoned = False
        elif moment.type == "case.reason_published":
            published_at = moment.at if _says(moment.data.reason) else published_at
            is_reasoned = is_reasoned or (is_refused and published_at == moment.at)
        elif _is_refusal(moment):
            is_refused = True
            is_reasoned = is_reasoned or _says(moment.data.reason) or published_at == moment.at
            if not is_reasoned:
                yield Flag(moment.record_key, moment.at, _first_after(reasons, moment.at))


def _beyond_the_guide(scene: Scene) -> Iterator[Flag]:
    """AR-13: a fee where the guide says none, a document it does not list; until it is explained."""
    is_free = scene.matter is not None and scene.matter.has_fee is False
    for moment in scene.moments:
        is_fee = moment.type == "case.fee_charged" and is_free and moment.data.amount > 0
        is_material = moment.type == "case.material_received" and moment.data.is_in_guide is False
        if is_fee or is_material:
            yield Flag(moment.record_key, moment.at, _first_after(_published(scene), moment.at))


def _faulty_data(scene: Scene) -> Iterator[Flag]:
    """AR-16: one signal for all that is wrong with a case's data; it is withdrawn when they are corrected."""
    told = data_faults.of_reading(scene.findings, scene.ordered, scene.started_at)
    faults = [*told, *_faults_of_applicant(scene), *_faults_of_moments(scene)]
    if faults:
        yield Flag(data_faults.RECORD, min(faults))


def _faults_of_applicant(scene: Scene) -> Iterator[datetime]:
    for told in (scene.facts.applied, scene.facts.accepted):
        applicant = told.applicant if told is not None else None
        if applicant is not None and applicant.uscc is not None and not is_valid_uscc(applicant.uscc):
            yield scene.ordered[0].at


def _faults_of_moments(scene: Scene) -> Iterator[datetime]:
    """What was over before it began, by its own words or by those of the first start of the same step."""
    begun: dict[int, datetime] = {}
    for moment in scene.moments:
        if moment.type == "case.step_started":
            begun[moment.data.sn] = min(moment.at, begun.get(moment.data.sn, moment.at))
    for moment in scene.moments:
        if moment.type == "case.step_completed":
            starts = [begun.get(moment.data.sn), moment.data.started_at]
            if any(started_at is not None and started_at > moment.at for started_at in starts):
                yield moment.at


def _is_refusal(moment: Moment) -> bool:
    said = getattr(moment.data, _SAYS_REFUSED.get(moment.type, ""), None)
    return moment.type == "case.not_accepted" or said in ("refused", "not_accepted")


def _published(scene: Scene) -> list[Moment]:
    return [moment for moment in scene.moments if moment.type == "case.reason_published" and _says(moment.data.reason)]


def _says(text: str | None) -> bool:
    """Whether a text is given: blanks are none."""
    return text is not None and text.strip() != ""


def _first_after(reasons: Sequence[Moment], instant: datetime) -> datetime | None:
    return min((moment.at for moment in reasons if moment.at >= instant), default=None)


#: A rule, the types without which it has nothing to object to (none: any), and the statements it objects to.
RULES: tuple[tuple[str, frozenset[str], Callable[[Scene], Iterator[Flag]]], ...] = (
    ("AR-08", frozenset({"case.special_started"}), _improper_pauses),
    ("AR-10", frozenset({"case.correction_requested"}), _second_corrections),
    ("AR-12", frozenset({"case.not_accepted", "case.decided", "case.finished"}), _refusals_without_reason),
    ("AR-13", frozenset({"case.fee_charged", "case.material_received"}), _beyond_the_guide),
    ("AR-16", frozenset(), _faulty_data),
)
