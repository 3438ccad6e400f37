"""A file becomes events in Kafka: drafted whole, then sent, then remembered."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from connectors.backfill import Throttle
from connectors.doors import door_of
from connectors.kafka import Delivery
from connectors.sources.account import Account
from connectors.sources.census import Rows, authority_rows
from connectors.sources.draft import draft
from connectors.sources.mapping import Mapping
from connectors.sources.memory import Memory
from connectors.sources.replay import mark, marked_topic
from connectors.sources.tell import closing
from streams.settings import Settings

DOOR = "file"


class _Timed(Struct):
    """When it happened, of an admitted message."""

    time: datetime


_timed = msgspec.json.Decoder(_Timed)
#: Shows what is under way: (what, how many or None) → what hears of every one done.
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


def memory_folder(settings: Settings) -> Path:
    return settings.home / "files"


def publish_file(
    settings: Settings,
    mapping: Mapping,
    path: Path,
    *,
    prepare: Callable[[Rows], None],
    progress: Progress,
    accept_vanished: bool = False,
) -> Account:
    """Sends what is new in a file; the same file again sends nothing.

    `prepare` loads reference rows that the mapping brings. Raises UnreadableFile, BadMapping or SourceQuarantined where
    nothing was sent;
    whatever else it raises (a broker that is away, Ctrl-C), the next call begins anew and doubles nothing.
    """
    began = time.monotonic()
    prepare(authority_rows(mapping))
    door = door_of(settings, DOOR)
    door.register.check_quarantine(mapping.source)
    with Memory(memory_folder(settings), mapping.name) as memory:
        with progress("reading", None) as report:
            account, census = draft(
                mapping,
                door,
                path,
                memory=memory,
                now=datetime.now(UTC),
                accept_vanished=accept_vanished,
                report=report,
            )
        prepare(census.catalogue_rows())
        memory.intend()
        with (
            progress("sending", memory.count_messages()) as report,
            Delivery(settings) as delivery,
            Throttle(settings, flush=delivery.flush, report=report) as throttle,
        ):
            topics = _send(delivery, memory, report, throttle)
            _mark(delivery, mapping, account, topics)
        memory.adopt()
    account.seconds = round(time.monotonic() - began, 3)
    return account


def _send(delivery: Delivery, memory: Memory, report: Callable[[int], None], throttle: Throttle) -> set[str]:
    """Everything drafted, until the broker has it, old events no faster than the workers; returns the topics of events."""
    topics = set()
    for topic, key, value in memory.messages():
        if topic != "rejected":
            throttle.wait(_timed.decode(value).time)
        delivery.send(topic, key, value)
        topics.add(topic)
        report(1)
    delivery.flush()
    return topics - {"rejected"}


def _mark(delivery: Delivery, mapping: Mapping, account: Account, topics: set[str]) -> None:
    """A marked authority that the mapping brings lives on to the day of the file, or to the last event."""
    authority = mapping.authority
    if isinstance(authority, str) or authority.clock != "marked":
        return
    up_to = closing(mapping) or account.up_to
    if up_to is not None:
        delivery.send_marks(
            sorted({marked_topic(topic) for topic in topics}), authority.code, mark(authority.code, up_to)
        )
