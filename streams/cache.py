"""A cache of subjects as they are stored, bounded in bytes: the least recently used go first."""

from collections import OrderedDict

from streams.store import Stored

#: What a row takes in memory besides its packed records and ledger.
OVERHEAD = 400


class SubjectCache:
    """Key → the row of a subject; only a copy of what the store holds. Packed: decoded it would take thrice as much."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._held: OrderedDict[str, Stored] = OrderedDict()

    def has(self, key: str) -> bool:
        return key in self._held

    def get(self, key: str) -> Stored | None:
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, stored: Stored) -> None:
        before = self._held.pop(stored.subject_key, None)
        self._size += _size(stored) - (_size(before) if before is not None else 0)
        self._held[stored.subject_key] = stored
        while self._size > self._most:
            self._size -= _size(self._held.popitem(last=False)[1])


def _size(stored: Stored) -> int:
    return len(stored.records) + len(stored.derived) + OVERHEAD
