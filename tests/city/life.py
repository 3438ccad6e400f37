"""A simulated city lived through by real processes: sent with marks, watched until nothing is left to do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import psutil
from kafka import KafkaConsumer, TopicPartition

from connectors.sources.simulated.city import AUTHORITY
from streams.domain.events import FOLDED
from streams.topics import EVENT_TOPICS
from tests.chaos.installation import Processes

PROCESSES = {"worker-1": "worker", "worker-2": "worker", "land": "land", "relay": "relay"}
#: What is left to do: readings that are due, subjects to be read again, messages to be sent.
_LEFT = """
    select
        (select count(*) from stream.clock as c
         inner join stream.subject as s
            on s.family = substring(c.topic from 'events\\.(.*)$') and s.partition = c.partition
            and s.authority = c.authority and s.wake_at <= c.as_of
         where c.authority = %s),
        (select count(*) from stream.clock where authority = %s and as_of < %s),
        (select count(*) from stream.outbox),
        (select count(*) from stream.scoped where version > rulebook_version)
"""


class Watch:
    """Looks at the processes once a second while something goes on: the most memory of each, and how far it is."""

    def __init__(self, installation: Processes) -> None:
        self.installation = installation
        self.most: dict[str, int] = {}

    def look(self) -> None:
        for name in list(self.installation.verbs):
            process = self.installation.processes.get(name)
            if process is None:  # about to be started
                continue
            assert process.poll() is None, f"{name} ended: {self.installation.logs()}"
            self.most[name] = max(self.most.get(name, 0), psutil.Process(process.pid).memory_info().rss)

    @contextmanager
    def during(self, tell: Callable[[], str], *, every: float = 30.0) -> Iterator[None]:
        """Tells how far it is, now and then, beside the block."""
        done = threading.Event()

        def go_on() -> None:
            said = time.monotonic()
            while not done.wait(1):
                self.look()
                if time.monotonic() - said > every:
                    said = time.monotonic()
                    print(tell(), flush=True)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


class Log:
    """How far the topics are, and how far the platform is with them."""

    def __init__(self, installation: Processes) -> None:
        self._installation, settings = installation, installation.settings
        self._consumer = KafkaConsumer(**settings.kafka_client())
        names = {settings.topic(name): name for name in EVENT_TOPICS}
        self._places = [
            TopicPartition(name, number) for name in names for number in self._consumer.partitions_for_topic(name) or ()
        ]

    def behind(self) -> tuple[int, int]:
        """(messages not folded, messages not landed)."""
        ends = {(place.topic, place.partition): end for place, end in self._consumer.end_offsets(self._places).items()}
        folded = {name for name, _ in ends if name.rpartition(".")[2] in FOLDED}
        worked = self._at("select topic, partition, next_offset from stream.position")
        landed = self._at("select topic, partition, judged_to from raw.position")
        return (
            sum(max(0, end - worked.get(place, 0)) for place, end in ends.items() if place[0] in folded),
            sum(max(0, end - landed.get(place, 0)) for place, end in ends.items()),
        )

    def close(self) -> None:
        self._consumer.close()

    def _at(self, query: str) -> dict[tuple[str, int], int]:
        return {(topic, partition): offset for topic, partition, offset in self._installation.ask(query)}


def wait_until_lived(log: Log, watch: Watch, *, end: datetime, patience: float = 300.0) -> None:
    """Until everything is folded, landed, read again and sent, twice in a row; fails when nothing moves for too long."""
    before: tuple[int, ...] = ()
    moved, quiet, said = time.monotonic(), 0, 0.0
    while quiet < 2:
        watch.look()
        asked = time.monotonic()
        left: tuple[int, ...] = log.behind()
        words = "not folded {:,}, not landed {:,}".format(*left)
        if not any(left):  # what is due is dear to count, and of no interest before
            left += watch.installation.ask(_LEFT, AUTHORITY, AUTHORITY, end)[0]
            words = "due {:,}, clocks behind {:,}, to send {:,}, to read again {:,}".format(*left[2:])
        quiet = quiet + 1 if not any(left) else 0
        if left != before:
            before, moved = left, time.monotonic()
        if time.monotonic() - said > 15:
            said = time.monotonic()
            print(words, flush=True)
        assert time.monotonic() - moved < patience, f"{words}\n{watch.installation.logs()}"
        time.sleep(max(0.5, 2 * (time.monotonic() - asked)))  # asking must not slow the work
