"""Standing: register, codes and keys as they are in force, read again every few seconds."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct

from connectors.admission import Door
from connectors.doors import read_door
from connectors.source_keys import Keys, read_keys
from connectors.unknown_fields import UnknownFields, write_down
from streams.settings import Settings

log = logging.getLogger(__name__)
DOOR = "http"
#: A new key works, and an ended one stops working, within so many seconds.
EVERY = 3.0


class InForce(Struct, frozen=True):
    """What holds until it is read again."""

    door: Door
    keys: Keys

    def teller(self, authorization: str, now: datetime) -> str | None:
        """The source whose key stands in a header `Authorization: Bearer …`."""
        scheme, _, key = authorization.partition(" ")
        return self.keys.holder(key.strip(), now) if scheme.lower() == "bearer" and key else None


class Standing:
    """Keeps `in_force` fresh; None until the database has answered once. While it is away the last one holds."""

    def __init__(self, settings: Settings, unknown: UnknownFields) -> None:
        self._settings, self._unknown = settings, unknown
        self.in_force: InForce | None = None

    async def keep(self) -> None:
        """Reads, and writes down which unknown fields came; until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(EVERY)

    async def refresh(self) -> None:
        """Once; a database that does not answer changes nothing."""
        counts = self._unknown.take()
        try:
            self.in_force = await asyncio.to_thread(self._exchange, counts)
        except psycopg.Error as error:
            self._unknown.give_back(counts)
            log.warning("database: %s; again soon", str(error).strip().splitlines()[0])

    def _exchange(self, counts: Any) -> InForce:
        with psycopg.connect(
            self._settings.database, connect_timeout=5, application_name="govpulse serve"
        ) as connection:
            write_down(connection, counts)
            door = read_door(connection, DOOR, self._settings.pseudonym_key.encode())
            return InForce(door, read_keys(connection))
