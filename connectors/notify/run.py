"""The process that tells people: reads the topic `signals`, decides deliveries, attempts them."""

import logging
import threading
from typing import Any

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.notify import inbox
from connectors.notify.channels import Channel, to_log, webhook
from connectors.notify.deliver import deliver_due
from streams.settings import Settings
from streams.topics import describe

log = logging.getLogger(__name__)
TOPIC = "signals"


def notify(settings: Settings, stopping: threading.Event, *, once: bool = False) -> None:
    """Runs until `stopping`; with `once` until the topic's present end is read and told."""
    channels: dict[str, Channel] = {"log": to_log}
    if settings.webhook_url:
        channels["webhook"] = webhook(settings.webhook_url, settings.webhook_secret)
    delay = 0.5
    while not stopping.is_set():
        try:
            _notify_while_up(settings, stopping, channels, once=once)
            break
        except (psycopg.OperationalError, psycopg.InterfaceError, KafkaError) as error:
            log.warning("notify: %s; again in %.1f s", str(error).strip().splitlines()[0], delay)
            stopping.wait(delay)
            delay = min(delay * 2, 10.0)


def _notify_while_up(
    settings: Settings, stopping: threading.Event, channels: dict[str, Channel], *, once: bool
) -> None:
    consumer = KafkaConsumer(**settings.kafka_client(), client_id="govpulse-notify", enable_auto_commit=False)
    try:
        with psycopg.connect(settings.database, application_name="govpulse notify", autocommit=True) as connection:
            ends = _assign(settings, consumer, connection)
            while not stopping.is_set():
                polled = consumer.poll(timeout_ms=200, max_records=1000)
                marked = _marked(connection)
                with connection.transaction():
                    for place, records in polled.items():
                        _take(connection, place, records, channels=list(channels), marked=marked)
                    told = inbox.summarise(connection, marked=marked, channels=list(channels))
                tried = deliver_due(connection, channels)
                if once and not polled and not tried and not told and _is_at(consumer, ends):
                    return
    finally:
        consumer.close()


def _assign(settings: Settings, consumer: KafkaConsumer, connection: psycopg.Connection[Any]) -> dict[Any, int]:
    """Reads on from the offsets in the database; returns where the topic ends now."""
    name = settings.topic(TOPIC)
    found = describe(settings, [name]).get(name)
    if found is None:
        raise KafkaError(f"topic {name} is missing: 'govpulse up' makes it")
    places = [TopicPartition(name, number) for number in range(found.partitions)]
    consumer.assign(places)
    rows = connection.execute(
        "select partition, next_offset from ops.signal_position where topic = %s and topic_id = %s",
        [name, found.topic_id],
    )
    known = dict(rows.fetchall())
    for place in places:
        consumer.seek(place, known.get(place.partition, 0))
        connection.execute(
            """insert into ops.signal_position (topic, partition, topic_id, next_offset) values (%s, %s, %s, %s)
               on conflict (topic, partition) do update set topic_id = excluded.topic_id, next_offset = excluded.next_offset""",
            [name, place.partition, found.topic_id, known.get(place.partition, 0)],
        )
    ends: dict[Any, int] = consumer.end_offsets(places)
    return ends


def _take(
    connection: psycopg.Connection[Any], place: Any, records: list[Any], *, channels: list[str], marked: list[str]
) -> None:
    for record in records:
        try:
            message = inbox.decode(record.value or b"")
        except msgspec.DecodeError as error:
            log.warning("%s/%d@%d is no signal: %s", place.topic, place.partition, record.offset, error)
            continue
        inbox.take(connection, message, channels=channels, is_marked=message.authority in marked)
    connection.execute(
        "update ops.signal_position set next_offset = %s where topic = %s and partition = %s",
        [records[-1].offset + 1, place.topic, place.partition],
    )


def _marked(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "select authority from reference.authority where clock = 'marked' and until_version is null"
    ).fetchall()
    return [authority for (authority,) in rows]


def _is_at(consumer: KafkaConsumer, ends: dict[Any, int]) -> bool:
    return all(consumer.position(place) >= end for place, end in ends.items())
