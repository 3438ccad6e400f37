"""Patience: inboxes that tell of long ago are read slowly while the workers lag; the others go on."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from kafka import KafkaConsumer, TopicPartition

from connectors.admission import Admitted
from connectors.backfill import MOST, SECONDS, Allowance, is_old
from connectors.inbox.intake import Taken
from connectors.lag import Lag
from streams.settings import Settings


class Patience:
    """Which inboxes wait until the next look; what was read of them already is sent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._allowance = Allowance(settings.backfill_lag_seconds, MOST)
        self._lag = Lag(settings)
        self._looked = time.monotonic()

    def heed(self, reader: KafkaConsumer, taken: Iterable[Taken], now: datetime) -> None:
        """Counts off the old events of a poll; where too many passed, their inboxes are not read for a while."""
        events: Counter[TopicPartition] = Counter()
        old: Counter[TopicPartition] = Counter()
        for one in taken:
            if isinstance(one.found, Admitted):
                place = TopicPartition(one.place.topic, one.place.partition)
                events[place] += 1
                old[place] += is_old(self._settings, one.found.event.at, now)
        mostly = [place for place in events.keys() & reader.assignment() if 2 * old[place] > events[place]]
        for place in mostly:
            self._allowance.take(old[place])
        if mostly and self._allowance.is_spent:
            reader.pause(*mostly)

    def look(self, reader: KafkaConsumer) -> None:
        """Now and then looks how far the workers have come, and lets those who waited go on. Raises KafkaError."""
        if time.monotonic() < self._looked + SECONDS or not self._settings.backfill_lag_seconds:
            return
        self._looked = time.monotonic()
        self._allowance.renew(self._lag.seconds())
        waiting = reader.paused()
        if waiting and not self._allowance.is_spent:
            reader.resume(*waiting)

    def close(self) -> None:
        self._lag.close()
