"""Together: events of several threads that wait for the disk at the same time go there with one write."""

import threading
from collections.abc import Callable, Sequence

from connectors.publisher.check import Checked
from connectors.publisher.spool import SpoolFull

Write = Callable[[Sequence[Checked]], None]


class _Wish:
    """What one thread wants to have written, and what became of it."""

    def __init__(self, events: Sequence[Checked]) -> None:
        self.events = events
        self.is_done = False
        self.error: BaseException | None = None


class Together:
    """Whoever comes first writes for all who came meanwhile. `lock` is held while `write` runs."""

    def __init__(self, write: Write, lock: "threading.RLock") -> None:
        self._write, self._lock = write, lock
        self._wishes: list[_Wish] = []
        self._list = threading.Lock()

    def put(self, events: Sequence[Checked]) -> None:
        """Returns when the events are written, all of them; raises what `write` raised, and then none is."""
        wish = _Wish(events)
        with self._list:
            self._wishes.append(wish)
        with self._lock:
            if not wish.is_done:
                self._write_all()
        if wish.error is not None:
            raise wish.error

    def _write_all(self) -> None:
        with self._list:
            wishes, self._wishes = self._wishes, []
        try:
            self._write([event for wish in wishes for event in wish.events])
        except SpoolFull:  # some may have room alone
            for wish in wishes:
                self._alone(wish)
        except BaseException as error:  # noqa: BLE001 - raised in the thread of each
            for wish in wishes:
                wish.error = error
        for wish in wishes:
            wish.is_done = True

    def _alone(self, wish: _Wish) -> None:
        try:
            self._write(wish.events)
        except SpoolFull as error:
            wish.error = error
