"""Rows of schema `raw` from Kafka records."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from connectors import rejections
from connectors.rejections import storable
from streams import wire
from streams.domain.families.source import SourceClockAdvanced
from streams.wire import EPOCH, Event, Rejected

Row = tuple[Any, ...]
EVENT_COLUMNS = (
    "topic", "partition", "offset", "arrived_at", "verdict", "reason", "source", "id", "type", "family", "authority",
    "subject", "subject_key", "event_at", "record_key", "data_version", "operation", "recorded_at", "sequence",
    "body_hash", "data", "ingested_at", "door", "replay_of",
)  # fmt: skip
MARK_COLUMNS = ("topic", "partition", "offset", "authority", "up_to")
_mark = msgspec.json.Decoder(SourceClockAdvanced)
_NOTHING = (None,) * 14


class _Told(Struct, frozen=True):
    """What of a dead letter its receipt and account need."""

    id: str | None = None
    door: str | None = None
    replayof: str | None = None


_as_told = msgspec.json.Decoder(_Told)


class Landed:
    """What one poll brings: rows of raw.event, raw.mark and raw.rejection, months, and how far each partition has come.

    `rejected`: the full name of the topic on which doors write what they refused.
    """

    def __init__(self, rejected: str = rejections.TOPIC) -> None:
        self.rejected = rejected
        self.events: list[Row] = []
        self.marks: list[Row] = []
        self.rejections: list[Row] = []
        self.months: set[datetime] = set()
        self.next_offsets: dict[tuple[str, int], int] = {}

    def take(self, topic: str, partition: int, records: Any) -> None:
        """Takes the records of one partition in offset order."""
        self.next_offsets[topic, partition] = records[-1].offset + 1
        if topic == self.rejected:
            self._take_rejections(topic, partition, records)
            return
        arrived_at = EPOCH
        for record in records:
            arrived_at = _arrival(record)
            event = wire.decode(record.value, key=record.key, headers=record.headers)
            if isinstance(event, Event) and event.is_mark:
                mark = _mark.decode(event.data)
                self.marks.append((topic, partition, record.offset, mark.authority, mark.up_to))
                continue
            place = (topic, partition, record.offset, arrived_at)
            self.events.append(_row(place, event, record.value))
            if len(self.events) % 1000 == 1:
                self._note_month(arrived_at)
        self._note_month(arrived_at)

    def _take_rejections(self, topic: str, partition: int, records: Any) -> None:
        self.rejections += [
            rejections.row(topic, partition, record.offset, arrived_at=_arrival(record), value=record.value)
            for record in records
        ]

    def _note_month(self, arrived_at: datetime) -> None:
        self.months.add(arrived_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def _arrival(record: Any) -> datetime:
    return EPOCH + timedelta(milliseconds=record.timestamp)


def _row(place: Row, event: Event | Rejected, value: bytes | None) -> Row:
    return _rejected(place, event, value) if isinstance(event, Rejected) else _event(place, event)


def _event(place: Row, event: Event) -> Row:
    return (
        *place,
        "pending",
        None,
        event.source,
        event.id,
        event.type,
        event.family,
        event.authority,
        event.subject,
        event.subject_key,
        event.at,
        event.record_key,
        event.data_version,
        event.operation,
        event.recorded_at,
        event.sequence,
        event.body_hash,
        event.data.decode(),
        event.ingested_at,
        event.door,
        event.replay_of,
    )


def _rejected(place: Row, rejected: Rejected, value: bytes | None) -> Row:
    """Its bytes are kept by the worker, in stream.dead_letter."""
    reason = rejected.code if rejected.field is None else f"{rejected.code}: {rejected.field}"
    told = _told(value)
    return (*place, "dead_lettered", storable(reason), rejected.source, storable(told.id), *_NOTHING,
            storable(told.door), storable(told.replayof))  # fmt: skip


def _told(value: bytes | None) -> _Told:
    try:
        return _as_told.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Told()
