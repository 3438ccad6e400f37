"""The relay: what the worker wrote into its outbox goes to Kafka, at least once, in order within a partition."""

import logging
import threading

import psycopg
from kafka.errors import KafkaError

from connectors.kafka import Delivery
from streams.settings import Settings

log = logging.getLogger(__name__)
MOST_AT_ONCE = 2000
SECONDS = 0.1


def relay(settings: Settings, stopping: threading.Event, *, once: bool = False) -> int:
    """Sends and deletes until `stopping` (with `once`: until nothing is left); returns how many messages it sent."""
    total, delay = 0, 0.2
    while not stopping.is_set():
        try:
            total += _relay_while_up(settings, stopping, once=once)
            if once:
                break
        except (psycopg.OperationalError, psycopg.InterfaceError, KafkaError) as error:
            log.warning("relay: %s; again in %.1f s", str(error).strip().splitlines()[0], delay)
            stopping.wait(delay)
            delay = min(delay * 2, 5.0)
    return total


def _relay_while_up(settings: Settings, stopping: threading.Event, *, once: bool) -> int:
    total = 0
    with psycopg.connect(settings.database, application_name="govpulse relay") as connection, Delivery(settings) as out:
        while not stopping.is_set():
            sent = relay_some(connection, out)
            total += sent
            if not sent:
                if once:
                    break
                stopping.wait(SECONDS)
    return total


def relay_some(connection: psycopg.Connection, out: Delivery) -> int:
    """Sends the oldest messages; deletes them once the broker has them all."""
    with connection.transaction():
        rows = connection.execute(
            "select id, topic, key, value from stream.outbox order by id limit %s for update skip locked",
            [MOST_AT_ONCE],
        ).fetchall()
        if not rows:
            return 0
        for _, topic, key, value in rows:
            out.send(topic, bytes(key), bytes(value))
        out.flush()
        connection.execute("delete from stream.outbox where id = any(%s)", [[row[0] for row in rows]])
    return len(rows)
