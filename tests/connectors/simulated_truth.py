"""The simulated city through admission, decoding and fold, without servers: what the platform says of each subject."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from connectors.admission import Admitted, Door, admit_bytes
from connectors.register import Source, register_of
from connectors.sources.simulated.catalogue import changed
from connectors.sources.simulated.cells import Cell
from connectors.sources.simulated.city import AREAS, AUTHORITY, BUREAUS, City, bureau_source, city_of, hall_source
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.plan import Plan
from connectors.sources.simulated.reference import reference_rows
from infra.reference_data.files import read_directory
from infra.reference_data.shipped import rulebook_of_rows, shipped_rulebook
from infra.reference_data.tables import SHIPPED
from streams import wire
from streams.domain import measures
from streams.domain.clocks import Clock
from streams.domain.events import FOLDED
from streams.domain.measures import MEASURES
from streams.domain.reading import Reading, read
from streams.domain.rulebook import Rulebook
from streams.domain.signals import Signal
from streams.domain.subject import Entry, Subject, entry_of, join, new_subject
from streams.ledger import child_messages

ZONE = ZoneInfo("Asia/Shanghai")
SOURCES = (*map(hall_source, AREAS), *map(bureau_source, BUREAUS))
DOOR = Door("test", b"key", register_of(Source(source, AUTHORITY) for source in SOURCES))
ARRIVED = datetime(2026, 11, 24, tzinfo=UTC)


@cache
def city(plan: Plan) -> City:
    book = shipped_rulebook()
    return city_of(book.schedules["cn"], book.schedules["every_day"], catalogue=changed(book.matters, plan))


@cache
def rulebook(plan: Plan) -> Rulebook:
    """What is shipped, the city's own rows, and what its catalogue events tell."""
    tables = read_directory(SHIPPED)
    for name, rows in reference_rows(city(plan)).items():
        tables[name] = [*tables[name], *rows]
    book = rulebook_of_rows(tables)
    return replace(book, matters=changed(book.matters, plan))


class Ran(NamedTuple):
    """The messages in the order of sending, the truth by (family, subject key), the cells, and the diary."""

    lines: list[bytes]
    truth: dict[tuple[str, str], dict]
    cells: dict[tuple, dict[str, int]]
    diary: Diary


def run(plan: Plan) -> Ran:
    """All of a plan."""
    diary = Diary(plan, city(plan))
    pages = list(diary.pages())
    cells = {
        tuple(cell[name] for name in Cell._fields): {name: cell[name] for name in cell if name not in Cell._fields}
        for page in pages
        for cell in page.cells
    }
    lines = [message for page in pages for _, _, message in page.messages]
    truths = [msgspec.to_builtins(truth) for page in pages for truth in page.truths]
    return Ran(lines, {(truth["family"], truth["subject_key"]): truth for truth in truths}, cells, diary)


def admitted(lines: list[bytes]) -> list[wire.Event]:
    """The events as the worker decodes them; every one must be admitted, with no field dropped."""
    found = [admit_bytes(DOOR, line, now=ARRIVED) for line in lines]
    assert [one for one in found if not isinstance(one, Admitted)] == []
    assert [one.dropped for one in found if one.dropped] == []
    return [wire.decode(one.value, key=one.key) for one in found]


def subjects_of(events: list[wire.Event]) -> dict[tuple[str, str], Subject]:
    """The folded families' subjects."""
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for event in events:
        if event.family in FOLDED:
            entries[event.family, event.subject_key].append(entry_of(event, ARRIVED))
    return {key: join(new_subject(*key), found) for key, found in entries.items()}


def readings_of(
    subjects: dict[tuple[str, str], Subject], as_of: datetime, book: Rulebook
) -> dict[tuple[str, str], Reading]:
    """Every subject's reading; bundles hear of their children first, as the platform tells them."""
    readings = {key: read(subject, book, as_of) for key, subject in subjects.items() if key[0] != "bundle"}
    told = _children(readings)
    for key, subject in subjects.items():
        if key[0] == "bundle":
            readings[key] = read(join(subject, told[key[1]]), book, as_of)
    return readings


def said(family: str, subject_key: str, reading: Reading) -> dict:
    """A reading in the words of `truth.jsonl`."""
    if reading.state == "deleted":
        return {"family": family, "subject_key": subject_key, "is_deleted": True}
    clock = reading.promise
    is_instant = clock is not None and not clock.counts_days
    is_over = reading.stopped_at is not None
    values = {
        "family": family,
        "subject_key": subject_key,
        "accepted_at" if family == "case" else "started_at": local(reading.accepted_at),
        "stopped_at": local(reading.stopped_at),
        "promise_due_on": None if is_instant or clock is None or clock.due_on is None else clock.due_on.isoformat(),
        "promise_due_at": local(clock.due_at) if is_instant else None,
        "used_workdays": reading.used_workdays if is_over else None,
        "is_on_time": reading.is_on_time,
        "statutory_due_on": reading.statutory_due_on and reading.statutory_due_on.isoformat(),
        "is_past_statutory": reading.is_past_statutory or None,
        "unit_code": reading.unit_code,
        "matter_code": reading.matter_code,
        "area_code": reading.area_code,
        "result": reading.result,
        "findings": list(reading.findings),
        "clocks": [_run(run, used) for run, used in zip(reading.clocks, reading.clock_workdays, strict=True)],
        "signals": sorted(map(_signal, reading.signals), key=_key),
    }
    return {name: value for name, value in values.items() if value not in (None, [])}


def _run(clock: Clock, used: int) -> dict:
    due_on = clock.due_on and clock.due_on.isoformat()
    return {
        "clock_id": clock.clock_id,
        "start_key": clock.start.record_key,
        "started_at": local(clock.start.at),
        "stopped_at": local(clock.stopped_at),
        "due_at": local(clock.due_at),
        "due_on": due_on,
        "used_workdays": used,
        "is_broken": clock.is_broken,
    }


def _signal(signal: Signal) -> dict:
    told = msgspec.structs.asdict(signal)
    return told | {name: local(told[name]) for name in ("since", "until", "due_at")}


def _key(signal: dict) -> str:
    return signal["signal_key"]


def wanted(truth: dict) -> dict:
    """A line of the truth without the instant it is about, and the spans: only the warehouse has them."""
    told = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in truth.items()
        if name not in ("as_of", "spans")
    }
    return told | ({"signals": sorted(truth["signals"], key=_key)} if "signals" in truth else {})


def cells_of(readings: Iterable[tuple[str, Reading]]) -> dict[tuple, dict[str, int]]:
    """What the readings of subjects, by family, add to the live metrics: cell → its values by name."""
    total: dict[tuple, dict[str, int]] = {}
    for family, reading in readings:
        found: dict = {}
        measures.add(found, reading.contribution, 1)
        for cell, values in found.items():
            at = (
                cell.day.isoformat(),
                family,
                cell.unit_code,
                cell.matter_code,
                cell.area_code,
                cell.cohort,
                cell.clock_id,
            )
            sums = total.setdefault(at, {})
            for place, value in values.items():
                sums[MEASURES[place]] = sums.get(MEASURES[place], 0) + value
    return total


def differences(ran: Ran, events: Iterable[wire.Event], *, by: Rulebook | None = None) -> dict:
    """Every subject and cell of which truth and platform do not say the same: key → (true, said). `by`: another rulebook."""
    events = list(events)
    readings = readings_of(subjects_of(events), max(event.at for event in events), by or rulebook(ran.diary.plan))
    told = {key: said(*key, reading) for key, reading in readings.items()}
    true = {key: wanted(one) for key, one in ran.truth.items()}
    told |= cells_of((key[0], reading) for key, reading in readings.items())
    true |= ran.cells
    return {
        key: unlike(true.get(key), told.get(key)) for key in told.keys() | true.keys() if true.get(key) != told.get(key)
    }


def unlike(true: dict | None, told: dict | None) -> tuple[dict | None, dict | None]:
    """Two that differ, without what they have in common."""
    if true is None or told is None:
        return true, told
    names = [name for name in true.keys() | told.keys() if true.get(name) != told.get(name)]
    return {name: true.get(name) for name in names}, {name: told.get(name) for name in names}


def local(instant: datetime | None) -> str | None:
    return instant and instant.astimezone(ZONE).isoformat()


def _children(readings: dict) -> dict[str, list[Entry]]:
    """What the platform tells bundles of their cases, by the bundle's subject key."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for (family, key), reading in readings.items():
        if family == "case" and reading.child is not None:
            for message in child_messages(key, None, reading.child, epoch=1):
                found[message.key.decode()].append(entry_of(wire.decode(message.value), ARRIVED))
    return found
