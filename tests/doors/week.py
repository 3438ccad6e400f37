"""A simulated week that can come by any door, and the platform that hears it."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from connectors.kafka import Delivery, ensure_topics
from connectors.sources.replay import mark, marked_topic
from connectors.sources.simulated.city import AUTHORITY
from connectors.sources.simulated.days import aware
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.plan import Plan
from connectors.sources.simulated.reference import reference_rows
from infra.reference_data import load
from infra.reference_data.catalogue import follow
from streams.settings import Settings
from streams.topics import EVENT_TOPICS
from tests.chaos.installation import Processes, environment
from tests.city.life import Log, Watch, wait_until_lived
from tests.city.witness import STREAM, Witness, differences
from tests.connectors.simulated_truth import city

PLAN = Plan(3000, 5, days=7)
VERBS = {"worker": "worker", "land": "land", "relay": "relay"}
#: Brings messages (JSON, in the order of sending) to a platform, and returns when its door has answered for all.
Door = Callable[[Processes, list[bytes]], None]


@contextmanager
def platform(settings: Settings) -> Iterator[tuple[Processes, list[bytes]]]:
    """A platform that knows the city's reference rows, and what its sources tell in a week; the truth is in its database."""
    ensure_topics(settings)
    load(settings.database, reference_rows(city(PLAN)), loaded_by="test")
    with closing(Witness(Diary(PLAN, city(PLAN)), settings.database)) as witness:
        messages = [message for page in witness.pages() for _, _, message in page.messages]
    running = Processes(settings, VERBS)
    try:
        running.keep_alive()
        yield running, messages
    finally:
        running.stop()


def end_week(running: Processes) -> None:
    """The week is over: marks, what they make due, the catalogue that was told."""
    with Delivery(running.settings) as delivery:
        topics = sorted({marked_topic(topic) for topic in EVENT_TOPICS})
        delivery.send_marks(topics, AUTHORITY, mark(AUTHORITY, aware(PLAN.end)))
    with closing(Log(running)) as log:
        wait_until_lived(log, Watch(running), end=aware(PLAN.end))
        follow(running.settings.database, is_erratum=True)
        wait_until_lived(log, Watch(running), end=aware(PLAN.end))


def different(database: str) -> list[str]:
    """The names of what stream and truth do not say alike; examples are printed."""
    found = []
    for one in differences(database, STREAM):
        for true, said in one.examples:
            print(f"{one.name}\n  true {true}\n  said {said}")
        if one.different or not one.compared:
            found.append(f"{one.name}: {one.different} of {one.compared}")
    return found


def by_source(messages: list[bytes]) -> dict[str, list[bytes]]:
    """The messages that each source sends."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for message in messages:
        found[msgspec.json.decode(message)["source"]].append(message)
    return found


def folder_of(running: Processes, name: str) -> Path:
    path = running.home / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def govpulse(running: Processes, *arguments: str, **told: str) -> None:
    """A command, as people type it."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.cli", *arguments],
        env=environment(running.settings) | told,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
