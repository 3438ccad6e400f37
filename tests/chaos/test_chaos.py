"""Exactness under faults: everything is killed at random while events, poison and reference data come in; nothing differs."""

import os
import random
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from connectors.accounts import accounts, gaps, today
from connectors.kafka import Delivery
from infra.reference_data import load
from streams import wire
from streams.domain import measures
from streams.domain.reading import read
from streams.domain.subject import entry_of, join, new_subject
from streams.engine import Engine
from streams.reference import read_rulebook
from streams.store import Store
from tests.chaos.installation import Installation
from tests.random_cases import random_cases
from tests.streams.log import stored_cells

pytestmark = pytest.mark.broker
POISON = [b"\xff\xfe", b"{", b'{"specversion":"1.0"}', b"[" * 5000, b"\x00"]


def send_all(installation, seconds: float, seed: int) -> tuple[int, int]:
    """Sends cases evenly over the time, one in a hundred events very late, with poison; returns (events, poison)."""
    dice = random.Random(seed)
    told = random_cases(int(40 * seconds), seed=seed)
    late = [event for event in told if dice.random() < 0.01]
    on_time = [event for event in told if event not in late]
    poison = 0
    began = time.monotonic()
    with Delivery(installation.settings) as delivery:
        for place, event in enumerate([*on_time, *late]):
            delivery.send("events.case", f"{event['authority']}|{event['subject']}".encode(), wire.encode(event))
            if dice.random() < 0.01:
                delivery.send("events.case", f"poison{place}".encode(), dice.choice(POISON))
                poison += 1
            if place % 50 == 0:
                time.sleep(max(0.0, began + seconds * place / len(told) - time.monotonic()))
    return len(told), poison


def wreak_havoc(installation, until: float, seed: int) -> list[str]:
    """Kills and stops at random; returns what was done."""
    dice = random.Random(seed)
    done = []
    deeds = ["worker", "worker", "land", "postgres", "kafka", "zombie", "reference"]
    dice.shuffle(deeds)
    schedules = ["every_day", "weekdays"]
    while time.monotonic() < until:
        deed = deeds[len(done) % len(deeds)]
        done.append(deed)
        worker = dice.choice(["worker-1", "worker-2"])
        match deed:
            case "worker" | "land":
                installation.send_signal(worker if deed == "worker" else "land", signal.SIGKILL)
            case "postgres":
                installation.restart(installation.postgres, after=dice.random() * 2)
            case "kafka":
                installation.restart(installation.kafka, after=dice.random() * 2)
            case "zombie":
                installation.send_signal(worker, signal.SIGSTOP)
                time.sleep(13)  # longer than its session: another owns its partitions when it wakes
                installation.send_signal(worker, signal.SIGCONT)
            case "reference":
                rows = [{"scope_type": "area", "scope_code": "360222", "schedule": schedules[len(done) % 2]}]
                load(installation.settings.database, {"schedule_assignment": rows}, loaded_by="chaos")
        time.sleep(dice.random() * 2)
        installation.keep_alive()
    return done


def wait_until_quiet(installation, *, seconds: float = 120) -> None:
    """Everything consumed, landed, nothing due and nothing stale."""
    deadline = time.monotonic() + seconds
    settings = installation.settings
    consumer = KafkaConsumer(**settings.kafka_client())
    places = [TopicPartition(settings.topic("events.case"), number) for number in range(settings.partitions)]
    while True:
        installation.keep_alive()
        ends = {place.partition: end for place, end in consumer.end_offsets(places).items()}
        worked = dict(
            installation.ask("select partition, next_offset from stream.position where topic = 'events.case'")
        )
        landed = dict(installation.ask("select partition, judged_to from raw.position where topic = 'events.case'"))
        [(busy,)] = installation.ask(
            """select count(*) from stream.subject as s where s.wake_at <= (
                   select as_of from stream.clock as c
                   where c.topic = 'events.case' and c.partition = s.partition and c.authority = '*')
               or exists (select from stream.scoped as o where o.version > o.rulebook_version
                          and (o.family, o.partition, o.subject_key) = (s.family, s.partition, s.subject_key))"""
        )
        if worked == ends and landed == ends and not busy:
            consumer.close()
            return
        assert time.monotonic() < deadline, f"{worked} {landed} of {ends}, {busy} busy\n{installation.logs()}"
        time.sleep(0.5)


def read_topic(installation):
    """Every record of the topic."""
    settings = installation.settings
    consumer = KafkaConsumer(**settings.kafka_client(), max_partition_fetch_bytes=16 * 2**20)
    places = [TopicPartition(settings.topic("events.case"), number) for number in range(settings.partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    found = []
    while any(consumer.position(place) < end for place, end in ends.items()):
        for records in consumer.poll(timeout_ms=500).values():
            found += records
    consumer.close()
    return found


def differences(installation) -> dict[str, int]:
    """How the store differs from a batch fold of the topic, subject by subject at the instant it was read at."""
    engine = Engine(Store(installation.settings.database))
    with engine.store.connection.transaction():
        rulebook = read_rulebook(engine.store.connection)
    subjects, poison = {}, set()
    records = read_topic(installation)
    for record in records:
        event = wire.decode(record.value, key=record.key)
        if isinstance(event, wire.Rejected):
            poison.add((record.partition, record.offset))
            continue
        known = subjects.get(event.subject_key) or new_subject("case", event.subject_key)
        arrived = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        subjects[event.subject_key] = join(known, [entry_of(event, arrived)])
    rows = {
        row[0]: row[1:]
        for row in installation.ask(
            """select subject_key, as_of, state, promise_due_at, statutory_due_at, is_on_time, is_overdue, used_workdays,
                      findings from stream.subject"""
        )
    }
    cells, signals, wrong = {}, {}, 0
    for key, subject in subjects.items():
        row = rows.pop(key, None)
        if row is None:
            wrong += 1
            continue
        reading = read(subject, rulebook, row[0])
        expected = (reading.state, reading.promise_due_at, reading.statutory_due_at, reading.is_on_time, reading.is_overdue,
                    reading.used_workdays, list(reading.findings))  # fmt: skip
        wrong += row[1:] != expected
        measures.add(cells, reading.contribution, 1)
        signals |= {signal.signal_key: (signal.since, signal.until) for signal in reading.signals}
    stored = {
        key: (since, until)
        for key, since, until in installation.ask(
            "select signal_key, since, until from stream.signal where not is_withdrawn"
        )
    }
    letters = installation.ask('select partition, "offset" from stream.dead_letter')
    held = stored_cells(engine)
    engine.store.close()
    [(landed, distinct)] = installation.ask(
        "select count(*), count(distinct (partition, \"offset\")) from raw.event where topic = 'events.case'"
    )
    return {
        "cases": wrong + len(rows),
        "cells": sum(cells.get(cell) != held.get(cell) for cell in cells | held),
        "signals": sum(signals.get(key) != stored.get(key) for key in signals | stored),
        "poison": len(set(letters) ^ poison) + len(letters) - len(set(letters)),
        "landed": abs(landed - len(records)) + landed - distinct,
        "accounts": unaccounted(installation, len(records)),
    }


def unaccounted(installation, records: int) -> int:
    """Records that are missing in the accounts of two days, or have no place in them."""
    with psycopg.connect(installation.settings.database) as connection:
        now = today(connection)
        told = [one for day in (now - timedelta(days=1), now) for one in accounts(connection, day=day)]
        found = gaps(connection, since=datetime.now(UTC) - timedelta(days=2))
    return (
        abs(records - sum(one.received - one.pending for one in told))
        + sum(not one.is_balanced for one in told)
        + len(found)
    )


def live_through(home: Path, seconds: float, seed: int) -> None:
    installation = Installation(home)
    sent = {}
    try:
        installation.start()
        sender = threading.Thread(target=lambda: sent.update(total=send_all(installation, seconds, seed)))
        sender.start()
        done = wreak_havoc(installation, time.monotonic() + seconds, seed)
        installation.keep_alive()
        sender.join(150)
        assert "total" in sent, "the sender did not come to its end"
        wait_until_quiet(installation)
        found = differences(installation)
        events, poison = sent["total"]
        print(f"\n{events} events, {poison} poison, faults: {', '.join(done)}: {found}")
        assert found == {"cases": 0, "cells": 0, "signals": 0, "poison": 0, "landed": 0, "accounts": 0}, (
            installation.logs()
        )
        assert poison > 0
    finally:
        installation.stop()


@pytest.mark.slow
def test_nothing_differs_after_a_short_chaos(open_path):
    live_through(open_path, 35, seed=7)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_nothing_differs_after_a_long_chaos(open_path):
    live_through(open_path, float(os.environ.get("CHAOS_SECONDS", "300")), seed=int(os.environ.get("CHAOS_SEED", "1")))
