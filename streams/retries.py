"""Patience: what the engine is asked is done once the database is there, unless another owns the partition."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg

from streams.engine import Engine
from streams.store import Fenced, Partition, StaleRulebook

log = logging.getLogger(__name__)
Result = TypeVar("Result")


def with_retries(
    engine: Engine, partition: Partition | None, action: Callable[[], Result], *, stopping: threading.Event
) -> Result | None:
    """Does it until it is done: waits for ever while the database is away, reads new reference data.

    Returns None when the program stops, or when another owns the partition now: it is dropped until it is assigned
    again. `partition` None: the action is a claim, which nothing can fence.
    """
    delay, is_doubtful = 0.1, False
    while not stopping.is_set() and (partition is None or partition in engine.owned):
        try:
            if is_doubtful and partition is not None:
                engine.recover(partition)
            is_doubtful = False
            return action()
        except StaleRulebook as error:
            log.info("%s", error)
        except Fenced as error:
            log.warning("%s; dropped until it is assigned again", error)
            if partition is not None:
                engine.revoke(partition)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("database: %s; again in %.1f s", str(error).strip().splitlines()[0], delay)
            engine.store.close()
            is_doubtful = True
            stopping.wait(delay)
            delay = min(delay * 2, 5.0)
    return None
