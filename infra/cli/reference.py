"""reference: calendars, office hours, matters and rules."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table

reference = typer.Typer(no_args_is_help=True, help="Calendars, office hours, matters and rules.")


@reference.command()
def load(
    folder: Annotated[
        Path | None,
        typer.Argument(help="CSV files in the form of infra/reference; the shipped ones where none is given."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="The given tables hold nothing else afterwards.")] = False,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Load reference data as a new version; nothing where nothing changes. All rows or none."""
    import getpass

    from infra.reference_data import load_folder, load_shipped

    url = settings_with_servers().database
    given = {"loaded_by": getpass.getuser(), "note": note}
    result = load_folder(url, folder, replaces=replace, **given) if folder else load_shipped(url)
    if as_json:
        show_json(
            {
                "version": result.version,
                "is_new": result.is_new,
                "recomputes": result.recomputes,
                "changes": result.changes,
            }
        )
    elif not result.is_new:
        console.print(f"nothing changes: version {result.version} stays in force")
    else:
        rows = [(name, *counts) for name, counts in sorted(result.changes.items())]
        show_table(
            f"version {result.version} is in force",
            ["table", "added", "replaced", "removed"],
            rows,
            right=frozenset({"added", "replaced", "removed"}),
        )
        if result.recomputes:
            console.print("the workers read the affected cases again in the background")


@reference.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show the versions, the newest first."""
    import psycopg

    with psycopg.connect(settings_with_servers().database) as connection:
        rows = connection.execute(
            """select v.version, to_char(v.loaded_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), v.loaded_by, v.note,
                      v.version = (select version from reference.active)
               from reference.version as v order by v.version desc"""
        ).fetchall()
    if as_json:
        names = ("version", "loaded_at", "loaded_by", "note", "is_active")
        show_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        show_table(
            None, ["version", "loaded", "by", "note", "in force"], [(*row[:4], "yes" if row[4] else "") for row in rows]
        )


def add_to(app: typer.Typer) -> None:
    app.add_typer(reference, name="reference")
