"""Sending: what waits in a queue goes through a door, in order, until the door has it or has refused it."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from connectors.publisher.messages import Door, Message, NotNow, Queue, Refusal, Unwelcome
from connectors.publisher.pace import MOST_BYTES, Pace

log = logging.getLogger(__name__)
#: So often an idle queue is looked at: others may have filled it.
IDLE = 0.5
#: An event that alone breaks a door which takes others, so many times, is set apart.
MOST_FAULTS = 10
#: So many are tried alone to find out whether a door takes any.
MOST_ALONE = 50
Noted = Callable[[str], None]
Told = dict[Message, Refusal | None]


def _unnoted(_: str) -> None:
    """The log has it."""


class Sender:
    """Takes from one queue and gives to one door: one request at a time, so that order is kept."""

    def __init__(self, queue: Queue, door: Door, *, pace: Pace | None = None, noted: Noted = _unnoted) -> None:
        self._queue, self._door, self._noted = queue, door, noted
        self._pace = pace or Pace()
        self._times: dict[int, int] = {}

    def send_some(self) -> int:
        """Sends the oldest; returns of how many there is a verdict now. Raises NotNow."""
        while messages := self._queue.claim(self._pace.at_once, MOST_BYTES):
            try:
                told = self._told(messages)
            except BaseException:
                self._queue.let_go()
                raise
            if told:
                self._queue.settle(list(told), list(told.values()), now=datetime.now(UTC))
                self._pace.well()
                return len(told)
            self._queue.let_go()
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

    def _told(self, messages: Sequence[Message]) -> Told:
        """What the door says of each; of none where fewer at once are to be tried."""
        try:
            return dict(zip(messages, self._door.send(messages), strict=True))
        except Unwelcome as error:
            self._noted(str(error))
        if len(messages) > 1:
            self._pace.fewer(len(messages))
            return {}
        self._queue.let_go()
        return self._one_by_one(self._queue.claim(MOST_ALONE, MOST_BYTES))

    def _one_by_one(self, messages: Sequence[Message]) -> Told:
        """Each in a request of its own, to see whether one is unwelcome or any. Raises NotNow where it is any.

        What was unwelcome once while others were taken is known to be so.
        """
        told: Told = {}
        unwelcome: dict[Message, Unwelcome] = {}
        for message in messages:
            try:
                [told[message]] = self._door.send([message])
            except Unwelcome as error:
                unwelcome[message] = error
        if told or all(message.number in self._times for message in unwelcome):
            self._times = {message.number: self._times.get(message.number, 0) + 1 for message in unwelcome}
            for message, why in unwelcome.items():
                if not why.is_fault or self._times[message.number] >= MOST_FAULTS:
                    told[message] = Refusal(why.refusal.code, None, why.refusal.detail)
        if unwelcome and not told:
            raise NotNow(f"nothing is welcome: {next(iter(unwelcome.values()))}")
        return told
