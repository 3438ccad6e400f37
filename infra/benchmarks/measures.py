"""What is measured, one function each. Figures are of this machine; ratios say more than absolute times."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from connectors.kafka import Delivery
from infra.benchmarks.load import AUTHORITY, SOURCE, events
from infra.benchmarks.stage import Measured, Stage
from streams import wire
from streams.engine import End, Engine
from streams.store import Partition, Store
from streams.topics import describe

Figures = dict[str, Any]
_CONSUMED = "select coalesce(sum(next_offset), 0)::bigint from stream.position"
_LANDED = "select coalesce(sum(next_offset), 0)::bigint from raw.position"


def publish(on: Stage, number: int, open_cases: int, report: Callable[[str], None]) -> Figures:
    """Fills the topic."""
    report(f"publishing {number:,} events")
    began, size = time.monotonic(), 0
    with Delivery(on.settings) as delivery:
        for key, value in events(number, now=datetime.now(UTC), open_cases=open_cases):
            delivery.send("events.case", key, value)
            size += len(value)
    return {"events": number, "event_bytes": round(size / number), "publish_events_per_second": _rate(number, began)}


def work(on: Stage, number: int, workers: int, report: Callable[[str], None]) -> Figures:
    """From the first commit to the last event, with everything else of this machine idle but Kafka and PostgreSQL."""
    report(f"folding with {workers} worker process(es)")
    running = [on.start("worker") for _ in range(workers)]
    began = on.wait(lambda: on.ask(_CONSUMED) > 0)
    first = on.ask(_CONSUMED)

    def is_done() -> bool:
        for worker in running:
            worker.look()
        return bool(on.ask(_CONSUMED) >= number)

    ended = on.wait(is_done)
    rate = round((number - first) / (ended - began))
    for worker in running:
        worker.stop()
    return {
        "workers": workers,
        "worker_events_per_second": rate,
        "worker_rss_mb": max(worker.most_rss for worker in running) // 2**20,
        "subjects": on.ask("select count(*) from stream.subject"),
        "signals": on.ask("select count(*) from stream.signal"),
    }


def land(on: Stage, number: int, report: Callable[[str], None]) -> Figures:
    """The copy into raw, and the copy with every verdict."""
    report("landing")
    landing = on.start("land", "--once")
    began = on.wait(lambda: on.ask(_LANDED) > 0)
    first = on.ask(_LANDED)

    def is_landed() -> bool:
        landing.look()
        return bool(on.ask(_LANDED) >= number)

    landed = on.wait(is_landed)
    figures: Figures = {"landing_events_per_second": round((number - first) / (landed - began))}
    if on.ask(_CONSUMED) >= number:  # what the worker has not consumed gets no verdict
        judged = on.wait(lambda: on.ask("select coalesce(sum(judged_to), 0) from raw.position") >= number)
        figures["landing_with_verdicts_events_per_second"] = round((number - first) / (judged - began))
    landing.stop()
    return figures | {"landing_rss_mb": landing.most_rss // 2**20}


def idle_tick(on: Stage, report: Callable[[str], None]) -> Figures:
    """A tick of a loaded partition with nothing due."""
    report("idle ticks")
    name = on.settings.topic("events.case")
    topic = describe(on.settings, [name])[name]
    engine = Engine(Store(on.settings.database))
    partition = Partition(name, "case", 0)
    offset = engine.assign(partition, topic_id=topic.topic_id, partitions=topic.partitions)
    while engine.tick(partition, end=End(offset, datetime.now(UTC))):
        pass
    times = []
    for _ in range(100):
        began = time.perf_counter()
        engine.tick(partition, end=None)
        times.append(time.perf_counter() - began)
    engine.store.close()
    return {"idle_tick_ms": round(1000 * sorted(times)[94], 2)}


def restart(on: Stage, report: Callable[[str], None]) -> Figures:
    """From the start of a process to its first processed event: after a graceful stop, and after kill -9."""
    report("restarts")
    first = on.start("worker")
    _until_processed(on)
    first.stop()
    began = time.monotonic()
    second = on.start("worker")
    graceful = _until_processed(on) - began
    second.stop(signal.SIGKILL)
    began = time.monotonic()
    third = on.start("worker")
    after_kill = _until_processed(on) - began
    third.stop()
    return {"restart_seconds": round(graceful, 2), "restart_after_kill_seconds": round(after_kill, 2)}


def latency(on: Stage, report: Callable[[str], None], *, rate: int = 200, seconds: int = 20) -> Figures:
    """From publishing to a signal visible in SQL: caused by an event, and by time (1,000 and 50,000 in one instant)."""
    worker = on.start("worker")
    _until_processed(on)
    report(f"latency of events at {rate}/s")
    by_event = _by_event(on, rate, seconds)
    report("latency of time: 1,000 in one instant")
    by_time = _by_time(on, 1000, lead=10)
    report("drain: 50,000 in one instant")
    drain = _by_time(on, 50_000, lead=45)
    worker.stop()
    return {
        "latency_event_p50_seconds": _percentile(by_event, 0.50),
        "latency_event_p99_seconds": _percentile(by_event, 0.99),
        "latency_time_p99_seconds": _percentile(by_time, 0.99),
        "drain_50000_seconds": round(max(drain), 2),
    }


def _by_event(on: Stage, rate: int, seconds: int) -> list[float]:
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(on, "late-", seen, stopping))
    watcher.start()
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    began = time.monotonic()
    with Delivery(on.settings) as delivery:
        for place in range(rate * seconds):
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
    """Notes when each red signal was first seen in SQL; newest epochs only, so that looking stays cheap."""
    newest: dict[int, int] = {}
    with psycopg.connect(on.settings.database, autocommit=True) as connection:
        connection.execute("create index if not exists bench_signal on stream.signal (partition, data_version)")
        while not stopping.is_set():
            at = time.monotonic()
            for partition in range(on.settings.partitions):
                rows = connection.execute(
                    """select split_part(subject_key, '|', 2), data_version from stream.signal
                       where partition = %s and data_version > %s and rule_id = 'AR-03'""",
                    [partition, newest.get(partition, 0)],
                ).fetchall()
                for number, version in rows:
                    newest[partition] = max(version, newest.get(partition, 0))
                    if number.startswith(prefix):
                        seen.setdefault(number, at)
            stopping.wait(0.01)


def _until_processed(on: Stage) -> float:
    """Sends one event and waits until it is counted."""
    before = on.ask(_CONSUMED)
    with Delivery(on.settings) as delivery:
        _accept(delivery, f"probe-{time.time_ns()}")
    return on.wait(lambda: on.ask(_CONSUMED) > before)


def _rate(number: int, began: float) -> int:
    return round(number / (time.monotonic() - began))


def _percentile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 3)


__all__ = ["Measured", "idle_tick", "land", "latency", "publish", "restart", "work"]
