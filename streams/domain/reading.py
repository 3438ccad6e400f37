"""read(): everything that follows from a subject's records at an instant. Pure; the one function of the stream."""

from datetime import datetime, timedelta

from streams.domain.case_reading import CaseReader
from streams.domain.family_reading import FamilyReader
from streams.domain.readings import Reading
from streams.domain.rulebook import Rulebook
from streams.domain.rulers import EPOCH, MICROSECOND
from streams.domain.subject import Subject, visible

#: Raised when the same records would be read differently: stored readings are made again.
ENGINE_VERSION = 9


def read(subject: Subject, rulebook: Rulebook, as_of: datetime) -> Reading:
    """The reading of a subject at `as_of` under a rulebook.

    Two people who hold the same three get the same reading. `wake_at` is the next instant at which any part of it
    but the clocks' figures changes with no new record.
    """
    if subject.is_oversized:
        return Reading(as_of=as_of, state="oversized", findings=("oversized",))
    as_of_us = (as_of - EPOCH) // MICROSECOND
    entries, next_us = visible(subject, rulebook, as_of_us)
    pending = [] if next_us is None else [EPOCH + timedelta(microseconds=next_us)]
    if not entries:
        state = "unknown" if pending else "deleted"
        return Reading(as_of=as_of, state=state, wake_at=min(pending, default=None))
    reader = CaseReader if subject.family == "case" else FamilyReader
    return reader(subject, rulebook, as_of, entries=entries, pending=pending).reading()


__all__ = ["ENGINE_VERSION", "Reading", "read"]
