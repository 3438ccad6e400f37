"""Whether what the settings point to is well."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from kafka.errors import KafkaError

from connectors.accounts import accounts, gaps, today
from connectors.kafka import TOPICS
from infra.local.home import LEAST_FREE_BYTES
from infra.reference_data.refusals import open_refusals
from streams.reference import NoReferenceData, read_rulebook
from streams.settings import Settings
from streams.topics import describe

NO_DATABASE = "no address: 'govpulse up', or GOVPULSE_DATABASE"
#: (what, is well, detail)
Finding = tuple[str, bool, str]
Connection = psycopg.Connection[Any]
#: Whether it is well, and the detail.
Ask = Callable[[Connection], tuple[bool, str]]


def examine(settings: Settings) -> list[Finding]:
    """Asks each part once, without changing anything."""
    return [_disk(settings), _kafka(settings), *(_asked(settings, what, ask) for what, ask in QUESTIONS)]


def _disk(settings: Settings) -> Finding:
    folder = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(folder).free
    return "disk", free > LEAST_FREE_BYTES, f"{free // 2**30} GB free at {folder}"


def _kafka(settings: Settings) -> Finding:
    if not settings.kafka:
        return "Kafka", False, "no address: 'govpulse up', or GOVPULSE_KAFKA"
    names = [settings.topic(name) for name in TOPICS]
    try:
        found = describe(settings, names)
    except (KafkaError, OSError) as error:
        return "Kafka", False, f"{settings.kafka}: {type(error).__name__}"
    missing = [name for name in names if name not in found]
    return (
        "Kafka",
        not missing,
        f"topics missing: {', '.join(missing)}" if missing else f"{settings.kafka}, {len(found)} topics",
    )


def _asked(settings: Settings, what: str, ask: Ask) -> Finding:
    """What the database answers; not well where there is none, or it cannot."""
    if not settings.database:
        return what, False, NO_DATABASE
    try:
        with psycopg.connect(settings.database, connect_timeout=5) as connection:
            return what, *ask(connection)
    except (psycopg.Error, NoReferenceData) as error:
        return what, False, str(error).strip().splitlines()[0]


def _server(connection: Connection) -> tuple[bool, str]:
    row = connection.execute("select version_num from public.alembic_version").fetchone()
    server = connection.info.server_version // 10000
    return row is not None, f"version {server}, migration {row[0] if row else 'none'}"


def _reference(connection: Connection) -> tuple[bool, str]:
    rulebook = read_rulebook(connection)
    return True, f"version {rulebook.version}, {len(rulebook.matters)} matters, {len(rulebook.schedules)} schedules"


def _positions(connection: Connection) -> tuple[bool, str]:
    row = connection.execute(
        """select coalesce(sum(r.next_offset - coalesce(s.next_offset, 0)), 0),
                  (select count(*) from ops.dead_letters where state in ('open', 'refused'))
           from raw.position as r left join stream.position as s using (topic, partition)
           where r.topic like '%events.case'"""
    ).fetchone()
    behind, letters = row or (0, 0)
    return letters == 0, f"{max(0, behind)} events behind landing, {letters} dead letters wait"


def _accounts(connection: Connection) -> tuple[bool, str]:
    """Whether the records of today and yesterday balance, source by source and offset by offset."""
    now = today(connection)
    told = [one for day in (now - timedelta(days=1), now) for one in accounts(connection, day=day)]
    missing = gaps(connection, since=datetime.now(UTC) - timedelta(days=2))
    wrong = [
        f"{one.source} on {one.day}: {one.received} received, {one.became} told" for one in told if not one.is_balanced
    ]
    wrong += [f"{gap.topic}/{gap.partition}: {gap.passed} passed, {gap.rows} landed" for gap in missing]
    records = sum(one.received for one in told)
    return not wrong, "; ".join(wrong) or f"{records} records of two days, each in its place"


def _catalogue(connection: Connection) -> tuple[bool, str]:
    """Whether every catalogue event was taken, or told better since."""
    refused = open_refusals(connection)
    if not refused:
        return True, "every event that landed was taken, or waits for its minute"
    first = refused[0]
    told = f"{len(refused)} events refused, such as {first.id}: {first.faults.splitlines()[0]}"
    return False, f"{told}; 'govpulse reference faults' shows them and what to do"


#: What the database is asked, by what the answer is about.
QUESTIONS: tuple[tuple[str, Ask], ...] = (
    ("PostgreSQL", _server),
    ("reference data", _reference),
    ("worker", _positions),
    ("accounts", _accounts),
    ("catalogue", _catalogue),
)
