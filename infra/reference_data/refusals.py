"""Refusals: catalogue events that could not be loaded, and whether somebody still has to look at them."""

from datetime import datetime

import psycopg
from msgspec import Struct

from infra.reference_data.changes import Connection
from infra.reference_data.tellings import preceded


class Refusal(Struct, frozen=True):
    """A catalogue event that was not loaded; `faults`: a line each.

    Open until its record is told better, or by a source that precedes.
    """

    topic: str
    partition: int
    offset: int
    source: str
    id: str
    type: str
    faults: str
    found_at: datetime


def open_refusals(connection: Connection) -> list[Refusal]:
    """Those that nothing has taken the place of, the oldest first."""
    return [Refusal(*row) for row in connection.execute(_OPEN)]


def refuse(connection: Connection, event: tuple[str, int, int, str, str, str], faults: str) -> bool:
    """Keeps the faults of an event (topic, partition, offset, source, id, type); False: they were known."""
    return connection.execute(_REFUSE, [*event, faults]).rowcount > 0


def settle(connection: Connection, topic: str, partition: int, offset: int) -> None:
    """What was refused before is loaded now."""
    connection.execute(_SETTLE, [topic, partition, offset])


def forget(url: str, event_id: str) -> int:
    """Refusals of events with this id are looked at no more; how many there were."""
    with psycopg.connect(url) as connection:
        return connection.execute("delete from ops.catalogue_fault where id = %s", [event_id]).rowcount


_OPEN = f"""
    select f.topic, f.partition, f."offset", f.source, f.id, f.type, f.faults, f.found_at
    from ops.catalogue_fault as f
    where not exists (
        select from raw.event as e
        where e.topic = f.topic and e.partition = f.partition and e."offset" = f."offset"
            and (e.is_superseded or {preceded("e")})
    )
    order by f.found_at, f.topic, f.partition, f."offset"
"""  # noqa: S608 - a part of SQL without values
_REFUSE = """
    insert into ops.catalogue_fault as f (topic, partition, "offset", source, id, type, faults)
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (topic, partition, "offset") do update set faults = excluded.faults where f.faults <> excluded.faults
"""
_SETTLE = 'delete from ops.catalogue_fault where topic = %s and partition = %s and "offset" = %s'
