"""From the topic `signals` to deliveries: once per signal, level and change, whatever is read twice."""

from datetime import datetime
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

#: A replayed history is summed up once it has been quiet for so long.
QUIET_SECONDS = 5
Connection = psycopg.Connection[Any]


class SignalMessage(Struct, frozen=True):
    """The whole current row of one signal, as the worker wrote it; the greatest `data_version` counts."""

    signal_key: str
    rule_id: str
    level: str
    family: str
    subject_key: str
    authority: str
    clock_id: str
    unit_code: str | None
    matter_code: str | None
    since: datetime
    until: datetime | None
    due_at: datetime | None
    as_of: datetime
    data_version: int
    operation: str

    @property
    def change(self) -> str:
        if self.operation == "D":
            return "withdrawn"
        return "raised" if self.until is None else "cleared"


decode = msgspec.json.Decoder(SignalMessage).decode


def take(connection: Connection, message: SignalMessage, *, channels: list[str], is_marked: bool) -> None:
    """Notes a message and what must be delivered because of it; nothing where a newer one was seen."""
    before = connection.execute(
        "select data_version, is_standing from ops.signal_seen where signal_key = %s", [message.signal_key]
    ).fetchone()
    if before is not None and before[0] >= message.data_version:
        return
    connection.execute(
        """insert into ops.signal_seen (signal_key, data_version, authority, level, is_standing)
           values (%s, %s, %s, %s, %s)
           on conflict (signal_key) do update set data_version = excluded.data_version, level = excluded.level,
               is_standing = excluded.is_standing, seen_at = now()""",
        [message.signal_key, message.data_version, message.authority, message.level, message.change == "raised"],
    )
    if is_marked:
        return
    if before is None and message.change == "withdrawn":
        return  # nobody was told of it
    change = "raised" if before is None else message.change
    for channel in channels:
        _deliver(connection, channel, message.signal_key, message.level, change, body=msgspec.to_builtins(message))


def summarise(connection: Connection, *, marked: list[str], channels: list[str]) -> list[str]:
    """One summary for each marked authority that has been quiet; returns the authorities summed up."""
    quiet = connection.execute(
        """select authority, max(data_version), jsonb_object_agg(level, signals)
           from (
               select authority, level, count(*) as signals, max(data_version) as data_version, max(seen_at) as seen_at
               from ops.signal_seen where summary is null and authority = any(%s) group by authority, level
           ) as by_level
           group by authority
           having max(seen_at) < now() - make_interval(secs => %s)""",
        [marked, QUIET_SECONDS],
    ).fetchall()
    for authority, version, levels in quiet:
        name = f"summary:{authority}:{version}"
        connection.execute(
            "update ops.signal_seen set summary = %s where summary is null and authority = %s", [name, authority]
        )
        for channel in channels:
            _deliver(connection, channel, name, "summary", "summary", body={"authority": authority, "signals": levels})
    return [authority for authority, _, _ in quiet]


def _deliver(connection: Connection, channel: str, key: str, level: str, change: str, *, body: dict[str, Any]) -> None:
    connection.execute(
        """insert into ops.delivery (channel, signal_key, level, change, event_id, body)
           values (%s, %s, %s, %s, %s, %s) on conflict (channel, signal_key, level, change) do nothing""",
        [channel, key, level, change, f"{key}.{level}.{change}", msgspec.json.encode(body).decode()],
    )
