"""The simulated city through admission, decoding and fold, without servers: what the platform says of each subject."""

from collections import defaultdict
from datetime import UTC, datetime
from functools import cache

import msgspec

from connectors.admission import Admitted, Door, admit_bytes
from connectors.sources.simulated.city import City, city_of
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.plan import Plan
from connectors.sources.simulated.reference import reference_rows
from infra.reference_data.files import read_directory
from infra.reference_data.shipped import rulebook_of_rows, shipped_rulebook
from infra.reference_data.tables import SHIPPED
from streams import wire
from streams.domain.events import FOLDED
from streams.domain.reading import Reading, read
from streams.domain.rulebook import Rulebook
from streams.domain.subject import Entry, Subject, entry_of, join, new_subject
from streams.ledger import child_messages

DOOR = Door("test", b"key")
ARRIVED = datetime(2026, 11, 24, tzinfo=UTC)
#: The main clock's rule of breach, and the clocks it is looked for on.
BREACHES = {
    "case": ("AR-03", {"promise"}),
    "demand": ("AR-15", {"demand_close", "demand_reply"}),
    "payout": ("AR-21", {"payout_payment"}),
    "intermediary": ("AR-20", {"intermediary"}),
    "ledger": ("AR-22", {"ledger_progress"}),
}


@cache
def city() -> City:
    book = shipped_rulebook()
    return city_of(book.schedules["cn"], book.schedules["every_day"], catalogue=book.matters)


@cache
def rulebook() -> Rulebook:
    tables = read_directory(SHIPPED)
    for name, rows in reference_rows(city()).items():
        tables[name] = [*tables[name], *rows]
    return rulebook_of_rows(tables)


def run(plan: Plan) -> tuple[list[bytes], dict[tuple[str, str], dict], Diary]:
    """The messages in the order of sending, the truth by (family, subject key), and the diary."""
    diary = Diary(plan, city())
    pages = list(diary.pages())
    lines = [message for page in pages for _, _, message in page.messages]
    truths = [msgspec.to_builtins(truth) for page in pages for truth in page.truths]
    return lines, {(truth["family"], truth["subject_key"]): truth for truth in truths}, diary


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


def readings_of(subjects: dict[tuple[str, str], Subject], as_of: datetime) -> dict[tuple[str, str], Reading]:
    """Every subject's reading; bundles hear of their children first, as the platform tells them."""
    readings = {key: read(subject, rulebook(), as_of) for key, subject in subjects.items() if key[0] != "bundle"}
    told = _children(readings)
    for key, subject in subjects.items():
        if key[0] == "bundle":
            readings[key] = read(join(subject, told[key[1]]), rulebook(), as_of)
    return readings


def said(family: str, subject_key: str, reading: Reading) -> dict:
    """A reading in the words of `truth.jsonl`; bundles have no rule of breach."""
    if reading.state == "deleted":
        return {"family": family, "subject_key": subject_key, "is_deleted": True}
    clock = reading.promise
    is_instant = clock is not None and not clock.counts_days
    is_over = reading.stopped_at is not None
    rule_id, clock_ids = BREACHES.get(family, ("", set()))
    breaches = sorted(
        {
            signal.rule_id
            for signal in reading.signals
            if signal.rule_id == rule_id
            and signal.clock_id in clock_ids
            and (signal.level == "red" or rule_id != "AR-15")
        }
    )
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
        "breaches": breaches,
    }
    return {name: value for name, value in values.items() if value not in (None, [])}


def wanted(truth: dict) -> dict:
    """A line of the truth without the instant it is about."""
    return {name: list(value) if name == "breaches" else value for name, value in truth.items() if name != "as_of"}


def differences(truth: dict, subjects: dict, as_of: datetime) -> dict:
    """Every subject about which truth and platform do not say the same: key → (true, said)."""
    told = {key: said(*key, reading) for key, reading in readings_of(subjects, as_of).items()}
    true = {key: wanted(one) for key, one in truth.items()}
    keys = told.keys() | true.keys()
    return {key: (true.get(key), told.get(key)) for key in keys if true.get(key) != told.get(key)}


def local(instant: datetime | None) -> str | None:
    return instant and instant.astimezone(rulebook().schedules["cn"].zone).isoformat()


def _children(readings: dict) -> dict[str, list[Entry]]:
    """What the platform tells bundles of their cases, by the bundle's subject key."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for (family, key), reading in readings.items():
        if family == "case" and reading.child is not None:
            for message in child_messages(key, None, reading.child, epoch=1):
                found[message.key.decode()].append(entry_of(wire.decode(message.value), ARRIVED))
    return found
