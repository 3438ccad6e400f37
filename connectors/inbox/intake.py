"""Intake: from a record of an inbox to the log, or to those who are told that it was refused."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from kafka.errors import MessageSizeTooLargeError
from msgspec import Struct
from msgspec.structs import asdict, replace

from connectors.admission import Admitted, rejection
from connectors.inbox.answers import Place, answer
from connectors.inbox.records import told_by
from connectors.inbox.standing import InForce
from connectors.kafka import Delivery
from connectors.told import Told, admit_told, identity
from streams import wire
from streams.wire import Rejected


class Taken(Struct, frozen=True):
    """What became of a record, and the broker's answer to come (a future of kafka-python)."""

    place: Place
    found: Admitted | Rejected
    sent: Any

    @property
    def is_too_large(self) -> bool:
        """Whether the broker takes no message of that size."""
        return self.sent.is_done and isinstance(self.sent.exception, MessageSizeTooLargeError)


class Intake(Struct, frozen=True):
    """Where records pass through: what holds now, and the way out. `too_large`: what the broker would not take."""

    in_force: InForce
    out: Delivery
    now: datetime
    too_large: Collection[Place] = ()

    def take(self, record: Any) -> Taken:
        """Admits a record, and sends it on or says why not."""
        place = Place(record.topic, record.partition, record.offset)
        teller = self.in_force.inboxes[record.topic]
        told = self._told(record, place)
        found = (
            told if isinstance(told, Rejected) else admit_told(self.in_force.door, told, now=self.now, teller=teller)
        )
        if isinstance(found, Admitted):
            return Taken(place, found, self.out.send(found.topic, found.key, found.value))
        named = None if isinstance(told, Rejected) else identity(told)[1]
        return self.refuse(place, found, original=_original(record, told), named=named)

    def refuse(self, place: Place, refused: Rejected, *, original: bytes = b"", named: str | None = None) -> Taken:
        """Tells the operator, and the source whose inbox it is, whatever the record says of its sender."""
        teller = self.in_force.inboxes[place.topic]
        refused = replace(refused, source=teller)
        value = rejection(self.in_force.door, original, refused, now=self.now, place=asdict(place))
        sent = self.out.send("rejected", None, value)
        if teller in self.in_force.answered:
            said = answer(refused, identity=named, size=len(original), place=place, now=self.now)
            self.out.send(self.in_force.answered[teller], None, said)
        return Taken(place, refused, sent)

    def _told(self, record: Any, place: Place) -> Told | Rejected:
        if place in self.too_large:
            return Rejected("too_large", None, "the broker takes smaller messages only")
        return told_by(record)


def _original(record: Any, told: Told | Rejected) -> bytes:
    """What was told as one JSON document, where it can be one."""
    if isinstance(told, dict):
        try:
            return wire.encode(told)
        except (TypeError, UnicodeEncodeError, RecursionError):
            pass
    return record.value or b""
