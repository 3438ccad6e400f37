"""Standing: the register and the topics of its sources, read again every few seconds beside the work."""

import logging
import time
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
from kafka.errors import KafkaError
from msgspec import Struct

from connectors.admission import Door
from connectors.doors import read_door
from connectors.inbox.names import inbox_topic, rejected_topic
from connectors.inbox.topics import ensure_inboxes, mend_inboxes, topics_of
from connectors.source_keys import read_keys
from connectors.unknown_fields import UnknownFields, write_down
from streams.settings import Settings
from streams.topics import describe

log = logging.getLogger(__name__)
DOOR = "kafka"
#: A new source is heard, and one that was shut out is refused, within so many seconds.
EVERY = 3.0
#: Topics that others made or removed are noticed within so many seconds.
LOOK_AGAIN = 15.0


class InForce(Struct, frozen=True):
    """What holds until it is read again. `inboxes`: full name of an inbox → its source; `answered`: source → topic.

    The inbox of a quarantined source is not among them: what lies in it waits.
    """

    door: Door
    inboxes: Mapping[str, str]
    answered: Mapping[str, str]


class Standing:
    """Keeps `in_force`, used by one thread; None until both servers answered once. While they are away the last holds."""

    def __init__(self, settings: Settings, unknown: UnknownFields) -> None:
        self._settings, self._unknown = settings, unknown
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="standing")
        self._asked: Future[InForce] | None = None
        self._counts: Counter[tuple[str, str]] = Counter()
        self._due = 0.0
        self._present: frozenset[str] = frozenset()
        self._wanted: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._looked_at = 0.0
        self.in_force: InForce | None = None

    def refresh(self, *, wait: float = 0.0) -> None:
        """Takes what was read, asks again when it is time; waits at most so many seconds for the answer."""
        if self._asked is None and time.monotonic() >= self._due:
            self._counts, self._due = self._unknown.take(), time.monotonic() + EVERY
            self._asked = self._thread.submit(self._exchange, self._counts)
        if self._asked is None:
            return
        try:
            found = self._asked.result(wait)
        except TimeoutError:
            return
        except psycopg.Error as error:
            self._unknown.give_back(self._counts)
            log.warning("database: %s; again soon", str(error).strip().splitlines()[0])
        except KafkaError as error:
            log.warning("Kafka: %s; again soon", error)
        else:
            self.in_force = found
        self._asked = None

    def close(self) -> None:
        """Writes down what was counted last."""
        self.refresh(wait=10.0)
        self._due = 0.0
        self.refresh(wait=10.0)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _exchange(self, counts: Counter[tuple[str, str]]) -> InForce:
        with psycopg.connect(
            self._settings.database, connect_timeout=5, application_name="govpulse inbox"
        ) as connection:
            write_down(connection, counts)
            door = read_door(connection, DOOR, self._settings.pseudonym_key.encode())
            keyed = frozenset(source for source, _ in read_keys(connection).holders.values())
        sources = frozenset(door.register.sources)
        self._look(sources, keyed & sources)
        named = self._settings.topic
        heard = [one for one in sources if not door.register.is_quarantined(one)]
        return InForce(
            door,
            {named(inbox_topic(one)): one for one in heard if named(inbox_topic(one)) in self._present},
            {one: rejected_topic(one) for one in sources if named(rejected_topic(one)) in self._present},
        )

    def _look(self, sources: frozenset[str], keyed: frozenset[str]) -> None:
        """Which topics there are; those of sources with a key are made, where the broker lets us."""
        is_new = (sources, keyed) != self._wanted
        if not is_new and time.monotonic() < self._looked_at + LOOK_AGAIN:
            return
        if is_new:
            self._make(keyed)
        present = frozenset(describe(self._settings, map(self._settings.topic, topics_of(sources))))
        self._mend({self._settings.topic(inbox_topic(one)) for one in sources} & (present - self._present))
        self._present = present
        self._wanted, self._looked_at = (sources, keyed), time.monotonic()

    def _make(self, keyed: frozenset[str]) -> None:
        try:
            made = ensure_inboxes(self._settings, sorted(keyed))
        except KafkaError as error:
            if _is_passing(error):
                raise
            log.warning("topics of sources were not made: %s; 'govpulse source kafka' prints how", error)
        else:
            for name in made:
                log.info("made topic %s", name)

    def _mend(self, names: Collection[str]) -> None:
        for name, wrong in (mend_inboxes(self._settings, names) if names else {}).items():
            told = ", ".join(f"{one}={value}" for one, value in wrong.items())
            log.error("%s has %s and may lose events: 'govpulse source kafka' prints what it should have", name, told)


def _is_passing(error: Any) -> bool:
    """Whether it is worth while to try the same again."""
    return bool(getattr(error, "retriable", False))
