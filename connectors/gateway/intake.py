"""Intake: from a request's messages to the broker and a verdict on each."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from connectors.admission import Admitted, Door, rejection
from connectors.gateway import answers
from connectors.gateway.answers import Answer
from connectors.gateway.backfills import Backfills
from connectors.gateway.bodies import Body
from connectors.gateway.broker import Broker, Message
from connectors.gateway.capacity import Hold
from connectors.gateway.measured import Measured
from connectors.gateway.problems import Problem
from connectors.gateway.recent import Recent
from connectors.told import Told, admit_told
from connectors.unknown_fields import UnknownFields
from streams import wire
from streams.settings import Settings
from streams.wire import Rejected

#: After so many messages others get their turn.
TURN = 25


class Intake(Struct):
    """What a request passes through; one for all requests."""

    settings: Settings
    broker: Broker
    measured: Measured
    unknown: UnknownFields
    recent: Recent
    backfills: Backfills

    async def take(self, door: Door, teller: str, body: Body, hold: Hold) -> Answer:
        """Admits every message, sends what is admitted and what is refused, and says so once the broker has it.

        Raises a Problem where nothing of it was sent, or not all for certain.
        """
        now = datetime.now(UTC)
        found: list[Admitted | Rejected] = []
        try:
            for number, message in enumerate(body.messages, start=1):
                found.append(admit_told(door, message, now=now, teller=teller))
                if number % TURN == 0:
                    await asyncio.sleep(0)
            self.backfills.check(found, now)
        except BaseException:
            hold.release()
            raise
        await self.broker.send(self._messages(door, body.messages, found, now), hold)
        return self._answer(body.messages, found, now)

    async def refuse(self, door: Door, teller: str, problem: Problem, hold: Hold) -> None:
        """Keeps account of a body that could not be read at all."""
        refused = Rejected(problem.code, None, problem.detail, teller)
        value = rejection(door, b"", refused, now=datetime.now(UTC))
        await self.broker.send([(self.settings.topic("rejected"), None, value)], hold)

    def _messages(
        self, door: Door, told: Iterable[Told], found: Iterable[Admitted | Rejected], now: datetime
    ) -> Iterator[Message]:
        for message, one in zip(told, found, strict=True):
            if isinstance(one, Admitted):
                yield self.settings.topic(one.topic), one.key, one.value
            else:
                original = message if isinstance(message, bytes) else wire.encode(message)
                yield self.settings.topic("rejected"), None, rejection(door, original, one, now=now)

    def _answer(self, told: list[Told], found: list[Admitted | Rejected], now: datetime) -> Answer:
        verdicts = []
        for index, (message, one) in enumerate(zip(told, found, strict=True)):
            if isinstance(one, Rejected):
                self.measured.rejected.labels(one.code).inc()
                verdicts.append(answers.rejected(index, one, message))
                continue
            is_repeated = self.recent.is_repeated(one.event)
            self.recent.note(one.event)
            self.unknown.count(one.event.source, one.dropped)
            self.measured.event(one.event, now.timestamp(), dropped=len(one.dropped))
            if is_repeated:
                self.measured.repeated.labels(one.event.source).inc()
            verdicts.append(answers.received(index, one, is_repeated=is_repeated))
        refused = sum(isinstance(one, Rejected) for one in found)
        return Answer(len(found) - refused, refused, verdicts)
