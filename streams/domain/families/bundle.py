"""Family bundle: 一件事, 企业开办, a construction project: several cases that are one matter to the applicant."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, field

from streams.domain.case import EXCLUDED
from streams.domain.families.values import Code, Data, Instant, Number, Serial, Text
from streams.domain.limits import Limit
from streams.domain.outlines import Finding, Moment, Outline, at, first
from streams.domain.rulers import unite

#: More children than this are doubted, though they count.
MOST_CHILDREN = 500


class BundleOpened(Data, frozen=True):
    """开办: one thing was applied for; `mandatory` are the matters without which it is not done."""

    kind: Code
    unit_code: Code
    code: Code | None = None
    name: Text | None = None
    area_code: Code | None = None
    channel: Code | None = None
    mandatory: Annotated[list[Code], Meta(max_length=200)] = field(default_factory=list)
    promise: Limit | None = None


class BundleChildChanged(Data, frozen=True):
    """子办件变化: derived by the platform from a case that names its bundle; never told by a source."""

    child: Number
    matter_code: Code | None = None
    unit_code: Code | None = None
    stage: Code | None = None
    accepted_at: Instant | None = None
    finished_at: Instant | None = None
    result: Code | None = None
    visits: Serial = 0
    channel: Code | None = None


class BundleClosed(Data, frozen=True):
    """办结: the source says that the whole is done."""

    result: Code | None = None


TYPES = (
    ("opened", BundleOpened),
    ("child_changed", BundleChildChanged),
    ("closed", BundleClosed),
)
ONCE = frozenset({"opened", "closed"})


def outline(moments: Sequence[Moment]) -> Outline:
    """A bundle: begun with the first acceptance of a child that counts, completed with the last mandatory finish."""
    opened = first(moments, "bundle.opened")
    closed = first(moments, "bundle.closed")
    mandatory = frozenset(opened.data.mandatory) if opened else frozenset()
    children = [moment for moment in moments if moment.type == "bundle.child_changed"]
    counting = [child for child in children if not mandatory or child.data.matter_code in mandatory]
    begun = _earliest([(child.data.accepted_at, child) for child in counting])
    missing = mandatory - {child.data.matter_code for child in counting if _is_done(child)}
    completed = None
    if counting and not missing and all(map(_is_done, counting)):
        last_child = max(counting, key=lambda child: (_utc(child.data.finished_at), child.record_key))
        completed = (_utc(last_child.data.finished_at), last_child)
    derived = []
    if begun is not None:
        derived.append(Moment("bundle.begun", begun[0], begun[1].record_key, opened.data if opened else None))
    if completed is not None:
        derived.append(Moment("bundle.completed", completed[0], completed[1].record_key))
    ended_at = completed[0] if completed is not None else at(closed)
    state = (
        "completed" if completed else "closed" if closed else "begun" if begun else "opened" if opened else "unknown"
    )
    return Outline(
        state=state,
        moments=(*moments, *derived),
        unit_code=opened.data.unit_code if opened else None,
        matter_code=(opened.data.code or opened.data.kind) if opened else None,
        area_code=opened.data.area_code if opened else None,
        started_at=begun[0] if begun is not None else at(opened),
        stopped_at=ended_at,
        result=closed.data.result if closed else None,
        findings=_findings(moments, opened, closed, children, missing),
        idle=_idle(counting) if opened is not None and opened.data.kind == "project" else (),
    )


def _is_done(child: Moment) -> bool:
    """Finished, and not withdrawn, void, forwarded …: of such a child the thing was not done."""
    return child.data.finished_at is not None and child.data.result not in EXCLUDED


def _earliest(candidates: list[tuple[datetime | None, Moment]]) -> tuple[datetime, Moment] | None:
    known = [(_utc(instant), moment.record_key, moment) for instant, moment in candidates if instant is not None]
    if not known:
        return None
    instant, _, moment = min(known, key=lambda one: one[:2])
    return instant, moment


def _idle(children: list[Moment]) -> tuple[tuple[datetime, datetime], ...]:
    """Between the stages of a project: no child is under way."""
    running = unite(
        (_utc(child.data.accepted_at), _utc(child.data.finished_at) if child.data.finished_at else None)
        for child in children
        if child.data.accepted_at is not None
    )
    return tuple(
        (before[1], after[0]) for before, after in pairwise(running) if before[1] is not None and before[1] < after[0]
    )


def _findings(
    moments: Sequence[Moment],
    opened: Moment | None,
    closed: Moment | None,
    children: list[Moment],
    missing: frozenset[str],
) -> tuple[Finding, ...]:
    found = []
    if opened is None and moments:
        found.append(Finding("child_without_bundle", moments[0].at, moments[0].record_key))
    if closed is not None and missing:
        found.append(Finding("bundle_without_mandatory_child", closed.at, closed.record_key))
    if len(children) > MOST_CHILDREN:
        found.append(Finding("too_many_children", children[-1].at, children[-1].record_key))
    return tuple(found)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
