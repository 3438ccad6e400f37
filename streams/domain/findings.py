"""Findings: what is wrong with a case's data or procedure, though it is counted all the same (`docs/reading-a-case.md` §2)."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec import Struct

from streams.domain.case import EXCLUDED, CaseFacts
from streams.domain.clocks import Start
from streams.domain.families.values import UNMAPPED, says_no_unit, says_unmapped
from streams.domain.subject import MICROSECOND, Entry

#: A record may be dated so much after its arrival before its clock is doubted.
CLOCK_SKEW_US = timedelta(minutes=5) // MICROSECOND


class Situation(Struct, frozen=True):
    """What findings are told from. `limit` and `promise`: L and P in millionths of a working day; None: unknown."""

    facts: CaseFacts
    start: Start | None
    entries: Sequence[Entry]
    limit: int | None
    promise: int | None
    is_matter_known: bool
    is_marked: bool


def _accepted_after_deemed(case: Situation) -> bool:
    return case.start is not None and case.start.deemed_at is not None and case.facts.accepted_at is not None


def _not_accepted_after_acceptance(case: Situation) -> bool:
    return case.start is not None and case.facts.not_accepted_at is not None


def _finished_without_acceptance(case: Situation) -> bool:
    facts = case.facts
    is_finished = facts.finished_at is not None and facts.result not in EXCLUDED
    return case.start is None and is_finished and facts.not_accepted_at is None


def _stopped_before_start(case: Situation) -> bool:
    stopped_at = case.facts.stopped_at
    return case.start is not None and stopped_at is not None and stopped_at < case.start.at


def _activity_after_end(case: Situation) -> bool:
    stopped_at, last = case.facts.stopped_at, case.facts.last_activity_at
    return stopped_at is not None and last is not None and last > stopped_at


def _promise_above_limit(case: Situation) -> bool:
    return case.limit is not None and case.promise is not None and case.promise > case.limit


def _unmapped_code(case: Situation) -> bool:
    facts = case.facts
    told = (facts.result, *[special.kind for special in facts.specials])
    return UNMAPPED in told or any(says_unmapped(entry.data) for entry in case.entries)


def _limit_without_unit(case: Situation) -> bool:
    return any(says_no_unit(entry.data) for entry in case.entries)


def _version_conflict(case: Situation) -> bool:
    return any(entry.has_conflict for entry in case.entries)


def _future_dated(case: Situation) -> bool:
    return not case.is_marked and any(entry.at_us > entry.arrived_us + CLOCK_SKEW_US for entry in case.entries)


RULES: tuple[tuple[str, Callable[[Situation], bool]], ...] = (
    ("accepted_after_deemed", _accepted_after_deemed),
    ("not_accepted_after_acceptance", _not_accepted_after_acceptance),
    ("finished_without_acceptance", _finished_without_acceptance),
    ("stopped_before_start", _stopped_before_start),
    ("activity_after_end", _activity_after_end),
    ("unknown_matter", lambda case: not case.is_matter_known),
    ("promise_above_limit", _promise_above_limit),
    ("unmapped_code", _unmapped_code),
    ("limit_without_unit", _limit_without_unit),
    ("version_conflict", _version_conflict),
    ("future_dated", _future_dated),
)


def findings(case: Situation) -> set[str]:
    """The codes of what is wrong, those of the facts included."""
    return {*case.facts.findings, *[code for code, holds in RULES if holds(case)]}
