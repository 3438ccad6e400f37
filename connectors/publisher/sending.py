"""Sending: what waits in a queue goes through a door, in order, until the door has it or has refused it."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.publisher.messages import Door, Message, NotNow, Queue, Refusal, Unwelcome, Verdicts
from connectors.publisher.pace import MOST_BYTES, Pace

log = logging.getLogger(__name__)
#: So often an idle queue is looked at: others may have filled it.
IDLE = 0.5
#: A single event that breaks a door which takes others so many times is set apart.
MOST_FAULTS = 10
Noted = Callable[[str], None]


def _unnoted(_: str) -> None:
    """The log has it."""


class Sender:
    """Takes from one queue and gives to one door: one request at a time, so that order is kept."""

    def __init__(self, queue: Queue, door: Door, *, pace: Pace | None = None, noted: Noted = _unnoted) -> None:
        self._queue, self._door, self._noted = queue, door, noted
        self._pace = pace or Pace()
        self._faulty: tuple[int, int] = (0, 0)

    def send_some(self) -> int:
        """Sends the oldest; returns of how many there is a verdict now. Raises NotNow."""
        while messages := self._queue.claim(self._pace.at_once, MOST_BYTES):
            try:
                verdicts = self._verdicts(messages)
            except BaseException:
                self._queue.let_go()
                raise
            if verdicts is None:
                self._queue.let_go()
                continue
            self._queue.settle(messages, verdicts, now=datetime.now(UTC))
            self._pace.well()
            return len(messages)
        self._queue.let_go()
        return 0

    def run(self, stopping: threading.Event, woken: threading.Event, *, idle: float = IDLE, once: bool = False) -> int:
        """Sends until asked to stop (with `once`: until nothing waits); returns how many events got a verdict."""
        total = 0
        while not stopping.is_set():
            try:
                some = self.send_some()
            except NotNow as error:
                delay = self._pace.delay(error.after)
                self._noted(str(error))
                log.warning("%s; again in %.1f s", error, delay)
                self._door.close()
                stopping.wait(delay)
                continue
            total += some
            if not some:
                if once:
                    break
                woken.wait(idle)
                woken.clear()
        return total

    def _verdicts(self, messages: list[Message]) -> Verdicts | None:
        """What the door says; None where fewer at once are to be tried."""
        try:
            return self._door.send(messages)
        except Unwelcome as error:
            self._noted(str(error))
            if len(messages) > 1:
                self._pace.fewer(len(messages))
                return None
            if not error.is_fault:
                return [error.refusal]
            return self._faulted(messages[0], error)

    def _faulted(self, message: Message, error: Unwelcome) -> Verdicts:
        """One event alone broke the door: again, but not for ever."""
        number, times = self._faulty
        times = times + 1 if number == message.number else 1
        self._faulty = (message.number, times)
        if times < MOST_FAULTS:
            raise NotNow(f"event {message.id!r}: {error}")
        detail = f"{times} times: {error.refusal.detail}"
        return [Refusal(error.refusal.code, None, detail)]
