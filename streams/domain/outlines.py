"""What the visible statements of a subject come to before any clock is read: moments in order, and an outline of it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from streams.domain.law import Law


class Moment(Struct, frozen=True):
    """Something that happened to a subject: a statement, decoded; or what follows from several (`bundle.completed`)."""

    type: str
    at: datetime
    record_key: str
    data: Any = None


class Finding(Struct, frozen=True, order=True):
    """Something wrong with data or procedure, though it counts all the same; `since`: when it could first be seen."""

    code: str
    since: datetime
    record_key: str = ""


class Outline(Struct, frozen=True, kw_only=True):
    """A subject of any family: whose it is, how far it has come, and the moments its clocks are read from.

    `idle`: stretches in which no part of it was under way; clocks that count only the union of its parts leave them out.
    `awaited`: what is wrong once one of its clocks has run out; where none runs, from its `since` on.
    """

    state: str
    moments: tuple[Moment, ...]
    unit_code: str | None = None
    matter_code: str | None = None
    area_code: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    result: str | None = None
    findings: tuple[Finding, ...] = ()
    awaited: Finding | None = None
    idle: tuple[tuple[datetime, datetime], ...] = ()


#: What the moments of a subject come to as its authority reads the law.
Describe = Callable[[Sequence[Moment], Law], Outline]


def first(moments: Iterable[Moment], *types: str) -> Moment | None:
    """The first moment of one of these types."""
    return next((moment for moment in moments if moment.type in types), None)


def last(moments: Sequence[Moment], *types: str) -> Moment | None:
    """The last moment of one of these types."""
    return first(reversed(moments), *types)


def unbegun(code: str, begun: Moment | None, moments: Sequence[Moment]) -> tuple[Finding, ...]:
    """The finding of a subject of which things are told, though not how it began."""
    return () if begun is not None else tuple(Finding(code, moment.at, moment.record_key) for moment in moments[:1])


def at(moment: Moment | None) -> datetime | None:
    return None if moment is None else moment.at
