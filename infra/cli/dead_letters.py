"""dead-letters: messages that could not be taken: which there are, what they say, and sending them again, mended."""

import base64
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.progress import progress
from infra.cli.screen import console, settings_with_servers, show_json, show_table

dead_letters = typer.Typer(
    no_args_is_help=True, help="Messages that could not be taken: list them, show one, send them again."
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
#: Of refused letters so many are shown one by one.
MOST_SHOWN = 20


@dead_letters.command("list")
def list_(
    where: Annotated[
        str | None, typer.Option(help="Only these: code=…,source=…,day=2026-11-24, or TOPIC/PARTITION/OFFSET.")
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="One by one instead of grouped.")] = False,
    as_json: AsJson = False,
) -> None:
    """List dead letters by code, source and day of arrival, and what became of them.

    open: untouched. sent: replayed, the verdict is to come. accepted: replayed, and counts. refused: replayed, and refused
    again. Exit code 1 if any is open or refused.
    """
    import msgspec
    import psycopg

    from connectors.dead_letters import reading
    from connectors.dead_letters.selection import EVERYTHING

    selection = EVERYTHING if where is None else _selection(where)
    with psycopg.connect(settings_with_servers().database) as connection:
        found: list[Any] = (reading.letters if each else reading.groups)(connection, selection)
    if as_json:
        show_json(msgspec.to_builtins(found))
    elif not found:
        console.print("no dead letters")
    elif each:
        _show_each(found)
    else:
        _show_groups(found)
    if any(one.state in reading.WAITING if each else one.open + one.refused for one in found):
        raise typer.Exit(1)


@dead_letters.command()
def show(
    where: Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET, as 'list' has it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write its original bytes, and nothing else.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with its bytes and its replays; for members of the role govpulse_dead_letters."""
    from connectors.dead_letters import reading

    selection = _selection(where)
    if selection.place is None:
        raise typer.BadParameter(f"{where!r} is not TOPIC/PARTITION/OFFSET")
    with reading.reader(settings_with_servers().database) as connection:
        found = reading.one(connection, selection)
    if found is None:
        raise typer.BadParameter(f"there is no dead letter at {where}")
    if raw:
        sys.stdout.buffer.write(found.value or b"")
    elif as_json:
        show_json(_whole(found) | {"value_base64": base64.b64encode(found.value or b"").decode()})
    else:
        _show_whole(found)


@dead_letters.command()
def replay(
    where: Annotated[
        str, typer.Option(help="Which: TOPIC/PARTITION/OFFSET, or code=…,source=…,day=2026-11-24 (any of them).")
    ],
    patch: Annotated[
        Path | None, typer.Option(help="A file with a JSON merge patch (RFC 7396), merged into each.", exists=True)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each.")] = False,
    by: Annotated[str, typer.Option("--by", help="Your name, for the account of who replayed what.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send dead letters again through admission, under the same source and id; what was taken already is left alone.

    Exit code 1 if any is still refused.
    """
    from connectors.dead_letters.replaying import Order
    from connectors.dead_letters.replaying import replay as run

    order = Order(_selection(where), _patch(patch) if patch else None, by)
    found = run(settings_with_servers(), order, is_dry=dry_run, progress=progress)
    _tell(found, is_dry=dry_run, as_json=as_json)
    if any(one.outcome == "refused" for one in found.results):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.add_typer(dead_letters, name="dead-letters")


def _selection(text: str) -> Any:
    from connectors.dead_letters.selection import WrongSelection, selection_of

    try:
        return selection_of(text)
    except WrongSelection as error:
        raise typer.BadParameter(str(error)) from None


def _patch(path: Path) -> Any:
    from connectors.dead_letters.patch import WrongPatch, patch_of

    try:
        return patch_of(path.read_bytes(), name=str(path))
    except WrongPatch as error:
        raise typer.BadParameter(str(error)) from None


def _show_groups(found: list[Any]) -> None:
    figures = ["letters", "open", "sent", "accepted", "refused"]
    rows = [
        (one.day, one.code, one.source, *(getattr(one, name) for name in figures), one.expired or None, one.first)
        for one in found
    ]
    columns = ["day", "code", "source", *figures, "bytes gone", "the first"]
    show_table(None, columns, rows, right=frozenset({*figures, "bytes gone"}))


def _show_each(found: list[Any]) -> None:
    rows = [
        (one.place, f"{one.arrived_at:%Y-%m-%d %H:%M:%S}", one.code, one.field, one.source, _became(one))
        for one in found
    ]
    show_table(None, ["where", "arrived (UTC)", "code", "field", "source", "state"], rows)


def _became(one: Any) -> str:
    """'accepted (duplicate)', 'refused (unknown_source)', 'open, bytes gone'."""
    more = one.verdict or one.refused_code
    state = f"{one.state} ({more})" if more and more != one.state else one.state
    return f"{state}, bytes gone" if one.expired_at else str(state)


def _whole(found: Any) -> dict[str, Any]:
    import msgspec

    return {
        **msgspec.to_builtins(found.listed),
        "detail": found.detail,
        "key": _text(found.key),
        "value": _text(found.value),
        "replays": found.replays,
    }


def _show_whole(found: Any) -> None:
    for name, value in _whole(found).items():
        if name != "replays":
            console.print(f"{name:12} {'' if value is None else value}", markup=False)
    if found.replays:
        columns = ["run", "at", "user", "name", "where", "patch", "outcome", "code"]
        rows = [
            (one["run_id"], one["at"], one["os_user"], one["given_name"], one["selection"],
             (one["patch_sha256"] or "")[:12], one["outcome"], one["code"])
            for one in found.replays
        ]  # fmt: skip
        console.print()
        show_table("Replays", columns, rows)


def _tell(found: Any, *, is_dry: bool, as_json: bool) -> None:
    import msgspec

    if as_json:
        show_json(msgspec.to_builtins(found))
        return
    counts = Counter(one.outcome if one.code is None else f"{one.outcome}: {one.code}" for one in found.results)
    for outcome, number in counts.most_common():
        would_be = "would be " if is_dry else "" if outcome.startswith("refused") else "sent, to be "
        console.print(f"{number:,} {would_be}{outcome}", markup=False)
    refused = [one for one in found.results if one.outcome == "refused"]
    for one in refused[:MOST_SHOWN]:
        console.print(f"  {one.place}: {one.code} {one.field or ''}: {one.detail}", markup=False)
    if len(refused) > MOST_SHOWN:
        console.print(f"  … and {len(refused) - MOST_SHOWN:,} more: --json has all")
    if found.left:
        console.print(f"{found.left:,} were replayed before and left alone")
    if not found.results:
        console.print("nothing to replay")
    elif is_dry:
        console.print("nothing was sent: without --dry-run it will be")
    else:
        console.print(f"replay {found.run}: 'govpulse dead-letters list' shows what becomes of them")


def _text(part: bytes | None) -> str | None:
    return None if part is None else bytes(part).decode("utf-8", errors="backslashreplace")
