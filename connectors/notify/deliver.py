"""Attempts deliveries that are due and records every answer."""

import random
from collections.abc import Mapping
from typing import Any

import psycopg

from connectors.notify.channels import Answer, Channel, Message

#: After so many attempts (some fourteen hours) a delivery is abandoned.
MOST_ATTEMPTS = 14
FIRST_DELAY, LONGEST_DELAY = 5.0, 7200.0


def deliver_due(connection: psycopg.Connection[Any], channels: Mapping[str, Channel], *, most: int = 100) -> int:
    """One attempt for each delivery whose time has come; returns how many were tried."""
    with connection.transaction():
        due = connection.execute(
            """select delivery_id, channel, signal_key, change, event_id, body, attempts from ops.delivery
               where state = 'waiting' and next_at <= now() and channel = any(%s)
               order by next_at, delivery_id limit %s""",
            [list(channels), most],
        ).fetchall()
    for delivery_id, channel, signal_key, change, event_id, body, attempts in due:
        answer = channels[channel](Message(event_id, change, body.get("subject_key", signal_key), body))
        with connection.transaction():
            _record(connection, delivery_id, attempts + 1, answer)
    return len(due)


def _record(connection: psycopg.Connection[Any], delivery_id: int, attempt: int, answer: Answer) -> None:
    connection.execute(
        "insert into ops.delivery_attempt (delivery_id, attempt, status, answer) values (%s, %s, %s, %s)",
        [delivery_id, attempt, answer.status, answer.text],
    )
    if answer.is_delivered:
        state = "delivered"
    elif answer.is_final or attempt >= MOST_ATTEMPTS:
        state = "abandoned"
    else:
        state = "waiting"
    connection.execute(
        """update ops.delivery set state = %s, attempts = %s, next_at = now() + make_interval(secs => %s),
               delivered_at = case when %s = 'delivered' then now() end
           where delivery_id = %s""",
        [state, attempt, delay(attempt), state, delivery_id],
    )


def delay(attempt: int) -> float:
    """Seconds until the next attempt: doubling, with a jitter so that many do not come at once."""
    return float(min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY)) * random.uniform(0.8, 1.2)  # noqa: S311 - a jitter
