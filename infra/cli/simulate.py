"""simulate: a city that does not exist, to try the platform with, and the truth about it."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.progress import progress
from infra.cli.screen import console, settings_with_servers, show_json
from streams.settings import Settings


def simulate(
    events: Annotated[int, typer.Option("--events", "-n", min=1000, max=100_000_000, help="How many events.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write events.jsonl, truth.jsonl, cells.jsonl and reference CSVs into this folder, and send nothing."
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=3, max=1500, help="Over how many days they happen.")] = 90,
    start: Annotated[str, typer.Option(help="The first day, from 2021-01-01 on.")] = "2025-01-02",
    as_json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Simulate a city's offices: cases of all kinds, told late, twice, wrongly and put right. Sends with marks."""
    from connectors.sources.simulated.catalogue import changed
    from connectors.sources.simulated.city import city_of
    from connectors.sources.simulated.diary import Diary
    from connectors.sources.simulated.plan import Plan
    from infra.reference_data.shipped import shipped_rulebook

    plan = Plan(events, seed, start=_day(start, days), days=days)
    book = shipped_rulebook()
    city = city_of(book.schedules["cn"], book.schedules["every_day"], catalogue=changed(book.matters, plan))
    diary = Diary(plan, city)
    began = time.monotonic()
    with progress("simulating", events) as report:
        told = _written(diary, city, out, report) if out is not None else _sent(diary, city, report)
    seconds = time.monotonic() - began
    outcome = _summary(plan, diary, seconds) | told
    if as_json:
        show_json(outcome)
    else:
        _tell(outcome)
    if outcome.get("rejected"):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(simulate)


def _written(diary: Any, city: Any, folder: Path, report: Any) -> dict[str, Any]:
    from connectors.sources.simulated.files import write_files

    write_files(diary, folder, city=city, report=report)
    return {"folder": str(folder)}


def send(settings: Settings, diary: Any, *, city: Any, report: Any, hours: int = 1) -> Any:
    """Loads the city's reference rows, then sends, with marks after every so many hours in which something was."""
    from connectors.doors import door_of
    from connectors.kafka import Delivery
    from connectors.sources.replay import Pace, replay
    from connectors.sources.simulated.city import AUTHORITY
    from connectors.sources.simulated.live import documents
    from connectors.sources.simulated.reference import reference_rows
    from infra.reference_data import load

    load(settings.database, reference_rows(city), loaded_by="simulate", note="simulated city")
    door = door_of(settings, "simulate")
    with Delivery(settings) as delivery:
        return replay(delivery, door, documents(diary), authority=AUTHORITY, pace=Pace(hours=hours), report=report)


def _sent(diary: Any, city: Any, report: Any) -> dict[str, Any]:
    sent = send(settings_with_servers(), diary, city=city, report=report)
    return {"types": sent.events, "rejected": sent.rejected, "marks": sent.marks}


def _summary(plan: Any, diary: Any, seconds: float) -> dict[str, Any]:
    from connectors.sources.simulated.city import AUTHORITY
    from connectors.sources.simulated.days import aware

    return {
        "authority": AUTHORITY,
        "events": plan.events,
        "seed": plan.seed,
        "first_day": plan.start,
        "up_to": aware(plan.end),
        "subjects": dict(diary.subjects),
        "oddities": dict(sorted(diary.tally.items())),
        "seconds": round(seconds, 3),
        "events_per_second": round(plan.events / seconds),
    }


def _tell(outcome: dict[str, Any]) -> None:
    subjects = ", ".join(f"{number:,} × {family}" for family, number in sorted(outcome["subjects"].items()))
    went = f"written to {outcome['folder']}" if "folder" in outcome else f"sent, with {outcome['marks']:,} marks"
    console.print(
        f"{outcome['events']:,} events up to {outcome['up_to']:%Y-%m-%d %H:%M:%S %Z} {went}, "
        f"in {outcome['seconds']:.1f} s ({outcome['events_per_second']:,} events/s): {subjects}"
    )
    for code, number in outcome.get("rejected", {}).items():
        console.print(f"rejected: {number:,} × {code}")


def _day(text: str, days: int) -> date:
    """The first day; the calendar's notices begin with 2021 and the contract ends with 2099."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--start {text!r} is no day: write it as 2025-01-02") from None
    if not date(2021, 1, 1) <= day <= date(2090, 1, 1):
        raise typer.BadParameter(
            f"--start {text} must lie between 2021-01-01 and 2090-01-01 (and {days} days follow it)"
        )
    return day
