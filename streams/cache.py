"""A cache of subjects, bounded in bytes: the least recently used go first."""

from collections import OrderedDict
from typing import Any

#: Decoded entries take about so many times their packed size in memory.
DECODED_FACTOR = 4


class SubjectCache:
    """Key → what is known of a subject; only a copy of what the store holds."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._held: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def has(self, key: str) -> bool:
        return key in self._held

    def get(self, key: str) -> Any | None:
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: str, value: Any, packed_bytes: int) -> None:
        size = packed_bytes * DECODED_FACTOR
        before = self._held.pop(key, None)
        self._size += size - (before[1] if before else 0)
        self._held[key] = (value, size)
        while self._size > self._most and self._held:
            _, (_, freed) = self._held.popitem(last=False)
            self._size -= freed
