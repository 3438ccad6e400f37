"""The check before spooling: the doors' own, so that a programming mistake is an exception where it is made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from connectors.admission import Admitted, Door, admit
from connectors.publisher.messages import Refusal
from connectors.reasons import REASONS
from connectors.register import ANY, Source, register_of
from connectors.told import LARGEST_EVENT
from streams import wire

#: Stands for an authority and a key that only the platform knows: nothing here is sent.
_HERE, _KEY = "as-registered", b"only to see whether it would do"


class InvalidEvent(ValueError):
    """An event that every door would refuse: `code`, `field` and `detail` as there."""

    def __init__(self, refusal: Refusal, event: Any) -> None:
        named = event if isinstance(event, Mapping) else {}
        place = f"event {named.get('id')!r} of type {named.get('type')!r}" if named else f"{event!r:.200}"
        field = f"{refusal.field}: " if refusal.field else ""
        super().__init__(f"{place}: {field}{refusal.code}: {refusal.detail}; {REASONS[refusal.code].en}")
        self.code, self.field, self.detail = refusal.code, refusal.field, refusal.detail


class Checked(Struct, frozen=True):
    """An event that may go: by what its order is kept, its id, its JSON, and fields that the contract does not have."""

    key: str
    id: str
    value: bytes
    dropped: tuple[str, ...]


class Check:
    """What one source may tell, as far as it can be known without the platform."""

    def __init__(self, source: str, authority: str | None) -> None:
        self._given = {"specversion": "1.0", "source": source} | ({"authority": authority} if authority else {})
        self._source = source
        self._door = Door("publisher", _KEY, register_of([Source(source, authority or _HERE, frozenset({ANY}))]))

    def checked(self, event: Mapping[str, Any], *, now: datetime) -> Checked | Refusal:
        """The event with source and authority filled in, or what is wrong with it."""
        document = self._given | dict(event)
        admitted = admit(self._door, document, now=now, teller=self._source)
        if not isinstance(admitted, Admitted):
            return Refusal(admitted.code, admitted.field, admitted.detail)
        value = wire.encode(document)
        if len(value) > LARGEST_EVENT:
            return Refusal("too_large", None, f"{len(value)} bytes, at most {LARGEST_EVENT}")
        key = admitted.key.decode() if "authority" in document else admitted.event.subject
        return Checked(key, admitted.event.id, value, admitted.dropped)
