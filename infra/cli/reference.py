"""reference: calendars, office hours, matters and rules."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.screen import console, notes, settings_with_servers, show_json, show_table

if TYPE_CHECKING:
    from infra.reference_data.changes import Difference
    from infra.reference_data.load import LoadResult

reference = typer.Typer(no_args_is_help=True, help="Calendars, office hours, matters and rules.")
Folder = typer.Argument(
    help="CSV files or workbooks in the form of infra/reference; the shipped ones where none is given."
)
Replace = typer.Option("--replace", help="The given tables hold nothing else afterwards.")
AsJson = typer.Option("--json", help="Print JSON.")


@reference.command()
def load(
    folder: Annotated[Path | None, Folder] = None,
    replace: Annotated[bool, Replace] = False,
    erratum: Annotated[bool, typer.Option("--erratum", help="The past may be rewritten.")] = False,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until the affected cases are read again.")] = True,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Load reference data as a new version; nothing where nothing changes. All rows or none.

    Of the shipped ones what somebody loaded here stays as it is, and is named.
    """
    import getpass

    from infra.cli.waiting import wait_until_read_again
    from infra.reference_data import load_folder, load_shipped

    url = settings_with_servers().database
    if folder is None:
        result = load_shipped(url)
    else:
        given = {"loaded_by": getpass.getuser(), "note": note}
        result = load_folder(url, folder, replaces=replace, is_erratum=erratum, **given)
    if as_json:
        show_json({name: getattr(result, name) for name in result.__struct_fields__})
    else:
        _tell(result)
    if result.recomputes and wait and not as_json:
        wait_until_read_again(url)


@reference.command()
def diff(
    folder: Annotated[Path, Folder],
    replace: Annotated[bool, Replace] = False,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Show what loading a folder would change, and how many subjects it would move; load nothing."""
    from infra.reference_data.versions import preview

    found = preview(settings_with_servers().database, folder, replaces=replace)
    affected = found.affected
    if as_json:
        moved = {"open": affected.open, "closed": affected.closed}
        told = {"version": found.version, "changes": _as_dicts(found.differences), "affected": moved}
        show_json(told | {"notes": found.notes})
        return
    _tell_notes(found.notes)
    if not found.differences:
        console.print(f"nothing would change: version {found.version} stays in force")
    else:
        _show_differences(f"against version {found.version}", found.differences)
        console.print(f"{affected.open:,} open and {affected.closed:,} closed subjects would be read again")


@reference.command()
def history(
    changes: Annotated[int | None, typer.Option(help="Show what this version changed.")] = None,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Show the versions, the newest first: who, when, why, how many rows, and whether the past was rewritten."""
    from infra.reference_data import versions

    url = settings_with_servers().database
    rows = versions.history(url)
    if changes is not None:
        if all(row["version"] != changes for row in rows):
            newest = f"the newest is {rows[0]['version']}" if rows else "nothing was loaded yet"
            raise typer.BadParameter(
                f"there is no version {changes}: {newest}; 'govpulse reference history' lists them"
            )
        found = versions.changes_in(url, changes)
        show_json(_as_dicts(found)) if as_json else _show_differences(f"version {changes}", found)
        return
    if as_json:
        show_json(rows)
        return
    show_table(
        None,
        ["version", "loaded", "by", "note", "erratum", "added / replaced / removed", "in force"],
        [
            (
                row["version"],
                row["loaded_at"],
                row["loaded_by"],
                row["note"],
                row["is_erratum"],
                "; ".join(f"{name} {'/'.join(map(str, counts))}" for name, counts in sorted(row["changes"].items())),
                "yes" if row["is_active"] else "",
            )
            for row in rows
        ],
    )


reference.command("show", hidden=True, help="The old name of history.")(history)


def _tell_notes(told: Iterable[str]) -> None:
    for note in told:
        notes.print(f"note: {note}", markup=False)


def _tell(result: "LoadResult") -> None:
    _tell_notes((*result.kept, *result.notes))
    if not result.is_new:
        console.print(f"nothing changes: version {result.version} stays in force")
        return
    show_table(
        f"version {result.version} is in force" + (" and rewrites the past" if result.is_erratum else ""),
        ["table", "added", "replaced", "removed"],
        [(name, *counts) for name, counts in sorted(result.changes.items())],
        right=frozenset({"added", "replaced", "removed"}),
    )
    if result.recomputes:
        console.print(
            "the workers read the affected subjects again; "
            f"what changed: govpulse reference history --changes {result.version}"
        )


def _as_dicts(differences: "list[Difference]") -> list[dict[str, Any]]:
    return [{name: getattr(found, name) for name in found.__struct_fields__} for found in differences]


def _show_differences(title: str, differences: "list[Difference]") -> None:
    rows = [
        (found.table, found.key, found.column or ("added" if found.old is None else "removed"), found.old, found.new)
        for found in differences
    ]
    show_table(title, ["table", "row", "column", "old", "new"], rows)


def add_to(app: typer.Typer) -> None:
    app.add_typer(reference, name="reference")
