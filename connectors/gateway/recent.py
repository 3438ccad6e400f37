"""Recent: identities that came through this door lately, for a hint that something was sent again."""

from collections import OrderedDict

from streams.wire import Event

MOST = 100_000


class Recent:
    """The last identities (source, id), each with the hash of its body. A hint: other doors are not known here."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[int, bytes] = OrderedDict()

    def is_repeated(self, event: Event) -> bool:
        """Whether the same identity with the same body was acknowledged here lately."""
        return self._seen.get(hash((event.source, event.id))) == event.body_hash

    def note(self, event: Event) -> None:
        """Remembers what the broker has."""
        identity = hash((event.source, event.id))
        self._seen[identity] = event.body_hash
        self._seen.move_to_end(identity)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
