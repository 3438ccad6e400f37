"""Family bundle: 一件事, 企业开办, a construction project: several cases that are one matter to the applicant."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, field

from streams.domain.case import EXCLUDED
from streams.domain.families.values import Code, Data, Instant, Number, Serial, Text
from streams.domain.law import Law
from streams.domain.limits import Limit
from streams.domain.outlines import Finding, Moment, Outline, at, first
from streams.domain.rulers import unite

#: More children than this are doubted, though they count.
MOST_CHILDREN = 500
#: A bundle without a clock (nothing promised, or nothing accepted yet) waits so long for its mandatory children, in
#: natural days after the last acceptance or finish, else its opening. Ours: the law has no such limit; a ledger item may
#: stand still as long.
PATIENCE = timedelta(days=30)
#: A mandatory matter has no child, or only such as were withdrawn.
_LACKING = "bundle_without_mandatory_child"


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


def outline(moments: Sequence[Moment], _: Law) -> Outline:
    """A bundle: begun with the first acceptance of a child that counts, completed with the last mandatory finish.

    A close ends what is not complete. One before the completion is overtaken by it: the thing was done later than was
    said. What begins only after a close that stands has no clocks.
    """
    opened = first(moments, "bundle.opened")
    closed = first(moments, "bundle.closed")
    mandatory = frozenset(opened.data.mandatory) if opened else frozenset()
    children = [moment for moment in moments if moment.type == "bundle.child_changed"]
    counting = [child for child in _standing(children) if not mandatory or child.data.matter_code in mandatory]
    stand = [child for child in counting if not _is_excluded(child)]
    missing = mandatory - {child.data.matter_code for child in counting if _is_done(child)}
    completed = _completed(counting) if not missing else None
    begun = _begun(counting, opened)
    if begun is not None and completed is None and closed is not None and closed.at < begun.at:
        begun = None
    state = (
        "completed" if completed else "closed" if closed else "begun" if begun else "opened" if opened else "unknown"
    )
    return Outline(
        state=state,
        moments=_in_time(moments, begun, completed),
        unit_code=opened.data.unit_code if opened else None,
        matter_code=(opened.data.code or opened.data.kind) if opened else None,
        area_code=opened.data.area_code if opened else None,
        started_at=at(begun) if begun is not None else at(opened),
        stopped_at=at(completed) if completed is not None else at(closed),
        result=closed.data.result if closed else None,
        findings=_findings(moments, opened, closed, children, missing),
        awaited=_awaited(opened, children, mandatory - {child.data.matter_code for child in stand}),
        idle=_idle(counting) if opened is not None and opened.data.kind == "project" else (),
    )


def _in_time(moments: Sequence[Moment], begun: Moment | None, completed: Moment | None) -> tuple[Moment, ...]:
    """What was told and what follows from it, in the order of their instants; at one instant in the order of life.

    The beginning comes before whatever was told of its instant, so that a close of that instant finds a run to stop;
    the completion after it, so that a child that took no time has begun first.
    """
    told = [moment for moment in moments if not _is_overtaken(moment, completed)]
    given = (*([begun] if begun else []), *told, *([completed] if completed else []))
    return tuple(sorted(given, key=lambda moment: moment.at))


def _is_overtaken(moment: Moment, completed: Moment | None) -> bool:
    """A close that was told of no later instant than that at which the whole was done."""
    return moment.type == "bundle.closed" and completed is not None and moment.at <= completed.at


def _standing(children: list[Moment]) -> list[Moment]:
    """Without those that were withdrawn, void, forwarded … where another child of the same matter stands for them."""
    stand = {child.data.matter_code for child in children if not _is_excluded(child)} - {None}
    return [child for child in children if not (_is_excluded(child) and child.data.matter_code in stand)]


def _is_excluded(child: Moment) -> bool:
    """It ended without an answer: the thing was not done, and will not be."""
    return child.data.finished_at is not None and child.data.result in EXCLUDED


def _is_done(child: Moment) -> bool:
    return child.data.finished_at is not None and not _is_excluded(child)


def _begun(children: list[Moment], opened: Moment | None) -> Moment | None:
    """`bundle.begun`: the earliest acceptance, with what was promised of the whole."""
    accepted = [child for child in children if child.data.accepted_at is not None]
    if not accepted:
        return None
    child = min(accepted, key=lambda child: (child.data.accepted_at, child.record_key))
    data = opened.data if opened is not None else None
    return Moment("bundle.begun", _utc(child.data.accepted_at), child.record_key, data)


def _completed(children: list[Moment]) -> Moment | None:
    """`bundle.completed`: the latest finish, once all are done."""
    if not children or not all(map(_is_done, children)):
        return None
    child = max(children, key=lambda child: (child.data.finished_at, child.record_key))
    return Moment("bundle.completed", _utc(child.data.finished_at), child.record_key)


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
    seen = closed or (_over(children) if opened is not None and opened.data.kind != "project" else None)
    if missing and seen is not None:
        found.append(Finding(_LACKING, seen.at, seen.record_key))
    if len(children) > MOST_CHILDREN:
        found.append(Finding("too_many_children", children[-1].at, children[-1].record_key))
    return tuple(found)


def _over(children: list[Moment]) -> Moment | None:
    """The last that was told, if all children that were told are over; between the stages of a project none need be."""
    return children[-1] if children and all(child.data.finished_at is not None for child in children) else None


def _awaited(opened: Moment | None, children: list[Moment], absent: frozenset[str]) -> Finding | None:
    """What is wrong when time runs out and a mandatory matter has no child."""
    if opened is None or not absent:
        return None
    told = [instant for child in children for instant in (child.data.accepted_at, child.data.finished_at)]
    last_seen = max([opened.at, *(instant for instant in told if instant is not None)])
    return Finding(_LACKING, _utc(last_seen) + PATIENCE, opened.record_key)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
