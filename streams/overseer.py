"""The process that oversees sources and units, every so many seconds."""

import logging
import threading
from datetime import UTC, datetime

import psycopg

from streams.oversight import oversee
from streams.reference import read_rulebook
from streams.settings import Settings

log = logging.getLogger(__name__)


def run(settings: Settings, stopping: threading.Event, *, once: bool = False) -> int:
    """Looks until `stopping` (with `once`: one time); returns how many signals it changed."""
    total = 0
    while not stopping.is_set():
        try:
            with psycopg.connect(settings.database, application_name="govpulse oversee", autocommit=True) as connection:
                changed = oversee(connection, read_rulebook(connection), datetime.now(UTC))
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("oversee: %s; again soon", str(error).strip().splitlines()[0])
        else:
            total += changed
            if changed:
                log.info("%d signals about sources and units changed", changed)
        if once:
            break
        stopping.wait(settings.oversee_seconds)
    return total
