"""Replays what a file tells into Kafka, in the order of time and with marks, so that history is lived through."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from msgspec import Struct

from connectors.admission import Admitted, Door, admit, rejection
from connectors.kafka import Delivery
from connectors.sources.tell import Document
from streams import wire


class Replayed(Struct, frozen=True):
    """What was sent: events by type, refusals by code, marks, and up to when."""

    events: dict[str, int]
    rejected: dict[str, int]
    marks: int
    up_to: datetime | None


class Pace(Struct, frozen=True):
    """`speed`: how many times faster than life (None: as fast as it goes). `doubles`: every event twice.

    `hours`: a mark after every so many in which something was.
    """

    speed: float | None = None
    shuffle_seed: int | None = None
    doubles: bool = False
    hours: int = 1


def replay(
    delivery: Delivery,
    door: Door,
    documents: Iterable[Document],
    *,
    authority: str,
    pace: Pace,
    report: Callable[[int], None],
    closing: datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
    wait: Callable[[datetime], None] = lambda _: None,
) -> Replayed:
    """Sends documents of one marked authority (sorted by time); `report` hears of every event sent, `wait` before it.

    A mark says "everything up to then is sent": after each hour (or `pace.hours`) in which something was; the last is the
    last event's, or `closing` where the file is known to tell up to then.
    Shuffled, nothing can be said before the end.
    """
    sent: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    marks, before = 0, None
    topics: set[str] = set()
    for chapter in _chapters(documents, pace):
        up_to = max(document["_at"] for document in chapter)
        if pace.speed is not None and before is not None:
            sleep(max(0.0, (up_to - before).total_seconds()) / pace.speed)
        before = up_to
        for document in chapter:
            admitted = _admit(delivery, door, document)
            if isinstance(admitted, Admitted):
                wait(admitted.event.at)
                sent[admitted.event.type] += 1
                topics.add(marked_topic(admitted.topic))
                delivery.send(admitted.topic, admitted.key, admitted.value)
            else:
                refused[admitted.code] += 1
            report(1)
        marks += delivery.send_marks(sorted(topics), authority, mark(authority, up_to))
    if closing is not None and before is not None and closing > before:
        before = closing
        marks += delivery.send_marks(sorted(topics), authority, mark(authority, closing))
    delivery.flush()
    return Replayed(dict(sent), dict(refused), marks, before)


def marked_topic(topic: str) -> str:
    """Where a topic's clock is told: bundles live by the clock of their cases, which derive their children."""
    return "events.case" if topic == "events.bundle" else topic


def mark(authority: str, up_to: datetime) -> bytes:
    """The mark of a replayed or simulated authority."""
    told = up_to.astimezone(UTC).isoformat()
    return wire.encode(
        {
            "specversion": "1.0",
            "type": wire.type_name("source.clock_advanced"),
            "source": f"urn:govpulse:clock:{authority}",
            "id": f"{authority}/{told}",
            "subject": authority,
            "authority": authority,
            "time": told,
            "data": {"authority": authority, "up_to": told},
        }
    )


def _chapters(documents: Iterable[Document], pace: Pace) -> Iterator[list[Document]]:
    """What is sent between two marks."""
    if pace.doubles:
        documents = (document for document in documents for _ in range(2))
    if pace.shuffle_seed is not None:
        shuffled = list(documents)
        random.Random(pace.shuffle_seed).shuffle(shuffled)  # noqa: S311 - a test's disorder, not a secret
        if shuffled:
            yield shuffled
        return
    for _, chapter in groupby(documents, key=lambda document: document["_at"].timestamp() // (3600 * pace.hours)):
        yield list(chapter)


def _admit(delivery: Delivery, door: Door, document: Document) -> Any:
    told = {name: value for name, value in document.items() if name != "_at"}
    now = datetime.now(UTC)
    admitted = admit(door, told, now=now)
    if not isinstance(admitted, Admitted):
        original = b"" if admitted.code == "not_json" else wire.encode(told)
        delivery.send("rejected", None, rejection(door, original, admitted, now=now))
    return admitted
