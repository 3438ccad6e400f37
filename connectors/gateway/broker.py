"""The broker as the gateway sees it: one producer on the event loop, every message acknowledged by all replicas."""

import asyncio
import logging
import time
from collections.abc import Iterable
from http import HTTPStatus
from itertools import count
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from connectors.gateway.capacity import Hold
from connectors.gateway.problems import Problem, away
from streams.connection import client_options
from streams.settings import Settings
from streams.wire import LARGEST_MESSAGE

log = logging.getLogger(__name__)
#: A request waits so long for its acknowledgements; the sender then keeps its events and tries again.
PATIENCE = 10.0
#: Unacknowledged for so long means that the broker is away: nothing new is taken meanwhile.
STUCK = 3.0
#: How often the broker is asked for its topics while nothing else tells that it is there.
PROBE_SECONDS = 1.0
#: (topic with prefix, key, value)
Message = tuple[str, bytes | None, bytes]


class Broker:
    """Sends; knows whether it can. An idempotent producer never gives a message up, so what was late arrives once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._answers = False
        self._waiting: dict[int, float] = {}
        self._numbers = count()

    @property
    def is_there(self) -> bool:
        """Whether a message sent now would be acknowledged soon, as far as can be told."""
        oldest = next(iter(self._waiting.values()), None)
        return self._answers and (oldest is None or time.monotonic() - oldest < STUCK)

    async def send(self, messages: Iterable[Message], hold: Hold) -> None:
        """Returns when the broker has all of them; raises a Problem where it has not, in time.

        The hold is given back when nothing of the messages is kept here any more.
        """
        number = next(self._numbers)
        self._waiting[number] = time.monotonic()
        futures: list[asyncio.Future[Any]] = []
        producer = self._producer
        try:
            if producer is None:
                raise away("kafka_away")
            async with asyncio.timeout(PATIENCE):
                for topic, key, value in messages:
                    futures.append(await producer.send(topic, value, key=key))
                await asyncio.wait(futures) if futures else None
        except TimeoutError:
            raise away("kafka_away", f"not acknowledged after {PATIENCE:.0f} s; send it again") from None
        except KafkaError as error:
            raise self._lost(producer, error) from None
        finally:
            self._settle(number, futures, hold)
        for future in futures:
            refused = future.exception()
            if refused is not None:
                raise self._lost(producer, refused)

    def _settle(self, number: int, futures: list["asyncio.Future[Any]"], hold: Hold) -> None:
        left = {future for future in futures if not future.done()}

        def done(future: "asyncio.Future[Any] | None" = None) -> None:
            if future is not None:
                left.discard(future)
                if not future.cancelled():
                    future.exception()  # looked at, so that nobody is told of it at the end
            if not left:
                self._waiting.pop(number, None)
                hold.release()

        for future in tuple(left):
            future.add_done_callback(done)
        if not left:
            done()

    def _lost(self, producer: AIOKafkaProducer | None, error: BaseException) -> Exception:
        """The broker refused: the producer may be past mending, so another takes its place."""
        if isinstance(error, MessageSizeTooLargeError):
            return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "the broker takes smaller messages only")
        if producer is not None and producer is self._producer:
            log.warning("Kafka: %s: %s; a new producer is made", type(error).__name__, error)
            self._producer, self._answers = None, False
            self._closing = asyncio.create_task(_closed(producer))
        return away("kafka_away", type(error).__name__)

    async def keep(self) -> None:
        """Makes the producer, and asks now and then whether the broker answers; until cancelled."""
        while True:
            try:
                if self._producer is None:
                    self._producer = await self._made()
                async with asyncio.timeout(2 * PROBE_SECONDS):
                    self._answers = bool((await self._producer.client.fetch_all_metadata()).brokers())
            except (KafkaError, OSError, TimeoutError) as error:
                if self._answers:
                    log.warning("Kafka does not answer: %s", type(error).__name__)
                self._answers = False
            await asyncio.sleep(PROBE_SECONDS)

    async def _made(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            linger_ms=4,
            max_batch_size=256 * 1024,
            max_request_size=LARGEST_MESSAGE + 64 * 1024,
            request_timeout_ms=10_000,
            metadata_max_age_ms=60_000,
            retry_backoff_ms=100,
        )
        try:
            await producer.start()
        except BaseException:
            await _closed(producer)
            raise
        return producer

    async def close(self, *, seconds: float = 5.0) -> None:
        """Sends what is still under way, within a time."""
        if self._producer is not None:
            await _closed(self._producer, seconds=seconds)


async def _closed(producer: AIOKafkaProducer, *, seconds: float = 5.0) -> None:
    try:
        async with asyncio.timeout(seconds):
            await producer.stop()
    except (KafkaError, TimeoutError, OSError, AssertionError) as error:
        log.warning("the producer did not end in order: %s", type(error).__name__)
