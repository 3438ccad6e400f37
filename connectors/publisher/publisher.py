"""The publisher: what a source's program calls. An event is on the disk when `publish` returns, and sent in the background."""

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
from msgspec import Struct

from connectors.publisher.check import Check, Checked, InvalidEvent
from connectors.publisher.messages import CloudEvent, Door, NotNow, Refusal
from connectors.publisher.pace import Pace
from connectors.publisher.sending import IDLE, Sender
from connectors.publisher.spool import Set, Spool
from connectors.publisher.together import Together
from connectors.publisher.turn import Turn

log = logging.getLogger(__name__)
MOST_BYTES = 1024**3
#: So often it is seen whether everything has gone.
LOOK = 0.02


class WrongProcess(Exception):
    """The process has forked since the spool was opened: SQLite's locks do not survive that."""


class SenderFailed(Exception):
    """The background sender met with something that it does not know, and stopped; what waits is kept."""


class Refused(Struct, frozen=True):
    """An event that was refused, and why. `number`: by which it is sent again or discarded."""

    number: int
    id: str
    code: str
    field: str | None
    detail: str
    spooled_at: datetime
    refused_at: datetime
    event: CloudEvent


class Status(Struct, frozen=True):
    """How the spool is, whichever process asks: events and bytes that wait, since when; what was refused, by code.

    `size` of `most_bytes` are in use. `last_error`: what held up the sender last, and `last_error_at`, which lies before
    `last_sent_at` where that is over. `is_sending`: this process has the turn.
    """

    waiting: int
    waiting_bytes: int
    oldest: datetime | None
    refused: int
    refused_by_code: dict[str, int]
    size: int
    most_bytes: int
    last_sent_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    is_sending: bool


class Publisher:
    """Events of one source, through one door. As many processes and threads as like may share a spool file.

    `spool`: a file on a local disk, made where it is missing. `authority`: who issued the numbers, where an event does not
    say and the register should not. `most_bytes`: of the file; a log of some megabytes lies beside it. The file is opened by
    the first call, or by `with`: fork before it. Threads that publish at the same time share one write to the disk.
    """

    _opened: ClassVar[dict[Path, int]] = {}

    def __init__(
        self,
        spool: Path | str,
        door: Door,
        *,
        source: str,
        authority: str | None = None,
        most_bytes: int = MOST_BYTES,
        pace: Pace | None = None,
    ) -> None:
        self.path, self.most_bytes = Path(spool).absolute(), most_bytes
        self._door, self._pace = door, pace
        self._check = Check(source, authority)
        self._lock = threading.RLock()
        self._together = Together(lambda events: self._here().put(events, now=datetime.now(UTC)), self._lock)
        self._spool: Spool | None = None
        self._reader: Spool | None = None
        self._reading = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._turn = Turn(self.path)
        self._failure: BaseException | None = None
        self._told: set[str] = set()

    def publish(self, event: Mapping[str, Any]) -> None:
        """Keeps an event; returns when it is on the disk. Raises InvalidEvent or SpoolFull, and then keeps nothing."""
        self.publish_all([event])

    def publish_all(self, events: Iterable[Mapping[str, Any]]) -> int:
        """Keeps all events or none, in their order, with one write to the disk; returns how many."""
        now = datetime.now(UTC)
        checked = [self._checked(event, now) for event in events]
        if checked:
            self._together.put(checked)
            self._woken.set()
        return len(checked)

    def flush(self, timeout: float) -> bool:
        """Waits until all that waits now is received or refused; False where it is not after so many seconds.

        Raises SenderFailed. It does not hurry a door that asked to wait.
        """
        deadline = time.monotonic() + timeout
        with self._looking() as spool:
            last = spool.last()
        self._woken.set()
        while True:
            with self._looking() as spool:
                if not spool.is_waiting(last):
                    return True
            if self._failure is not None:
                raise SenderFailed(f"{self._failure!r}; what waits is kept in {self.path}") from self._failure
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK)

    def status(self) -> Status:
        """How many events wait and since when, what was refused, and what went wrong last."""
        with self._looking() as spool:
            span, by_code = spool.span(), spool.refused_by_code()
            sent, error = spool.noted("sent"), spool.noted("error")
            size = spool.size
        return Status(
            waiting=span.events,
            waiting_bytes=span.size,
            oldest=span.oldest,
            refused=sum(by_code.values()),
            refused_by_code=by_code,
            size=size,
            most_bytes=self.most_bytes,
            last_sent_at=sent and sent[1],
            last_error=error and error[0],
            last_error_at=error and error[1],
            is_sending=self._turn.is_ours,
        )

    def refused(self, most: int = 1000) -> list[Refused]:
        """What was refused, the oldest first, at most so many; kept until it is sent again or discarded."""
        with self._looking() as spool:
            return [_refused(row) for row in spool.refused(most)]

    def send_again(self, *numbers: int, code: str | None = None) -> int:
        """Puts refused events back in the queue as they are, by number or all of a code: when the reason is gone.

        How many they were: 0 where `refused()` has none such.
        """
        with self._lock:
            number = self._here().put_back(numbers, code)
        self._woken.set()
        return number

    def discard(self, *numbers: int, code: str | None = None) -> int:
        """Deletes refused events, by number or all of a code: when they were told anew, or never should have been.

        How many they were: 0 where `refused()` has none such.
        """
        with self._lock:
            return self._here().forget(numbers, code)

    def close(self) -> None:
        """Ends the request under way and stops; what waits is sent by whoever opens the spool next."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            if self._spool is not None and self._reader is not None:
                self._spool.close()
                self._reader.close()
                self._spool = self._reader = self._thread = None
                Publisher._opened.pop(self.path, None)
        self._door.close()

    def __enter__(self) -> Self:
        with self._lock:
            self._here()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self, event: Mapping[str, Any], now: datetime) -> Checked:
        checked = self._check.checked(event, now=now)
        if isinstance(checked, Refusal):
            raise InvalidEvent(checked, event)
        for name in checked.dropped:
            if name not in self._told:
                self._told.add(name)
                log.warning("the contract has no field %r: the door will drop it (event %r)", name, checked.id)
        return checked

    def _here(self) -> Spool:
        """The spool of this process, opened with its sender where it is not."""
        if self._opened.get(self.path, os.getpid()) != os.getpid():
            raise WrongProcess(f"spool {self.path} was opened before this process forked: open it only afterwards")
        if self._spool is None:
            self._spool = Spool(self.path, most_bytes=self.most_bytes)
            self._reader = Spool(self.path, most_bytes=self.most_bytes)
            Publisher._opened[self.path] = os.getpid()
            self._stopping.clear()
            self._thread = threading.Thread(target=self._send, name=f"publisher {self.path.name}", daemon=True)
            self._thread.start()
        return self._spool

    @contextmanager
    def _looking(self) -> Iterator[Spool]:
        """A connection that only reads: counting what waits holds up nobody who publishes."""
        with self._lock:
            self._here()
        with self._reading:
            assert self._reader is not None
            yield self._reader

    def _send(self) -> None:
        """The sender's thread: waits for its turn, then sends until it is stopped."""
        spool = Spool(self.path, most_bytes=self.most_bytes)
        try:
            while not self._turn.take():
                if self._stopping.wait(IDLE):
                    return
            sender = Sender(spool, self._door, pace=self._pace, noted=lambda told: _note(spool, told))
            sender.run(self._stopping, self._woken)
        except BaseException as error:
            self._failure = error
            _note(spool, f"the sender has stopped: {error!r}")
            log.critical("the sender of %s has stopped; what waits is kept", self.path, exc_info=True)
        finally:
            self._turn.give_up()
            spool.close()


def _note(spool: Spool, told: str) -> None:
    """Notes why nothing goes; where even that cannot be written the log has it."""
    try:
        spool.note("error", told, now=datetime.now(UTC))
    except NotNow as error:
        log.warning("%s", error)


def _refused(row: Set) -> Refused:
    return Refused(
        number=row.number,
        id=row.id,
        code=row.code,
        field=row.field,
        detail=row.detail,
        spooled_at=datetime.fromisoformat(row.spooled_at),
        refused_at=datetime.fromisoformat(row.refused_at),
        event=msgspec.json.decode(row.value),
    )
