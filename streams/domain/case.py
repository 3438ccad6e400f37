"""The facts of a case: one small function per event type that changes them, and the fold (`docs/reading-a-case.md` §2)."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.families.case import CaseAccepted, CaseApplied
from streams.domain.outlines import Moment

#: Results that take a finished case out of the time statistics (`reference` §3.5); it is still counted and shown.
EXCLUDED = frozenset({"withdrawn", "returned", "void", "deleted", "forwarded", "not_accepted"})
#: What may not happen any more once the clocks have stopped.
ACTIVITY = frozenset({"case.step_started", "case.step_completed", "case.special_started", "case.extended"})


class Special(Struct, frozen=True):
    """A special procedure as told: its end is the `special_ended` of the same `sn`, if there is one.

    `round`: after so many reopenings it began; a stop is the end of those of its round.
    """

    sn: int
    kind: str
    basis: str | None
    declared: int | None
    started_at: datetime
    round: int = 0
    ended_at: datetime | None = None


class Extension(Struct, frozen=True):
    """An extension as told at an instant; whether it counts is for the clock to say."""

    value: int
    unit: str
    at: datetime


class CaseFacts(Struct, frozen=True):
    """What the visible statements of a case say, before any clock is read."""

    applied: CaseApplied | None = None
    received_at: datetime | None = None
    received_key: str | None = None
    accepted: CaseAccepted | None = None
    accepted_at: datetime | None = None
    accepted_key: str | None = None
    papers_at: datetime | None = None  # when the application, or its correction, last came
    accepted_papers_at: datetime | None = None  # … before it was accepted
    moved_to: str | None = None
    first_correction_at: datetime | None = None
    is_correcting: bool = False
    not_accepted_at: datetime | None = None
    first_finished_at: datetime | None = None
    finished_at: datetime | None = None
    result: str | None = None
    stopped_at: datetime | None = None
    gaps: tuple[tuple[datetime, datetime], ...] = ()  # from a stop to its reopening
    specials: tuple[Special, ...] = ()
    extensions: tuple[Extension, ...] = ()
    last_activity_at: datetime | None = None
    findings: frozenset[str] = frozenset()

    @property
    def stops(self) -> list[datetime]:
        """Every stop, oldest round first."""
        return [stop for stop, _ in self.gaps] + ([self.stopped_at] if self.stopped_at else [])


def _applied(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, applied=moment.data)


def _received(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, received_at=moment.at, received_key=moment.record_key, papers_at=moment.at)


def _correction_requested(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, first_correction_at=facts.first_correction_at or moment.at, is_correcting=True)


def _correction_received(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, is_correcting=False, papers_at=moment.at)


def _accepted(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(
        facts,
        accepted=moment.data,
        accepted_at=moment.at,
        accepted_key=moment.record_key,
        accepted_papers_at=facts.papers_at,
    )


def _not_accepted(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, not_accepted_at=facts.not_accepted_at or moment.at)


def _special_started(facts: CaseFacts, moment: Moment) -> CaseFacts:
    told, lap = moment.data, len(facts.gaps)
    if any((special.sn, special.round, special.ended_at) == (told.sn, lap, None) for special in facts.specials):
        return _found(facts, "special_started_twice")
    special = Special(told.sn, told.kind, told.basis, told.declared, moment.at, lap)
    return replace(facts, specials=(*facts.specials, special))


def _special_ended(facts: CaseFacts, moment: Moment) -> CaseFacts:
    ended = tuple(
        replace(special, ended_at=moment.at) if (special.sn, special.ended_at) == (moment.data.sn, None) else special
        for special in facts.specials
    )
    return _found(facts, "special_ended_without_start") if ended == facts.specials else replace(facts, specials=ended)


def _extended(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, extensions=(*facts.extensions, Extension(moment.data.value, moment.data.unit, moment.at)))


def _transferred(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return replace(facts, moved_to=moment.data.to_unit)


def _decided(facts: CaseFacts, moment: Moment) -> CaseFacts:
    return facts if facts.stopped_at is not None else replace(facts, stopped_at=moment.at)


def _finished(facts: CaseFacts, moment: Moment) -> CaseFacts:
    if facts.finished_at is not None:
        return _found(facts, "repeated:finished")
    return replace(
        facts,
        finished_at=moment.at,
        first_finished_at=facts.first_finished_at or moment.at,
        result=moment.data.result,
        stopped_at=facts.stopped_at or moment.at,
    )


def _reopened(facts: CaseFacts, moment: Moment) -> CaseFacts:
    if facts.stopped_at is None:
        return _found(facts, "reopened_while_open")
    gaps = (*facts.gaps, (facts.stopped_at, moment.at))
    return replace(facts, gaps=gaps, stopped_at=None, finished_at=None, result=None)


def _found(facts: CaseFacts, finding: str) -> CaseFacts:
    return replace(facts, findings=facts.findings | {finding})


#: What happens to a case when … ; types not listed change no clock and no state.
EVOLVE: dict[str, Callable[[CaseFacts, Moment], CaseFacts]] = {
    "case.applied": _applied,
    "case.received": _received,
    "case.correction_requested": _correction_requested,
    "case.correction_received": _correction_received,
    "case.accepted": _accepted,
    "case.not_accepted": _not_accepted,
    "case.special_started": _special_started,
    "case.special_ended": _special_ended,
    "case.extended": _extended,
    "case.transferred": _transferred,
    "case.decided": _decided,
    "case.finished": _finished,
    "case.reopened": _reopened,
}
#: The types without which a case would be read differently.
TYPES = ACTIVITY | EVOLVE.keys()
_NOTHING = CaseFacts()


def fold(moments: Iterable[Moment], repeated: Collection[str] = ()) -> CaseFacts:
    """The facts that visible statements state: moments in the order of the fold, once-only types told twice by name."""
    facts = (
        replace(_NOTHING, findings=frozenset(f"repeated:{name.partition('.')[2]}" for name in repeated))
        if repeated
        else _NOTHING
    )
    last_activity: Moment | None = None
    for moment in moments:
        if moment.type in ACTIVITY:
            last_activity = moment
        evolve = EVOLVE.get(moment.type)
        if evolve is not None:
            facts = evolve(facts, moment)
    return replace(facts, last_activity_at=last_activity.at) if last_activity else facts
