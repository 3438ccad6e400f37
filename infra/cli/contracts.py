"""contracts: what is written from the event types, whether it is fresh, and whether the last release still holds."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from infra.cli.screen import console, show_json


def contracts(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: are the files fresh, the examples valid, v1 kept?")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Keep the contract of now as that of the version in pyproject.toml.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Write JSON Schema, AsyncAPI, dbt's source and the data dictionary from the event types; or check them.

    Exit code 1 if a file is stale, an example is refused, or a change breaks what the last release promised.
    """
    from infra.contracts import artefacts, compatibility, examples, promises, released

    if check and release:
        raise typer.BadParameter("--check writes nothing, --release does: say one of them")
    last = released.last()
    changes = compatibility.changes(last.contract, promises.contract()) if last else []
    broken = [change for change in changes if not change.is_allowed]
    faults = list(examples.faults())
    files = artefacts.stale(artefacts.artefacts()) if check else artefacts.write()
    kept = None
    if release and not broken and not faults:
        kept = released.write(released.current_version()).name
    found = {
        "release": last.version if last else None,
        "files": [one._asdict() for one in files],
        "examples": faults,
        "changes": [change._asdict() | {"is_allowed": change.is_allowed} for change in changes],
        "released": kept,
    }
    if as_json:
        show_json(found)
    else:
        _tell(found, changes, check=check)
    if broken or faults or (check and files):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(contracts)


def _tell(found: dict[str, Any], changes: Sequence[Any], *, check: bool) -> None:
    for one in found["files"]:
        remedy = "; write it with 'govpulse contracts'" if check else ", written" if one["how"] != "left over" else ""
        console.print(f"{one['path']}: {one['how']}{remedy}")
    for fault in found["examples"]:
        console.print(f"example {fault}")
    for change in changes:
        console.print(f"{'allowed' if change.is_allowed else 'refused'}: {change}")
    broken = sum(not change.is_allowed for change in changes)
    since = f"since {found['release']}" if found["release"] else "nothing released yet"
    files = "stale" if check else "written"
    console.print(
        f"{len(found['files'])} files {files}, {len(found['examples'])} faults in examples; "
        f"{since}: {len(changes) - broken} changes allowed, {broken} refused"
    )
    if found["released"]:
        console.print(f"kept as infra/contracts/released/{found['released']}")
