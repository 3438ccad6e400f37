"""Publishing lines of JSON: each line gets a verdict, and the rest goes on."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import psycopg

from connectors.admission import Admitted, Door, admit_bytes, rejection
from connectors.backfill import Throttle
from connectors.doors import door_of
from connectors.kafka import Delivery
from connectors.register import NOT_NOW
from connectors.sources.replay import mark
from connectors.unknown_fields import UnknownFields, write_down
from streams.settings import Settings

DOOR = "publish"


def publish_lines(settings: Settings, lines: Iterable[bytes], *, marks: bool, now: datetime) -> dict[str, Any]:
    """Sends what is admitted; returns the verdict on every line, and which marked authorities got no mark."""
    door = door_of(settings, DOOR)
    verdicts: list[dict[str, Any]] = []
    latest: dict[tuple[str, str], datetime] = {}
    unknown = UnknownFields()
    with Delivery(settings) as delivery, Throttle(settings, flush=delivery.flush) as throttle:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                verdict = {"line": number} | _publish(delivery, door, line.strip(), latest, now=now, wait=throttle.wait)
                unknown.count(verdict.get("source", ""), verdict.get("dropped", ()))
                verdicts.append(verdict)
        delivery.flush()
        marked = _marked(settings, {authority for _, authority in latest})
        if marks:
            for (topic, authority), up_to in latest.items():
                if authority in marked:
                    delivery.send_marks([topic], authority, mark(authority, up_to))
    with psycopg.connect(settings.database) as connection:
        write_down(connection, unknown.take())
    rejected = sum(verdict["verdict"] == "rejected" for verdict in verdicts)
    return {
        "sent": len(verdicts) - rejected,
        "rejected": rejected,
        "verdicts": verdicts,
        "unmarked": {} if marks else {authority: as_of and as_of.isoformat() for authority, as_of in marked.items()},
    }


def _publish(
    delivery: Delivery,
    door: Door,
    line: bytes,
    latest: dict[tuple[str, str], datetime],
    *,
    now: datetime,
    wait: Callable[[datetime], None],
) -> dict[str, Any]:
    admitted = admit_bytes(door, line, now=now)
    if not isinstance(admitted, Admitted):
        if admitted.code not in NOT_NOW:
            delivery.send("rejected", None, rejection(door, line, admitted, now=now))
        return {"verdict": "rejected", "code": admitted.code, "field": admitted.field, "detail": admitted.detail}
    event = admitted.event
    wait(event.at)
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
