"""The process that oversees sources and units, every so many seconds."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg

from streams.expiry import expire_letters
from streams.oversight import oversee
from streams.quarantine import limits_of, quarantine_floods
from streams.reference import read_rulebook
from streams.settings import Settings

log = logging.getLogger(__name__)


def _wall() -> datetime:
    return datetime.now(UTC)


def run(
    settings: Settings, stopping: threading.Event, *, once: bool = False, clock: Callable[[], datetime] = _wall
) -> int:
    """Looks until `stopping` (with `once`: one time), each time as of `clock`; returns how many signals it changed."""
    total = 0
    while not stopping.is_set():
        try:
            with psycopg.connect(settings.database, application_name="govpulse oversee", autocommit=True) as connection:
                changed = look(connection, settings, clock())
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


def look(connection: psycopg.Connection[Any], settings: Settings, now: datetime) -> int:
    """Shuts off who floods, removes what was kept long enough, and says what stands; returns how many signals changed."""
    decision = quarantine_floods(connection, limits_of(settings), now)
    for source, bad, told in decision.floods:
        log.warning("source %s is quarantined: %d of %d messages could not be taken", source, bad, told)
    if decision.is_widespread:
        log.error("most sources fail at once, so none is quarantined: look at what was deployed or loaded last")
    removed = expire_letters(connection, settings.dead_letter_days, now)
    if removed:
        log.info("what %d dead letters said was removed after %d days", removed, settings.dead_letter_days)
    return oversee(connection, read_rulebook(connection), now)
