"""Back-fill at the HTTP door: requests that tell of long ago are asked to come again while the workers lag."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

import psycopg
from kafka.errors import KafkaError

from connectors.admission import Admitted
from connectors.backfill import MOST, SECONDS, Allowance, is_old
from connectors.gateway.broker import Broker
from connectors.gateway.measured import Measured
from connectors.gateway.problems import Problem
from connectors.lag import Lag
from streams.settings import Settings
from streams.wire import Rejected

log = logging.getLogger(__name__)
#: When those who were asked to wait may try again, in seconds.
RETRY_AFTER = 2


class Backfills:
    """What old events may pass until the next look. Used on one event loop."""

    def __init__(self, settings: Settings, broker: Broker, measured: Measured) -> None:
        self._settings, self._broker, self._measured = settings, broker, measured
        self._allowance = Allowance(settings.backfill_lag_seconds, MOST)
        self._lag = Lag(settings)

    def check(self, found: Iterable[Admitted | Rejected], now: datetime) -> None:
        """Raises a Problem for a request most of whose events are old, where they must wait."""
        instants = [one.event.at for one in found if isinstance(one, Admitted)]
        old = sum(is_old(self._settings, at, now) for at in instants)
        if 2 * old > len(instants) and not self._allowance.take(old):
            detail = f"{old} of {len(instants)} events are older than {self._settings.backfill_hours} h"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "backfill_waits", detail, retry_after=RETRY_AFTER)

    async def keep(self) -> None:
        """Looks, until cancelled. While the broker is away nothing is taken anyway."""
        try:
            while True:
                if self._broker.is_there:
                    await self._look()
                await asyncio.sleep(SECONDS)
        finally:
            self._lag.close()

    async def _look(self) -> None:
        looking = asyncio.ensure_future(asyncio.to_thread(self._seconds))
        try:
            lag = await asyncio.shield(looking)
        except asyncio.CancelledError:
            await looking  # its thread uses what is closed next
            raise
        if lag is not None:
            self._allowance.renew(lag)
            self._measured.lag.set(lag)

    def _seconds(self) -> float | None:
        try:
            return self._lag.seconds()
        except (KafkaError, psycopg.Error, OSError) as error:
            log.warning("how far the workers have come is not known: %s", type(error).__name__)
            self._lag.close()
            return None
