"""publish: events from a file or standard input."""

import difflib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers, show_json
from streams.settings import Settings

#: Names of files that are never CloudEvents, one a line.
_NEEDS_MAPPING = frozenset({".csv", ".parquet", ".xes", ".xlsx"})
#: What a mapping says of itself, and what its `[catalogue]` names by its code, counts the first time; afterwards these rows are the city's.
_FIRST_TIME = frozenset({"authority", "matter", "schedule_assignment", "source", "unit"})


def publish(
    file: Annotated[
        str,
        typer.Argument(
            help="A file of CloudEvents, one JSON object a line; - for standard input. With --mapping: a source's own file."
        ),
    ] = "-",
    mark: Annotated[
        bool,
        typer.Option(
            "--mark", help="Afterwards say to marked authorities that everything up to the last event's time is sent."
        ),
    ] = False,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", "-m", help="How FILE becomes events: a shipped mapping's name, or a path."),
    ] = None,
    accept_vanished: Annotated[
        bool, typer.Option("--accept-vanished", help="However many cases are missing in a snapshot: delete them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict on every line as JSON.")] = False,
    example: Annotated[
        bool, typer.Option("--example", help="Print an event of now, as a pattern, and send nothing.")
    ] = False,
    event_type: Annotated[
        str, typer.Option("--type", help="With --example: of which type; docs/data-dictionary.md lists them.")
    ] = "case.accepted",
) -> None:
    """Check events and send them to Kafka. Exit code 1 if any was refused; the others are sent."""
    from connectors.lines import publish_lines

    if example:
        print(_example(event_type))
        return

    if file != "-" and not Path(file).exists():
        raise typer.BadParameter(f"there is no file {file!r}")
    if mapping is None and Path(file).suffix.lower() in _NEEDS_MAPPING:
        raise typer.BadParameter(
            f"{file!r} is no file of CloudEvents: say with --mapping how it becomes events; "
            f"'govpulse mapping new {file}' drafts a mapping"
        )
    settings = settings_with_servers()
    if mapping is not None:
        _publish_by(settings, mapping, file, accept_vanished=accept_vanished, as_json=as_json)
        return
    lines = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115 - read to its end below
    with lines:
        outcome = publish_lines(settings, lines, marks=mark, now=datetime.now(UTC))
    if as_json:
        show_json(outcome)
    else:
        _tell(outcome)
    if outcome["rejected"]:
        raise typer.Exit(1)


def loader(settings: Settings, mapping: str, *, loaded_by: str = "publish") -> Callable[[Any], None]:
    """Loads what a mapping brings as reference data, where it brings any; authority and source that are there stay."""
    from infra.reference_data import load

    def prepare(tables: Any) -> None:
        if tables:
            note = f"mapping {mapping}"
            load(settings.database, tables, loaded_by=loaded_by, note=note, only_new=_FIRST_TIME)

    return prepare


def _publish_by(settings: Settings, mapping: str, file: str, *, accept_vanished: bool, as_json: bool) -> None:
    from connectors.sources.mapping import load_mapping
    from connectors.sources.publishing import publish_file
    from infra.cli.progress import progress

    chosen = load_mapping(mapping)
    account = publish_file(
        settings,
        chosen,
        Path(file),
        prepare=loader(settings, chosen.name),
        progress=progress,
        accept_vanished=accept_vanished,
    )
    if as_json:
        show_json(account.as_json())
    else:
        console.print(account.as_text().rstrip(), markup=False)
    if account.rejected:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(publish)


def _example(event_type: str) -> str:
    from infra.contracts.examples import examples, of_now

    if event_type not in examples():
        near = difflib.get_close_matches(event_type, examples(), n=1)
        raise typer.BadParameter(f"no event type {event_type!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return of_now(event_type, datetime.now().astimezone())


def _tell(outcome: dict[str, Any]) -> None:
    for verdict in outcome["verdicts"]:
        if verdict["verdict"] == "rejected":
            field = f" {verdict['field']}" if verdict["field"] else ""
            console.print(f"line {verdict['line']}: rejected: {verdict['code']}{field}: {verdict['detail']}")
        elif verdict["dropped"]:
            console.print(
                f"line {verdict['line']}: sent; fields not in the contract were dropped: {', '.join(verdict['dropped'])}"
            )
    console.print(f"{outcome['sent']} sent, {outcome['rejected']} rejected")
    for authority, as_of in outcome["unmarked"].items():
        stands = f"stands at {as_of}" if as_of else "has not begun"
        console.print(
            f"the clock of {authority!r} {stands}: it lives by marks. With --mark it goes on to the last event's time"
        )
