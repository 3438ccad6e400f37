"""Answers: the verdict on each message, in the words of the contract."""

from http import HTTPStatus
from typing import Literal

from msgspec import Struct

from connectors.admission import Admitted
from connectors.reasons import REASONS
from connectors.told import Told, identity
from streams.wire import Rejected


class Said(Struct, frozen=True):
    """A code in words."""

    code: str
    zh: str
    en: str


class Verdict(Struct, frozen=True, omit_defaults=True):
    """What the door says of one message. `duplicate` is a hint; the receipt binds."""

    index: int
    verdict: Literal["received", "rejected"]
    source: str | None = None
    id: str | None = None
    duplicate: bool = False
    code: str | None = None
    field: str | None = None
    message: Said | None = None
    detail: str | None = None
    dropped: tuple[str, ...] = ()
    notes: tuple[Said, ...] = ()


class Answer(Struct, frozen=True):
    """What the door says of a request."""

    received: int
    rejected: int
    events: list[Verdict]


def said(code: str) -> Said:
    """The code in both languages."""
    return Said(code, *REASONS[code])


def received(index: int, admitted: Admitted, *, is_repeated: bool) -> Verdict:
    event = admitted.event
    return Verdict(
        index,
        "received",
        event.source,
        event.id,
        duplicate=is_repeated,
        dropped=admitted.dropped,
        notes=tuple(map(said, admitted.notes)),
    )


def rejected(index: int, refused: Rejected, message: Told) -> Verdict:
    source, named = identity(message)
    return Verdict(
        index,
        "rejected",
        source,
        named,
        code=refused.code,
        field=refused.field,
        message=said(refused.code),
        detail=refused.detail[:500],
    )


def status_of(verdicts: list[Verdict], *, is_batch: bool) -> HTTPStatus:
    """202 all received, 207 some; none: 403 where all speak for another source, 413 for one too large, else 400."""
    codes = [verdict.code for verdict in verdicts if verdict.verdict == "rejected"]
    if not codes:
        return HTTPStatus.ACCEPTED
    if len(codes) < len(verdicts):
        return HTTPStatus.MULTI_STATUS
    if set(codes) == {"foreign_source"}:
        return HTTPStatus.FORBIDDEN
    if not is_batch and codes == ["too_large"]:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.BAD_REQUEST
