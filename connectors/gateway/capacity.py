"""Capacity: how many bytes are under way at most, from the socket to the broker's acknowledgement."""

from connectors.gateway.problems import away

#: What a request costs beside its body.
EACH = 16 * 1024


class Capacity:
    """Bytes that requests hold. Used on one event loop."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0

    def hold(self) -> "Hold":
        """A share for one request; raises a Problem where there is no room."""
        share = Hold(self)
        share.add(EACH)
        return share


class Hold:
    """The share of one request."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity, self._size = capacity, 0

    def add(self, size: int) -> None:
        """Takes more; raises a Problem where there is no room."""
        if self._capacity.held + size > self._capacity.most:
            raise away("busy", f"{self._capacity.held} bytes are under way")
        self._capacity.held += size
        self._size += size

    def release(self) -> None:
        """Gives everything back; a second time does nothing."""
        self._capacity.held -= self._size
        self._size = 0
