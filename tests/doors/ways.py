"""The doors: each brings a week's messages to the platform as a source of that kind would."""

import json
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition

from connectors.inbox.names import inbox_topic
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import Delivery
from connectors.publisher import HttpDoor, Publisher
from connectors.publisher.kafka_door import KafkaDoor
from connectors.publisher.outbox.rows import RECIPES
from connectors.source_keys import make_key
from streams.settings import Settings
from tests.chaos.installation import Processes
from tests.connectors.gateways import BATCH, gateway
from tests.doors.tables import by_capture, by_file, by_poll, front_database
from tests.doors.week import Door, by_source, folder_of, govpulse


def by_lines(running: Processes, messages: list[bytes]) -> None:
    """`govpulse publish FILE`: events as JSON lines."""
    path = folder_of(running, "lines") / "week.jsonl"
    path.write_bytes(b"\n".join(messages))
    govpulse(running, "publish", str(path))


def by_http(running: Processes, messages: list[bytes]) -> None:
    """The HTTP door, in batches, every source with its key."""
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with gateway(running.settings, running.home / "serve.log") as door:
        for source, told in parts.items():
            with door.client(keys[source]) as client:
                for first in range(0, len(told), 400):
                    body = b"[" + b",".join(told[first : first + 400]) + b"]"
                    while (
                        answer := client.post("/v1/events", content=body, headers={"content-type": BATCH})
                    ).status_code == 429:
                        time.sleep(0.2)  # a week of long ago waits for what happens now
                    assert answer.status_code == 202, answer.text


def key_of(running: Processes, source: str) -> str:
    with psycopg.connect(running.settings.database) as connection:
        return make_key(connection, source, made_by="test").key


def by_publisher(running: Processes, messages: list[bytes]) -> None:
    """The publisher of Python sources: a spool on the disk, then the HTTP door."""
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with gateway(running.settings, running.home / "serve.log") as door:
        for source, told in parts.items():
            spool = folder_of(running, "spools") / f"{source.rpartition(':')[2]}.db"
            with Publisher(spool, HttpDoor(door.url, keys[source]), source=source) as publisher:
                publisher.publish_all(msgspec.json.decode(message) for message in told)
                assert publisher.flush(60)
                assert publisher.refused() == []


def by_publisher_to_kafka(running: Processes, messages: list[bytes]) -> None:
    """The publisher again, into the topic of every source."""
    settings, parts = running.settings, by_source(messages)
    ensure_inboxes(settings, parts)
    running.verbs = running.verbs | {"inbox": "inbox"}
    running.keep_alive()
    for source, told in parts.items():
        spool = folder_of(running, "spools") / f"{source.rpartition(':')[2]}.db"
        door = KafkaDoor(settings.topic(inbox_topic(source)), **settings.kafka_client())
        with Publisher(spool, door, source=source) as publisher:
            publisher.publish_all(msgspec.json.decode(message) for message in told)
            assert publisher.flush(60)
            assert publisher.refused() == []
    wait_for_inbox(settings, parts)


def by_inbox(running: Processes, messages: list[bytes]) -> None:
    """`govpulse inbox`: every source writes into its own topic."""
    settings, parts = running.settings, by_source(messages)
    ensure_inboxes(settings, parts)
    running.verbs = running.verbs | {"inbox": "inbox"}
    running.keep_alive()
    with Delivery(settings) as delivery:
        for source, told in parts.items():
            for message in told:
                delivery.send(inbox_topic(source), None, message)
    wait_for_inbox(settings, parts)


def wait_for_inbox(settings: Settings, sources: Iterable[str], *, seconds: float = 90) -> None:
    """Until everything that lies in the inboxes was admitted."""
    deadline = time.monotonic() + seconds
    with closing(KafkaConsumer(**settings.kafka_client(), group_id=settings.group("inbox"))) as consumer:
        names = [settings.topic(inbox_topic(source)) for source in sources]
        places = [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name)]
        ends = consumer.end_offsets(places)
        while any((consumer.committed(place) or 0) < end for place, end in ends.items()):
            assert time.monotonic() < deadline, "the inbox is not emptied"
            time.sleep(0.2)


def by_outbox(running: Processes, messages: list[bytes]) -> None:
    """The transactional outbox of every source's own database, and its poller."""
    recipe = RECIPES["postgresql"].read_text().partition("-- the poller's user")[0]
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with (
        front_database(running.settings.database) as front,
        gateway(running.settings, running.home / "serve.log") as door,
    ):
        for number, (source, told) in enumerate(parts.items()):
            table = f"outbox_{number}"
            front.run(recipe.replace("govpulse_outbox", table))
            front.run(
                f"""insert into {table} (event_type, subject, authority, occurred_at, record_key, data_version, operation, data,
                    created_at)
                    values (:type, :subject, :authority, :time, :record, :version, :operation, :data, :recorded)""",
                *map(outbox_row, told),
            )
            key = folder_of(running, "keys") / table
            key.write_text(keys[source])
            options = ("--source", source, "--gateway", door.url, "--key-file", str(key), "--table", table, "--once")
            url = front.engine.url.render_as_string(hide_password=False)
            file = folder_of(running, "keys") / f"{table}.url"
            file.write_text(url)
            govpulse(running, "outbox", "poll", *options, "--database-file", str(file))


def outbox_row(message: bytes) -> dict[str, Any]:
    told = msgspec.json.decode(message)
    return {
        "type": told["type"].removeprefix("cn.gov.approval.").removesuffix(".v1"),
        "subject": told["subject"],
        "authority": told["authority"],
        "time": datetime.fromisoformat(told["time"]),
        "record": told["recordkey"],
        "version": told["dataversion"],
        "operation": told.get("operation", "U"),
        "data": json.dumps(told.get("data", {})),
        "recorded": datetime.fromisoformat(told["recordedtime"]),
    }


WAYS: dict[str, Door] = {
    "lines": by_lines,
    "http": by_http,
    "publisher": by_publisher,
    "publisher to Kafka": by_publisher_to_kafka,
    "inbox": by_inbox,
    "outbox": by_outbox,
    "poll": by_poll,
    "capture": by_capture,
    "files": by_file,
}
