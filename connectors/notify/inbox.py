"""From the topic `signals` to deliveries: once per signal, level and change, whatever is read twice.

What was withdrawn, all of it or the level it had come to, may be raised again: that is another turn, and told again.
"""

from datetime import datetime
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from msgspec.structs import replace

from streams.domain.alert_rules import LEVELS

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
        "select data_version, level, turn, is_withdrawn from ops.signal_seen where signal_key = %s",
        [message.signal_key],
    ).fetchone()
    if before is not None and before[0] >= message.data_version:
        return
    _, level, turn, was_withdrawn = before or (0, message.level, 0, False)
    has_fallen = not was_withdrawn and LEVELS.index(message.level) < LEVELS.index(level)
    is_withdrawn = message.change == "withdrawn"
    connection.execute(
        """insert into ops.signal_seen (signal_key, data_version, authority, level, is_withdrawn, turn)
           values (%s, %s, %s, %s, %s, %s)
           on conflict (signal_key) do update set data_version = excluded.data_version, level = excluded.level,
               is_withdrawn = excluded.is_withdrawn, turn = excluded.turn, seen_at = now()""",
        [
            message.signal_key,
            message.data_version,
            message.authority,
            message.level,
            is_withdrawn,
            turn + (has_fallen or is_withdrawn),
        ],
    )
    if is_marked:
        return
    if before is None and is_withdrawn:
        return  # nobody was told of it
    if has_fallen:
        higher = replace(message, level=level, operation="D")
        _tell(connection, channels, higher, "withdrawn", turn=turn)
        if is_withdrawn:
            return
        turn += 1
    _tell(connection, channels, message, "raised" if before is None else message.change, turn=turn)


def _tell(connection: Connection, channels: list[str], message: SignalMessage, change: str, *, turn: int) -> None:
    for channel in channels:
        body = msgspec.to_builtins(message)
        _deliver(connection, channel, message.signal_key, message.level, change, turn=turn, body=body)


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


def _deliver(
    connection: Connection, channel: str, key: str, level: str, change: str, *, body: dict[str, Any], turn: int = 0
) -> None:
    event_id = f"{key}.{level}.{change}" + (f".{turn}" if turn else "")
    connection.execute(
        """insert into ops.delivery (channel, signal_key, level, change, turn, event_id, body)
           values (%s, %s, %s, %s, %s, %s, %s) on conflict (channel, signal_key, level, change, turn) do nothing""",
        [channel, key, level, change, turn, event_id, msgspec.json.encode(body).decode()],
    )
