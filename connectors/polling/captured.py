"""A change that Debezium captured from a database's own log, as a row for the same mappings.

The envelope is Kafka Connect's JSON with its schema (`schemas.enable=true`): without the schema nobody can tell a time
without a zone from one in UTC.
"""

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from connectors.polling.cells import cell
from connectors.sources.logged import BadRow, Fault

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - what it is added to is local, as its column was
#: What the connector writes for a long value that was not changed, where the table has no REPLICA IDENTITY FULL.
UNAVAILABLE = "__debezium_unavailable_value"
_UNITS = {
    "io.debezium.time.Timestamp": "milliseconds",
    "org.apache.kafka.connect.data.Timestamp": "milliseconds",
    "io.debezium.time.MicroTimestamp": "microseconds",
}
_DAYS = ("io.debezium.time.Date", "org.apache.kafka.connect.data.Date")
_decode = msgspec.json.Decoder().decode


class Captured(Struct, frozen=True):
    """A change of one row: of which table, when it was committed, the row's cells by their own names in small letters.

    `operation`: c inserted, r read when capturing began, u changed, d deleted, t all of the table. `is_snapshot`: as r.
    """

    table: str
    operation: str
    committed: datetime
    cells: Mapping[str, str]


def captured(value: bytes | None) -> Captured | None:
    """The change of a record; None for a tombstone or a message about transactions. Raises BadRow."""
    if value is None:
        return None
    try:
        message = _decode(value)
        schema, payload = message["schema"], message["payload"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        detail = "no envelope with its schema: set value.converter.schemas.enable=true"
        raise BadRow(Fault("not_captured", 0, None, detail)) from None
    if not isinstance(payload, dict) or "op" not in payload or "source" not in payload:
        return None
    source = payload["source"]
    side = "before" if payload["op"] == "d" else "after"
    row = payload.get(side) or {}
    types = _types(schema, side)
    cells = {name.lower(): _cell(name, one, types.get(name, {})) for name, one in row.items() if one is not None}
    return Captured(
        str(source.get("table", "")),
        payload["op"],
        _committed(source),
        {name: text for name, text in cells.items() if text},
    )


def _committed(source: Mapping[str, Any]) -> datetime:
    microseconds = source.get("ts_us")
    if microseconds is None:
        microseconds = int(source.get("ts_ms", 0)) * 1000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))


def _types(schema: Any, side: str) -> dict[str, dict[str, Any]]:
    """The field schemas of the row before or after, by name."""
    of_side: Any = next((one for one in schema.get("fields", ()) if one.get("field") == side), {})
    return {one["field"]: one for one in of_side.get("fields", ())}


def _cell(name: str, value: Any, schema: Mapping[str, Any]) -> str:
    """A value as the poller would have read it from the table. Raises BadRow."""
    kind = schema.get("name", "")
    if value == UNAVAILABLE:
        detail = "the connector left the value out: ALTER TABLE … REPLICA IDENTITY FULL"
        raise BadRow(Fault("unavailable_value", 0, name, detail))
    if kind in _UNITS:
        return cell(_EPOCH + timedelta(**{_UNITS[kind]: value}))
    if kind == "io.debezium.time.NanoTimestamp":
        return cell(_EPOCH + timedelta(microseconds=value // 1000))
    if kind in _DAYS:
        return cell(date(1970, 1, 1) + timedelta(days=value))
    if kind == "org.apache.kafka.connect.data.Decimal":
        scale = int(schema.get("parameters", {}).get("scale", 0))
        return cell(Decimal(int.from_bytes(b64decode(value), signed=True)).scaleb(-scale))
    if schema.get("type") == "bytes" or isinstance(value, dict | list):
        raise BadRow(Fault("binary", 0, name, f"a value of type {kind or schema.get('type')} is no text"))
    return cell(value)
