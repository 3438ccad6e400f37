"""What is measured, one function each. Figures are of this machine; ratios say more than absolute times."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.kafka import Delivery
from infra.benchmarks.latency import CONSUMED, Figures, until_processed
from infra.benchmarks.load import events
from infra.benchmarks.stage import Stage
from streams.engine import End, Engine
from streams.store import Partition, Store
from streams.topics import describe

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
    began = on.wait(lambda: on.ask(CONSUMED) > 0)
    first = on.ask(CONSUMED)

    def is_done() -> bool:
        for worker in running:
            worker.look()
        return bool(on.ask(CONSUMED) >= number)

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
    if on.ask(CONSUMED) >= number:  # what the worker has not consumed gets no verdict
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
    until_processed(on)
    first.stop()
    began = time.monotonic()
    second = on.start("worker")
    graceful = until_processed(on) - began
    second.stop(signal.SIGKILL)
    began = time.monotonic()
    third = on.start("worker")
    after_kill = until_processed(on) - began
    third.stop()
    return {"restart_seconds": round(graceful, 2), "restart_after_kill_seconds": round(after_kill, 2)}


def _rate(number: int, began: float) -> int:
    return round(number / (time.monotonic() - began))
