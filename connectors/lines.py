"""Publishing lines of JSON: each line gets a verdict, and the rest goes on."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from connectors.admission import Admitted, Door, admit_bytes, rejection
from connectors.codes import NO_CODES, Codes, codes_of
from connectors.kafka import Delivery
from connectors.sources.replay import mark
from streams.settings import Settings

DOOR = "publish"


def door_of(settings: Settings, name: str) -> Door:
    """A door with the installation's key, the registered sources and their codes."""
    with psycopg.connect(settings.database) as connection:
        rows = connection.execute("select source, authority from reference.source where until_version is null")
        return Door(name, settings.pseudonym_key.encode(), dict(rows.fetchall()), registered_codes(connection))


def registered_codes(connection: psycopg.Connection[Any]) -> Codes:
    """The code maps in force; their days are those of the default schedule's zone."""
    rows = connection.execute(
        """select source, event_type, field, code, valid_from, valid_to, value
           from reference.code_map where until_version is null"""
    ).fetchall()
    zone = connection.execute(
        """select s.zone from reference.schedule_assignment as a
           inner join reference.schedule as s on s.schedule = a.schedule and s.until_version is null
           where a.scope_type = 'default' and a.until_version is null"""
    ).fetchone()
    return codes_of(rows, ZoneInfo(zone[0])) if zone else NO_CODES


def publish_lines(settings: Settings, lines: Iterable[bytes], *, marks: bool, now: datetime) -> dict[str, Any]:
    """Sends what is admitted; returns the verdict on every line, and which marked authorities got no mark."""
    door = door_of(settings, DOOR)
    verdicts: list[dict[str, Any]] = []
    latest: dict[tuple[str, str], datetime] = {}
    with Delivery(settings) as delivery:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                verdicts.append({"line": number} | _publish(delivery, door, line.strip(), latest, now=now))
        delivery.flush()
        marked = _marked(settings, {authority for _, authority in latest})
        if marks:
            for (topic, authority), up_to in latest.items():
                if authority in marked:
                    delivery.send_marks([topic], authority, mark(authority, up_to))
    rejected = sum(verdict["verdict"] == "rejected" for verdict in verdicts)
    return {
        "sent": len(verdicts) - rejected,
        "rejected": rejected,
        "verdicts": verdicts,
        "unmarked": {} if marks else {authority: as_of and as_of.isoformat() for authority, as_of in marked.items()},
    }


def _publish(
    delivery: Delivery, door: Door, line: bytes, latest: dict[tuple[str, str], datetime], *, now: datetime
) -> dict[str, Any]:
    admitted = admit_bytes(door, line, now=now)
    if not isinstance(admitted, Admitted):
        delivery.send("rejected", None, rejection(door, line, admitted, now=now))
        return {"verdict": "rejected", "code": admitted.code, "field": admitted.field, "detail": admitted.detail}
    event = admitted.event
    delivery.send(admitted.topic, admitted.key, admitted.value)
    place = (admitted.topic, event.authority)
    latest[place] = max(event.at, latest.get(place, event.at))
    return {"verdict": "received", "source": event.source, "id": event.id, "dropped": list(admitted.dropped)}


def _marked(settings: Settings, authorities: set[str]) -> dict[str, datetime | None]:
    """Those of the authorities that live by marks → how far their clock has come."""
    with psycopg.connect(settings.database) as connection:
        rows = connection.execute(
            """select a.authority, (select max(as_of) from stream.clock as c where c.authority = a.authority)
               from reference.authority as a
               where a.clock = 'marked' and a.until_version is null and a.authority = any(%s)""",
            [sorted(authorities)],
        )
        return dict(rows.fetchall())
