"""Sources that write to Kafka, and inboxes that read them: processes of a test's own."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from connectors.inbox.names import inbox_topic, rejected_topic
from connectors.inbox.run import take_in
from connectors.measured import Counters
from streams.settings import Settings
from tests.chaos.installation import environment


def producer(settings: Settings, **options) -> KafkaProducer:
    """As a source has one."""
    return KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all", max_request_size=11 * 2**20, **options)


def write(settings: Settings, source: str, *told, **options) -> None:
    """Writes events into the inbox of a source: documents, bytes, None, or (value, headers)."""
    out = producer(settings)
    for one in told:
        value, headers = one if isinstance(one, tuple) else (one, [])
        value = json.dumps(value).encode() if isinstance(value, dict) else value
        out.send(settings.topic(inbox_topic(source)), value, key=b"any", headers=headers, **options).get(20)
    out.close()


def binary(event: dict) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    """An event in binary mode."""
    headers = [(f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"]
    data = json.dumps(event["data"]).encode() if event.get("data") else None
    return data, [*headers, ("content-type", b"application/json")]


def take_in_once(settings: Settings) -> tuple[int, int]:
    """Reads all inboxes up to their ends; (received, rejected)."""
    return take_in(settings, threading.Event(), once=True, measured=Counters())


def lying_on(settings: Settings, topic: str) -> list:
    """Every record of a topic, in the order of partition and offset."""
    reader = KafkaConsumer(bootstrap_servers=settings.bootstrap, max_partition_fetch_bytes=16 * 2**20)
    places = [TopicPartition(settings.topic(topic), number) for number in range(settings.partitions)]
    reader.assign(places)
    reader.seek_to_beginning()
    ends = reader.end_offsets(places)
    found = []
    while any(reader.position(place) < end for place, end in ends.items()):
        found += [record for records in reader.poll(1000).values() for record in records]
    reader.close()
    return found


def refused(settings: Settings, source: str) -> list[dict]:
    """What a source reads of what was refused, in the order of its inbox."""
    answers = [json.loads(record.value) for record in lying_on(settings, rejected_topic(source))]
    return sorted(answers, key=lambda one: (one["place"]["partition"], one["place"]["offset"]))


class InboxProcess:
    """`govpulse inbox`."""

    def __init__(self, settings: Settings, log: Path, *arguments: str) -> None:
        self.log = log
        with log.open("ab") as output:
            command = [sys.executable, "-m", "infra.cli", "inbox", *arguments]
            self.process = subprocess.Popen(command, env=environment(settings), stdout=output, stderr=output)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)
