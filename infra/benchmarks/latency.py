"""How long it takes from publishing to a signal visible in SQL: caused by an event, and by time."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg

from connectors.kafka import Delivery
from infra.benchmarks.load import AUTHORITY, SOURCE
from infra.benchmarks.stage import Stage
from streams import wire

Figures = dict[str, Any]
_NEWER = """select s.partition, split_part(s.subject_key, '|', 2), s.data_version
    from unnest(%s::int[], %s::bigint[]) as known (partition, data_version)
    cross join lateral (
        select * from stream.signal as s
        where s.partition = known.partition and s.data_version > known.data_version and s.rule_id = 'AR-03') as s"""
#: A planner that has no statistics yet would read the whole table, and with several processes.
_BY_INDEX = "-c enable_seqscan=off -c enable_bitmapscan=off -c max_parallel_workers_per_gather=0"
CONSUMED = "select coalesce(sum(next_offset), 0)::bigint from stream.position"


def latency(on: Stage, report: Callable[[str], None], *, rate: int = 200, seconds: int = 20) -> Figures:
    """From publishing to a signal visible in SQL: caused by an event, and by time (1,000 and 50,000 in one instant)."""
    worker = on.start("worker")
    until_processed(on)
    report(f"latency of events at {rate}/s")
    of_events = by_event(on, rate, lambda elapsed: elapsed < seconds)
    report("latency of time: 1,000 in one instant")
    by_time = _by_time(on, 1000, lead=10)
    report("drain: 50,000 in one instant")
    drain = _by_time(on, 50_000, lead=45)
    worker.stop()
    return {
        "latency_event_p50_seconds": percentile(of_events, 0.50),
        "latency_event_p99_seconds": percentile(of_events, 0.99),
        "latency_time_p99_seconds": percentile(by_time, 0.99),
        "drain_50000_seconds": round(max(drain), 2),
    }


def by_event(on: Stage, rate: int, goes_on: Callable[[float], bool]) -> list[float]:
    """Seconds from publishing a late case to its signal, so many cases a second while `goes_on(seconds since the first)`."""
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(on, "late-", seen, stopping))
    watcher.start()
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    began = time.monotonic()
    with Delivery(on.settings) as delivery:
        for place in count():
            if not goes_on(time.monotonic() - began):
                break
            number = f"late-{place}"
            sent[number] = time.monotonic()
            _accept(delivery, number, promise_due_at=past)
            time.sleep(max(0.0, began + (place + 1) / rate - time.monotonic()))
    deadline = time.monotonic() + 30
    while len(seen) < len(sent) and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    watcher.join()
    return [seen.get(number, float("inf")) - at for number, at in sent.items()]


def _by_time(on: Stage, number: int, *, lead: int) -> list[float]:
    prefix = f"due{number}-"
    seen: dict[str, float] = {}
    stopping = threading.Event()
    due_at = datetime.now(UTC) + timedelta(seconds=lead)
    due = time.monotonic() + lead
    with Delivery(on.settings) as delivery:
        for place in range(number):
            _accept(delivery, f"{prefix}{place}", promise_due_at=due_at.isoformat())
    watcher = threading.Thread(target=_watch, args=(on, prefix, seen, stopping))
    watcher.start()
    deadline = due + 120
    while len(seen) < number and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    watcher.join()
    return [at - due for at in seen.values()] + [float("inf")] * (number - len(seen))


def _accept(delivery: Delivery, number: str, **data: Any) -> None:
    now = datetime.now(UTC)
    document = {
        "specversion": "1.0",
        "type": wire.type_name("case.accepted"),
        "source": SOURCE,
        "id": f"{number}-1",
        "subject": number,
        "authority": AUTHORITY,
        "time": (now - timedelta(hours=2)).isoformat(),
        "recordkey": "accepted",
        "data": {"matter_code": "M007", "unit_code": "u01", **data},
    }
    delivery.send("events.case", f"{AUTHORITY}|{number}".encode(), wire.encode(document))


def _watch(on: Stage, prefix: str, seen: dict[str, float], stopping: threading.Event) -> None:
    """Notes when each red signal was first seen in SQL; newest epochs only and in one query, so that looking stays cheap."""
    newest = dict.fromkeys(range(on.settings.partitions), 0)
    with psycopg.connect(on.settings.database, autocommit=True, options=_BY_INDEX) as connection:
        connection.execute("create index if not exists bench_signal on stream.signal (partition, data_version)")
        while not stopping.is_set():
            at = time.monotonic()
            for partition, number, version in connection.execute(_NEWER, [[*newest], [*newest.values()]]).fetchall():
                newest[partition] = max(version, newest[partition])
                if number.startswith(prefix):
                    seen.setdefault(number, at)
            stopping.wait(0.02)


def until_processed(on: Stage) -> float:
    """Sends one event and waits until it is counted."""
    before = on.ask(CONSUMED)
    with Delivery(on.settings) as delivery:
        _accept(delivery, f"probe-{time.time_ns()}")
    return on.wait(lambda: on.ask(CONSUMED) > before)


def percentile(values: list[float], share: float) -> float:
    """The value below which so large a share of them lies."""
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 3)
