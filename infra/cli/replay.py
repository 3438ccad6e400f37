"""replay: a log of a source system, lived through in the order of time."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.progress import progress
from infra.cli.screen import console, settings_with_servers, show_json
from streams.settings import Settings


def replay(
    file: Annotated[
        str, typer.Argument(help="The log, in the mapping's format, plain or gzipped; 'sample' for the mapping's own.")
    ],
    mapping: Annotated[
        str, typer.Option("--mapping", "-m", help="A shipped mapping's name, or the path of one.")
    ] = "wabo-receipt",
    speed: Annotated[str, typer.Option(help="'max', or how many times faster than life, such as 3600x.")] = "max",
    shuffle: Annotated[int | None, typer.Option(help="Send in disorder (a seed), with one mark at the end.")] = None,
    double: Annotated[bool, typer.Option("--double", help="Send every event twice.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was sent as JSON.")] = False,
) -> None:
    """Send the events of a log with marks, so that its history is lived through. Sending it again changes nothing."""
    from connectors.sources.replay import Pace

    settings = settings_with_servers()
    outcome, seconds = replay_file(
        settings, file, mapping, Pace(speed=_speed(speed), shuffle_seed=shuffle, doubles=double)
    )
    if as_json:
        show_json(
            {
                "events": outcome.events,
                "rejected": outcome.rejected,
                "marks": outcome.marks,
                "up_to": outcome.up_to,
                "seconds": round(seconds, 3),
            }
        )
    else:
        total = sum(outcome.events.values())
        console.print(
            f"{total:,} events sent in {seconds:.1f} s, up to {outcome.up_to:%Y-%m-%d %H:%M:%S %Z}, with {outcome.marks:,} marks"
        )
        for code, number in outcome.rejected.items():
            console.print(f"rejected: {number:,} × {code}")
    if outcome.rejected:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(replay)


def replay_file(settings: Settings, file: str, mapping_name: str, pace: Any) -> tuple[Any, float]:
    """Loads what the mapping brings as reference data, then sends; returns what was sent and the seconds it took."""
    from connectors.backfill import Throttle
    from connectors.doors import door_of
    from connectors.kafka import Delivery
    from connectors.sources.mapping import SHIPPED, BadMapping, load_mapping
    from connectors.sources.replay import replay as send
    from connectors.sources.tell import closing, read_traces, reference_tables, tell
    from infra.cli.publish import loader

    mapping = load_mapping(mapping_name)
    if file == "sample" and mapping.sample is None:
        raise BadMapping(f"mapping {mapping.name} brings no sample: give the path of a log")
    path = SHIPPED / str(mapping.sample) if file == "sample" else Path(file)
    traces = read_traces(mapping, path)
    loader(settings, mapping.name, loaded_by="replay")(reference_tables(mapping, traces))
    documents = tell(mapping, traces)
    total = len(documents) * (2 if pace.doubles else 1)
    began = time.monotonic()
    with (
        progress("replaying", total) as report,
        Delivery(settings) as delivery,
        Throttle(settings, flush=delivery.flush, report=report) as throttle,
    ):
        outcome = send(
            delivery,
            door_of(settings, "replay"),
            documents,
            authority=mapping.authority_code,
            pace=pace,
            report=report,
            closing=closing(mapping),
            wait=throttle.wait,
        )
    return outcome, time.monotonic() - began


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if speed <= 0 or speed > timedelta.max.total_seconds():
        raise typer.BadParameter(f"{text!r} is no speed: 'max', or a number such as 3600x")
    return speed
