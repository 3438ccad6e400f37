"""Prospect: what would become of a dead letter if it were sent again now. Nothing is sent, nothing written."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from connectors.admission import Admitted, Door, admit, decoded
from connectors.codes import NO_CODES
from connectors.dead_letters.patch import Patch, merged
from streams.domain.subject import unpack
from streams.wire import Event, Rejected

Connection = psycopg.Connection[Any]
#: What a door has stamped carries our codes already.
STAMPS = frozenset({"ingesttime", "door"})
#: (subject key, source, id)
Identity = tuple[str, str, str]


class Letter(Struct, frozen=True):
    """A dead letter: its place on the log, and its bytes while they are kept."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    is_expired: bool = False

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class Prospect(Struct, frozen=True):
    """What would become of a letter: accepted, duplicate or conflict (its id counts already), or refused with a reason."""

    outcome: str
    message: Admitted | None = None
    reason: Rejected | None = None


class Known(Struct, frozen=True):
    """What the platform knows of the subjects and identities that letters speak of.

    `deleted`: (family, subject key) → the greatest version by which it was deleted; `bodies`: identity → hash of its body.
    """

    deleted: dict[tuple[str, str], int] = {}
    oversized: frozenset[tuple[str, str]] = frozenset()
    bodies: dict[Identity, bytes] = {}


class Prospector:
    """Looks at letters one lot after another; of an identity that comes twice the first is the one that counts."""

    def __init__(self, connection: Connection, door: Door, patch: Patch | None) -> None:
        self._connection, self._door, self._patch = connection, door, patch
        self._seen: dict[Identity, bytes] = {}

    def look(self, letters: Sequence[Letter], now: datetime) -> list[Prospect]:
        """What would become of each letter, in order; `now` is the instant of the stamps."""
        found = [admitted(self._door, letter, patch=self._patch, now=now) for letter in letters]
        known = look_up(self._connection, [one.event for one in found if isinstance(one, Admitted)])
        known.bodies.update(self._seen)
        prospects = []
        for one in found:
            prospects.append(prospect(one, known))
            if prospects[-1].outcome == "accepted" and isinstance(one, Admitted):
                known.bodies[_identity(one.event)] = self._seen[_identity(one.event)] = one.event.body_hash
        return prospects


def admitted(door: Door, letter: Letter, *, patch: Patch | None, now: datetime) -> Admitted | Rejected:
    """The letter as it is admitted again: mended, under the same source and id, as a replay of its place."""
    if letter.is_expired:
        return Rejected("payload_expired", None, "key and value were removed")
    document = decoded(letter.value or b"")
    if not isinstance(document, dict):
        return document if isinstance(document, Rejected) else admit(door, document, now=now)
    mended = document if patch is None else merged(document, patch.change)
    for name in ("source", "id"):
        if isinstance(document.get(name), str) and mended.get(name) != document[name]:
            return Rejected("identity_changed", name, f"{document[name][:200]!r} stays")
    if document.keys() >= STAMPS:
        door = replace(door, codes=NO_CODES)
    return admit(door, mended, now=now, replay_of=letter.place)


def prospect(found: Admitted | Rejected, known: Known) -> Prospect:
    """What a worker and landing that know this would make of it.

    A subject that was deleted since comes back only by a version above those of its deletions: a letter of another
    record would bring it back otherwise, though nobody tells of it any more.
    """
    if isinstance(found, Rejected):
        return Prospect("refused", reason=found)
    event = found.event
    subject = (event.family, event.subject_key)
    if subject in known.oversized:
        detail = f"{event.subject_key!r} has too many records"
        return Prospect("refused", reason=Rejected("subject_oversized", None, detail, event.source))
    ended = known.deleted.get(subject)
    if ended is not None and event.operation != "D" and event.data_version <= ended:
        detail = f"{event.subject_key!r} was deleted by version {ended}, this is version {event.data_version}"
        return Prospect("refused", reason=Rejected("subject_deleted", "dataversion", detail, event.source))
    body = known.bodies.get(_identity(event))
    return Prospect(
        "accepted" if body is None else "duplicate" if body == event.body_hash else "conflict", message=found
    )


def look_up(connection: Connection, events: Sequence[Event]) -> Known:
    """What is known of what these events speak of, as far as worker and landing have come."""
    if not events:
        return Known()
    keys, sources, ids = _columns(map(_identity, events))
    families = sorted({event.family for event in events})
    rows = connection.execute(_SUBJECTS, {"families": families, "keys": keys}, binary=True).fetchall()
    bodies = connection.execute(_IDENTITIES, {"keys": keys, "sources": sources, "ids": ids}, binary=True)
    return Known(
        {(family, key): _ended(family, key, records) for family, key, state, records in rows if state == "deleted"},
        frozenset((family, key) for family, key, state, _ in rows if state == "oversized"),
        {(key, source, identity): body for key, source, identity, body in bodies},
    )


#: The partition stands before the key in the index.
_SUBJECTS = """
    select family, subject_key, state, records
    from stream.subject
    where family = any(%(families)s) and partition = any(array(select distinct partition from stream.position))
        and subject_key = any(%(keys)s) and state in ('deleted', 'oversized')
"""
_IDENTITIES = """
    select distinct i.subject_key, i.source, i.id, i.body_hash
    from unnest(%(keys)s::text[], %(sources)s::text[], %(ids)s::text[]) as told (subject_key, source, id)
    inner join raw.identity as i using (subject_key, source, id)
"""


def _identity(event: Event) -> Identity:
    return event.subject_key, event.source, event.id


def _columns(rows: Iterable[tuple[str, ...]]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _ended(family: str, key: str, records: bytes) -> int:
    """The greatest version among a deleted subject's deletions."""
    return max(entry.data_version for entry in unpack(family, key, records).entries.values())
