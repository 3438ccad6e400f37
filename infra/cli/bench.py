"""bench: speed on this machine, on servers and a data folder of its own."""

import os
import shutil
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from infra.cli.screen import console, show_json, show_table, steps
from streams.settings import load_settings

#: key → what it says, and what it should be.
MEANING = {
    "publish_events_per_second": ("publishing, events/s", ""),
    "worker_events_per_second": ("worker, events/s", "≥ 10,000"),
    "worker_rss_mb": ("worker, resident MB", "< 600"),
    "landing_events_per_second": ("landing, events/s", "≥ 30,000"),
    "landing_with_verdicts_events_per_second": ("landing with verdicts, events/s", ""),
    "idle_tick_ms": ("idle tick, ms (p95)", "< 10"),
    "restart_seconds": ("restart to first event, s", "< 10"),
    "restart_after_kill_seconds": ("the same after kill -9, s", "< 15"),
    "latency_event_p50_seconds": ("publish to signal, s (p50)", ""),
    "latency_event_p99_seconds": ("publish to signal, s (p99)", "< 1"),
    "latency_time_p99_seconds": ("instant to signal, 1,000 at once, s (p99)", "< 2"),
    "drain_50000_seconds": ("drain of 50,000 at once, s", ""),
    "recompute_affected": ("open cases that a notice concerns", ""),
    "recompute_seconds": ("until they are read again, s", "< 90 for 50,000 of 1,000,000"),
    "recompute_affected_per_second": ("read again, cases/s", ""),
    "recompute_latency_p99_seconds": ("publish to signal meanwhile, s (p99)", "< 2"),
}


def bench(
    events: Annotated[int, typer.Option(help="How many events wait in the topic.")] = 1_000_000,
    open_cases: Annotated[int, typer.Option(help="Cases that are open at the same time.")] = 50_000,
    subjects: Annotated[int, typer.Option(help="Open cases, for recompute.")] = 100_000,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 2,
    only: Annotated[
        Literal["work", "land", "latency", "restart", "recompute"] | None,
        typer.Option(help="Measure this alone; where none is given all but recompute."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure events per second, latency, restart and memory, with Kafka, PostgreSQL and worker on this machine."""
    from infra.benchmarks import measures
    from infra.benchmarks.latency import latency
    from infra.benchmarks.recompute import recompute
    from infra.benchmarks.stage import stage

    settings = load_settings()
    home = settings.home.with_name(settings.home.name + "-bench")
    shutil.rmtree(home, ignore_errors=True)  # of a run that was killed
    (home / "cache").mkdir(parents=True, exist_ok=True)
    if (settings.home / "cache" / "maven").exists():
        shutil.copytree(settings.home / "cache" / "maven", home / "cache" / "maven", dirs_exist_ok=True)
    figures: dict[str, Any] = {"cores": os.cpu_count()}
    try:
        with steps() as report, stage(home, report) as on:
            if only == "recompute":
                figures |= recompute(on, subjects, workers, report)
            else:
                figures |= measures.publish(on, events, open_cases, report)
            if only in (None, "work", "latency", "restart"):
                figures |= measures.work(on, events, workers, report)
            if only in (None, "work"):
                figures |= measures.idle_tick(on, report)
            if only in (None, "land"):
                figures |= measures.land(on, events, report)
            if only in (None, "restart"):
                figures |= measures.restart(on, report)
            if only in (None, "latency"):
                figures |= latency(on, report)
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)
    if as_json:
        show_json(figures)
    else:
        _tell(figures, home if keep else None)


def add_to(app: typer.Typer) -> None:
    app.command()(bench)


def _tell(figures: dict[str, Any], kept: Path | None) -> None:
    rows = [(text, figures[key], wanted) for key, (text, wanted) in MEANING.items() if key in figures]
    title = f"{figures['cores']} cores"
    if "events" in figures:
        title = f"{figures['events']:,} events of {figures['event_bytes']} bytes on {title}"
    elif "recompute_subjects" in figures:
        title = f"{figures['recompute_subjects']:,} open cases on {title}"
    show_table(title, ["", "measured", "wanted"], rows, right=frozenset({"measured", "wanted"}))
    if kept is not None:
        console.print(f"data kept in {kept}")
