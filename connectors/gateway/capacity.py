"""Capacity: how many bytes are under way at most, from the socket to the broker's acknowledgement."""

from collections import Counter
from http import HTTPStatus

from connectors.gateway.problems import Problem, away

#: What a request costs beside its body.
EACH = 16 * 1024


class Capacity:
    """Bytes that requests hold, a source at most half of them. Used on one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._of_source: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """By everybody."""
        return self._of_source.total()

    def hold(self, source: str) -> "Hold":
        """A share for one request of a source; raises a Problem where there is no room."""
        share = Hold(self, source)
        share.add(EACH)
        return share

    def take(self, source: str, size: int) -> None:
        """Counts bytes; raises a Problem where there is no room for them."""
        if self.held + size > self.most:
            raise away("busy", f"{self.held} bytes are under way")
        if self._of_source[source] + size > self.most // 2:
            found = f"{self._of_source[source]} bytes of this source are under way"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_much_at_once", found, retry_after=1)
        self._of_source[source] += size

    def give_back(self, source: str, size: int) -> None:
        """Counts bytes off; sources that hold nothing are forgotten."""
        self._of_source[source] -= size
        if not self._of_source[source]:
            del self._of_source[source]


class Hold:
    """The share of one request."""

    def __init__(self, capacity: Capacity, source: str) -> None:
        self._capacity, self._source, self._size = capacity, source, 0

    def add(self, size: int) -> None:
        """Takes more; raises a Problem where there is no room."""
        self._capacity.take(self._source, size)
        self._size += size

    def release(self) -> None:
        """Gives everything back; a second time does nothing."""
        if self._size:
            self._capacity.give_back(self._source, self._size)
        self._size = 0
