"""What was added for a subject and is remembered: its contribution and signals, and how they become rows."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from streams import wire
from streams.domain.children import Child
from streams.domain.clocks import Clock
from streams.domain.measures import Cell
from streams.domain.reading import ENGINE_VERSION, Reading
from streams.domain.signals import Signal
from streams.domain.subject import Subject
from streams.store import SIGNAL_COLUMNS, Message, Partition, Row
from streams.touched import touched_days

#: Who tells a bundle of its children: the platform itself.
BUNDLE_SOURCE = "urn:govpulse:bundle"
#: First byte of packed ledgers.
CODEC = b"\x01"


class Ledger(Struct, frozen=True, array_like=True):
    """Exactly what the store holds on account of one subject; a change takes this back and adds the new one."""

    contribution: tuple[tuple[Cell, dict[int, int]], ...] = ()
    signals: tuple[Signal, ...] = ()
    unit_code: str | None = None
    matter_code: str | None = None
    child: Child | None = None


EMPTY = Ledger()
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Ledger)
_to_json = msgspec.json.Encoder().encode


def ledger_of(reading: Reading) -> Ledger:
    return Ledger(reading.contribution, reading.signals, reading.unit_code, reading.matter_code, reading.child)


def pack(ledger: Ledger) -> bytes:
    return CODEC + _encoder.encode(ledger)


def unpack(packed: bytes) -> Ledger:
    if packed[:1] != CODEC:
        raise ValueError(f"a stored ledger has codec {packed[:1]!r}, this program reads {CODEC!r}")
    return _decoder.decode(memoryview(packed)[1:])


def subject_row(
    partition: Partition,
    subject: Subject,
    reading: Reading,
    *,
    records: bytes,
    ledger: bytes,
    rulebook_version: int,
    last_offset: int,
) -> Row:
    """A row of `stream.subject`, in the order of SUBJECT_COLUMNS."""
    return (
        partition.family,
        partition.number,
        subject.key,
        subject.authority,
        reading.state,
        reading.unit_code,
        reading.matter_code,
        reading.area_code,
        reading.accepted_at,
        reading.is_deemed_accepted,
        reading.stopped_at,
        reading.result,
        reading.exclusion_reason,
        reading.promise_due_at,
        reading.promise_due_on,
        reading.statutory_due_at,
        reading.statutory_due_on,
        reading.is_provisional_due,
        reading.used_workdays,
        reading.used_minutes,
        reading.is_on_time,
        reading.is_overdue,
        reading.is_past_statutory,
        "{" + ",".join(reading.findings) + "}",  # codes of ours: letters, colons, underscores
        _to_json([_run(*run) for run in zip(reading.clocks, reading.clock_workdays, strict=True)]).decode(),
        records,
        ledger,
        ENGINE_VERSION,
        rulebook_version,
        last_offset,
        reading.as_of,
        reading.wake_at,
        *touched_days(subject, reading),
    )


def _run(clock: Clock, used: int) -> dict[str, Any]:
    """A run of a clock as `stream.clocks` shows it."""
    return {
        "clock_id": clock.clock_id,
        "start_key": clock.start.record_key,
        "started_at": clock.start.at,
        "stopped_at": clock.stopped_at,
        "due_at": clock.due_at and clock.due_at.astimezone(UTC),
        "due_on": clock.due_on,
        "used_workdays": used,
        "is_on_time": clock.is_on_time if clock.is_judged else None,
        "is_broken": clock.is_broken,
    }


def signal_rows(
    partition: Partition, subject: Subject, before: Ledger, after: Ledger, *, as_of: datetime, epoch: int
) -> tuple[list[Row], list[Message]]:
    """The rows of `stream.signal` that change, and the messages that say so (topic, key, value).

    A signal that no longer follows from the records is withdrawn: kept, marked, and told as operation D.
    """
    old = {signal.signal_key: signal for signal in before.signals}
    new = {signal.signal_key: signal for signal in after.signals}
    has_moved = (before.unit_code, before.matter_code) != (after.unit_code, after.matter_code)
    rows: list[Row] = []
    messages: list[Message] = []
    for key, signal in (old | new).items():
        is_withdrawn = key not in new
        if not is_withdrawn and not has_moved and old.get(key) == signal:
            continue
        row = (
            partition.family,
            partition.number,
            key,
            signal.rule_id,
            signal.level,
            subject.key,
            subject.authority,
            signal.clock_id,
            after.unit_code,
            after.matter_code,
            signal.since,
            signal.until,
            signal.due_at,
            as_of,
            epoch,
            is_withdrawn,
        )
        rows.append(row)
        messages.append(Message("signals", key.encode(), signal_message(row)))
    return rows, messages


def child_messages(subject_key: str, before: Child | None, after: Child | None, *, epoch: int) -> list[Message]:
    """What bundles are told of a case: the child as it is, and to a bundle that it left, that it is gone."""
    found = []
    if before is not None and (after is None or after.bundle_key != before.bundle_key):
        found.append(_child_message(subject_key, before, epoch, operation="D"))
    if after is not None and after != before:
        found.append(_child_message(subject_key, after, epoch, operation="U"))
    return found


def _child_message(subject_key: str, child: Child, epoch: int, *, operation: str) -> Message:
    authority, _, number = child.bundle_key.partition("|")
    document = {
        "specversion": "1.0",
        "type": wire.type_name("bundle.child_changed"),
        "source": BUNDLE_SOURCE,
        "id": f"{subject_key}/{epoch}/{operation}",
        "subject": number,
        "authority": authority,
        "time": child.at.astimezone(UTC).isoformat(),
        "recordkey": subject_key,
        "dataversion": epoch,
        "operation": operation,
        "door": "worker",
    }
    if operation == "U":
        document["data"] = child.data
    return Message("events.bundle", child.bundle_key.encode(), wire.encode(document))


def signal_message(row: Row) -> bytes:
    """What topic `signals` is told: the whole row of a signal."""
    return _to_json(_message(row))


def _message(row: Row) -> dict[str, Any]:
    named = dict(zip(SIGNAL_COLUMNS, row, strict=True))
    named.pop("partition")
    named["operation"] = "D" if named.pop("is_withdrawn") else "U"
    for name in ("since", "until", "due_at", "as_of"):
        if named[name] is not None:
            named[name] = named[name].astimezone(UTC)
    return named
