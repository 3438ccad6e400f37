"""How long a notice about one day takes to reach the open cases it concerns, among many that it does not."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.kafka import Delivery
from infra.benchmarks.latency import Figures, by_event, percentile
from infra.benchmarks.load import AUTHORITY, SOURCE
from infra.benchmarks.stage import Stage
from infra.reference_data import load
from streams import wire

#: One case in so many has a promise that reaches beyond the day of the notice.
ONE_IN = 20
SHORT, LONG = 10, 120
#: Late cases that arrive in a second meanwhile.
RATE = 200
_FOLDED = "select count(*) from stream.subject"
_WAITING = (
    "select exists (select from stream.caught_up where rulebook_version < (select version from reference.active))"
)
_READ_AGAIN = """select count(*) from stream.subject
    where rulebook_version = (select version from reference.active) and strpos(subject_key, '|late-') = 0"""


def recompute(on: Stage, subjects: int, workers: int, report: Callable[[str], None]) -> Figures:
    """Open cases are folded; while late ones arrive a day is declared off, and the clock runs until no partition is behind."""
    report(f"publishing {subjects:,} open cases")
    now = datetime.now(UTC)
    with Delivery(on.settings) as delivery:
        for place in range(subjects):
            delivery.send("events.case", *_accepted(place, now))
    report(f"folding with {workers} worker process(es)")
    running = [on.start("worker") for _ in range(workers)]
    on.wait(lambda: on.ask(_FOLDED) >= subjects)
    on.wait(lambda: not on.ask(_WAITING))
    report(f"a notice, while {RATE} events a second arrive")
    is_over = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        waits = beside.submit(by_event, on, RATE, lambda _: not is_over.is_set())
        try:
            load(on.settings.database, {"calendar_day": [_day_off(now.date())]}, loaded_by="bench")
            began = on.wait(lambda: True)
            ended = on.wait(lambda: not on.ask(_WAITING))
        finally:
            is_over.set()
        latencies = waits.result()
    affected = on.ask(_READ_AGAIN)
    for worker in running:
        worker.stop()
    seconds = ended - began
    return {
        "recompute_subjects": subjects,
        "recompute_affected": affected,
        "recompute_seconds": round(seconds, 2),
        "recompute_affected_per_second": round(affected / seconds),
        "recompute_latency_p99_seconds": percentile(latencies, 0.99),
    }


def _accepted(place: int, now: datetime) -> tuple[bytes, bytes]:
    number = f"360200-2026-{place:09}"
    at = (now - timedelta(days=1, seconds=place % 25_000)).replace(microsecond=0)
    document: dict[str, Any] = {
        "specversion": "1.0",
        "type": wire.type_name("case.accepted"),
        "source": SOURCE,
        "id": f"{number}-1",
        "subject": number,
        "authority": AUTHORITY,
        "time": at.isoformat(),
        "recordkey": "accepted",
        "data": {
            "matter_code": "bench",
            "unit_code": f"u{place % 40:02}",
            "promise": {"value": SHORT if place % ONE_IN else LONG, "unit": "workday"},
        },
    }
    return f"{AUTHORITY}|{number}".encode(), wire.encode(document)


def _day_off(today: date) -> dict[str, str]:
    """A Monday that only long promises reach."""
    day = today + timedelta(days=90 - today.weekday())
    day -= timedelta(days=day.weekday())
    return {"calendar": "cn", "day": day.isoformat(), "is_workday": "false", "status": "official", "name": "bench"}
