"""Back-fill: what happened long ago is slowed while the workers lag, so that what happens now is seen at once."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Self

from connectors.lag import Lag
from streams.settings import Settings

log = logging.getLogger(__name__)
#: So often a door looks how far the workers have come, and gets a new allowance.
SECONDS = 0.5
#: How many old events a door may send between two looks: never fewer, never more; a sender begins with FIRST.
LEAST, FIRST, MOST = 50, 1000, 10_000


class Allowance:
    """How many old events may pass until the next look: a quarter more than before while the workers keep up, else half.

    `longest`: the lag in seconds up to which they keep up; 0: everything may pass always.
    """

    def __init__(self, longest: float, size: int = FIRST) -> None:
        self._longest = longest
        self._size = self._left = size

    def renew(self, lag: float) -> None:
        """After a look. What passed beyond the last allowance is taken off this one."""
        keeps_up = lag <= self._longest
        if keeps_up and self._left <= 0:
            self._size = min(MOST, self._size + self._size // 4)
        elif not keeps_up:
            self._size = max(LEAST, self._size // 2)
        self._left = min(self._size, self._left + self._size)

    def take(self, number: int) -> bool:
        """Whether so many may pass; what passes is counted off."""
        if self._longest and self._left <= 0:
            return False
        self._left -= number
        return True


def is_old(settings: Settings, at: datetime, now: datetime) -> bool:
    """Whether an event of then is back-fill now."""
    return now - at > timedelta(hours=settings.backfill_hours)


class Throttle:
    """Slows a sender. A context: leaving it closes what it asks with.

    `flush` waits until the broker has what was sent; `report` hears a 0 while it waits, and may raise to break it off.
    """

    def __init__(
        self, settings: Settings, *, flush: Callable[[], None], report: Callable[[int], None] = lambda _: None
    ) -> None:
        self._settings, self._flush, self._report = settings, flush, report
        self._allowance = Allowance(settings.backfill_lag_seconds)
        self._lag = Lag(settings)
        self._began = datetime.now(UTC)
        self._looked = time.monotonic()
        self._has_told = False

    def wait(self, at: datetime) -> None:
        """Returns when an event of then may be sent: at once, if it is fresh. Raises KafkaError."""
        if not is_old(self._settings, at, self._began):
            return
        while not self._allowance.take(1):
            self._look()

    def _look(self) -> None:
        self._flush()
        while (left := self._looked + SECONDS - time.monotonic()) > 0:
            self._report(0)
            time.sleep(min(left, 0.1))
        lag = self._lag.seconds()
        self._looked = time.monotonic()
        self._allowance.renew(lag)
        if lag > self._settings.backfill_lag_seconds and not self._has_told:
            self._has_told = True
            log.warning(
                "the workers are %.1f s behind: what is older than %d h is sent slowly, so that fresh events come first "
                "(GOVPULSE_BACKFILL_LAG_SECONDS; 0 sends everything at once)",
                lag,
                self._settings.backfill_hours,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lag.close()
