"""Rows of an outbox table: what its columns are, and the event that a row states."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from connectors.publisher.build import NoRecordKey, identity, record_of
from connectors.publisher.messages import CloudEvent, Refusal
from connectors.publisher.records import RECORDS
from streams.wire import type_name

TABLE = "govpulse_outbox"
#: What a row states; beside it `outbox_id` orders, `sent_at` and `refused` say what became of it.
STATED = (
    "event_type", "subject", "authority", "occurred_at", "record_key", "data_version", "operation", "data", "created_at",
)  # fmt: skip
#: Dialect, as SQLAlchemy calls it → the file with table, index and an example.
RECIPES = {
    name: Path(__file__).with_name(f"{file}.sql")
    for name, file in {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "oracle": "oracle"}.items()
}


class Row(Struct, frozen=True):
    """A row that waits."""

    outbox_id: int
    event_type: str
    subject: str
    authority: str | None
    occurred_at: datetime
    record_key: str | None
    data_version: int | None
    operation: str | None
    data: Any
    created_at: datetime


def event_of(row: Row, *, zone: tzinfo | None) -> CloudEvent | Refusal:
    """The event of a row, its id made as the builders make it; `zone`: of instants that the database keeps without one."""
    data = _data(row.data)
    if isinstance(data, Refusal):
        return data
    at, recorded = _zoned(row.occurred_at, zone), _zoned(row.created_at, zone)
    record = row.record_key
    if not record and row.event_type in RECORDS:
        try:
            record = record_of(row.event_type, data, time=at)
        except NoRecordKey as error:
            return Refusal("missing_field", "recordkey", f"{error}: write it into record_key")
    optional = {
        "authority": row.authority,
        "recordkey": record,
        "dataversion": None if row.data_version is None else int(row.data_version),
        "operation": row.operation,
        "recordedtime": recorded.isoformat(),
    }
    told = {name: value for name, value in optional.items() if value}
    stated: CloudEvent = {"subject": row.subject, "time": at.isoformat(), **told}
    told_id = identity(row.event_type, {"recordkey": "", **stated})
    kept: Mapping[str, Any] = {} if row.data is None and row.operation == "D" else {"data": data}
    return {"type": type_name(row.event_type), "id": told_id, **stated, **kept}


def _zoned(at: datetime, zone: tzinfo | None) -> datetime:
    return at if at.tzinfo is not None or zone is None else at.replace(tzinfo=zone)


def _data(value: Any) -> dict[str, Any] | Refusal:
    """An object, from whatever the driver makes of a JSON column."""
    if isinstance(value, str | bytes):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Refusal("not_json", "data", str(error))
    if value is None:
        return {}
    return value if isinstance(value, dict) else Refusal("wrong_type", "data", f"{value!r:.80} is no object")
