"""Alone: a lock of PostgreSQL that one process of an installation holds for as long as its connection lives."""

import time
from typing import Any

import psycopg


def is_alone(connection: psycopg.Connection[Any], lock: int, *, patience: float = 2.0) -> bool:
    """Takes the lock; False where another has had it for `patience` seconds.

    The server takes a moment to see that a connection has ended: who comes right after another waits that long.
    """
    deadline = time.monotonic() + patience
    while True:
        row = connection.execute("select pg_try_advisory_lock(%s)", [lock]).fetchone()
        if row is not None and row[0]:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
