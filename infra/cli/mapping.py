"""mapping: what a source's file becomes, before anything is sent."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from infra.cli.screen import console, show_json, show_table

if TYPE_CHECKING:
    from connectors.sources.preview import Preview

mapping = typer.Typer(no_args_is_help=True, help="Mapping files: how a source's file becomes events.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@mapping.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the mappings that are shipped."""
    from connectors.sources.mapping import load_mapping, shipped_mappings

    rows = [(name, load_mapping(name).format, load_mapping(name).title) for name in shipped_mappings()]
    if as_json:
        show_json([dict(zip(("name", "format", "title"), row, strict=True)) for row in rows])
    else:
        show_table(None, ["name", "format", "title"], rows)


@mapping.command()
def check(
    file: Annotated[str, typer.Argument(help="The mapping: a path, or the name of a shipped one.")],
    sample: Annotated[Path | None, typer.Option(help="A file of the source.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Read so many rows of it.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Check a mapping; with --sample show what the first rows become and what fails. Exit code 1 if anything does."""
    from connectors.sources.mapping import load_mapping, trace_function
    from connectors.sources.preview import preview

    checked = load_mapping(file)
    trace_function(checked)
    if sample is None:
        console.print(f"mapping {checked.name} is well formed; --sample FILE shows what a file becomes")
        return
    found = preview(checked, sample, rows=rows)
    if as_json:
        show_json(as_plain(found))
    else:
        tell(found, checked.tzinfo)
    if found.faults:
        raise typer.Exit(1)


@mapping.command()
def new(
    data: Annotated[Path, typer.Argument(help="A CSV, XLSX, JSON Lines or Parquet file of the source.")],
    out: Annotated[Path | None, typer.Option(help="Write it there instead of printing it.")] = None,
) -> None:
    """Draft a mapping from a file's headings and first rows, to be finished by hand."""
    from connectors.sources.guessed import guess

    text = guess(data)
    if out is None:
        print(text, end="")
        return
    if out.exists():
        raise typer.BadParameter(f"{out} is there already: give another --out")
    out.write_text(text, encoding="utf-8")
    console.print(f"{out} is a draft: read every line, then 'govpulse mapping check {out} --sample {data}'")


def add_to(app: typer.Typer) -> None:
    app.add_typer(mapping, name="mapping")


def tell(found: "Preview", zone: ZoneInfo) -> None:
    for row in found.rows:
        console.print(f"line {row.line}" + (f": {row.number}" if row.number else ""), markup=False)
        for event in row.events:
            kind = event["type"].removeprefix("cn.gov.approval.").removesuffix(".v1")
            data = ", ".join(f"{name} = {value}" for name, value in event.get("data", {}).items())
            at = datetime.fromisoformat(event["time"]).astimezone(zone)
            console.print(
                f"  {at.isoformat(sep=' ')}  {kind}  {event.get('recordkey', event['id'])}  {data}", markup=False
            )
        for fault in row.faults:
            console.print(f"  refused: {fault}", markup=False)
        if not row.events and not row.faults:
            console.print("  tells nothing")
    for column, codes in found.unmapped.items():
        console.print(
            f"codes of {column!r} that the mapping does not have: {', '.join(map(repr, codes))}", markup=False
        )
    if found.unread:
        console.print(f"columns that are not read: {', '.join(found.unread)}", markup=False)
    events = sum(len(row.events) for row in found.rows)
    console.print(f"{len(found.rows)} rows become {events} events; {len(found.faults)} refused")


def as_plain(found: "Preview") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(found)
    return told
