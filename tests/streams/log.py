"""A partition's log in memory, and what a batch fold of it says the store must hold."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams import wire
from streams.domain import measures
from streams.domain.reading import read
from streams.domain.subject import entry_of, join, new_subject
from streams.engine import End, Engine
from streams.reference import read_rulebook
from streams.store import Partition, Store

CASES = Partition("events.case", "case", 0)
TOPIC_ID = "topic-1"
#: When the fake records arrive: one a millisecond from here on.
ARRIVAL = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class FakeRecord(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def records(documents: Iterable[dict[str, Any] | bytes], *, first: int = 0, arrived: datetime = ARRIVAL):
    """Documents (or raw bytes) as records of consecutive offsets."""
    found = []
    for offset, told in enumerate(documents, start=first):
        instant = arrived + timedelta(milliseconds=offset)
        key = None if isinstance(told, bytes) else f"{told['authority']}|{told['subject']}".encode()
        value = told if isinstance(told, bytes) else wire.encode(told)
        found.append(FakeRecord(offset, int(instant.timestamp() * 1000), key, value))
    return found


def mark(authority: str, up_to: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": wire.type_name("source.clock_advanced"),
        "source": "urn:gov:360200:test",
        "id": f"mark-{authority}-{up_to.isoformat()}",
        "subject": authority,
        "authority": authority,
        "time": up_to.isoformat(),
        "data": {"authority": authority, "up_to": up_to.isoformat()},
    }


def engine_on(url: str) -> Engine:
    engine = Engine(Store(url))
    engine.assign(CASES, topic_id=TOPIC_ID, partitions=1)
    return engine


def end_of(engine: Engine, seen_at: datetime) -> End:
    """Everything is consumed, as of then."""
    return End(engine.owned[CASES].next_offset, seen_at)


def fetch(engine: Engine, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with engine.store.connection.transaction():
        return engine.store.connection.execute(query, parameters).fetchall()


def standing(engine: Engine) -> dict[str, Any]:
    """What the store holds that must not depend on how the events came."""
    return {
        "subjects": fetch(
            engine,
            """select subject_key, state, accepted_at, stopped_at, promise_due_at, statutory_due_at, is_on_time,
                      is_overdue, is_past_statutory, findings, result from stream.subject order by 1""",
        ),
        "cells": fetch(engine, "select * from stream.measures order by 1, 2, 3, 4, 5, 6, 7, 8"),
        "signals": fetch(
            engine,
            """select signal_key, rule_id, since, until, due_at, unit_code from stream.signal
               where not is_withdrawn order by 1""",
        ),
    }


def batch_fold(engine: Engine, logged: Iterable[FakeRecord], as_of: datetime) -> tuple[dict, dict]:
    """(cells, signals) that a fold of the whole log at one instant says there are."""
    with engine.store.connection.transaction():
        rulebook = read_rulebook(engine.store.connection)
    subjects: dict[str, Any] = {}
    for record in logged:
        event = wire.decode(record.value, key=record.key)
        if isinstance(event, wire.Event) and not event.is_mark:
            known = subjects.get(event.subject_key) or new_subject("case", event.subject_key)
            arrived = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            subjects[event.subject_key] = join(known, [entry_of(event, arrived)])
    cells: dict = {}
    signals: dict = {}
    for subject in subjects.values():
        reading = read(subject, rulebook, as_of)
        measures.add(cells, reading.contribution, 1)
        signals.update({signal.signal_key: (signal.since, signal.until) for signal in reading.signals})
    return cells, signals


def stored_cells(engine: Engine) -> dict:
    """The cells, the partitions summed, in the form of `measures.add`."""
    sums = ", ".join(f'sum("{name}")' for name in measures.MEASURES)
    key = "authority, unit_code, matter_code, area_code, cohort, day, clock_id"
    found = {}
    for row in fetch(engine, f"select {key}, {sums} from stream.measure group by {key}"):
        values = {
            place: int(value * 1_000_000) if name in measures.SUMS else int(value)
            for place, (name, value) in enumerate(zip(measures.MEASURES, row[7:], strict=True))
            if value
        }
        if values:
            found[measures.Cell(*row[:7])] = values
    return found


def stored_signals(engine: Engine) -> dict:
    return {
        key: (since, until)
        for key, since, until in fetch(
            engine, "select signal_key, since, until from stream.signal where not is_withdrawn"
        )
    }
