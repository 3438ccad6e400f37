"""dead-letters: messages that could not be taken, with their original bytes."""

from typing import Annotated, Any

import psycopg
import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table

dead_letters = typer.Typer(no_args_is_help=True, help="Messages that could not be taken, with their original bytes.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_COLUMNS = ("topic", "partition", "offset", "arrived_at", "code", "field", "detail", "source", "state")


@dead_letters.command("list")
def list_(
    code: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters. Exit code 1 if there are any."""
    with psycopg.connect(settings_with_servers().database) as connection:
        rows = connection.execute(
            """select topic, partition, "offset", arrived_at, code, field, detail, source, state from stream.dead_letter
               where %(code)s::text is null or code = %(code)s order by arrived_at desc, topic, partition, "offset" desc limit %(limit)s""",
            {"code": code, "limit": limit},
        ).fetchall()
    if as_json:
        show_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    elif rows:
        shown = [
            (f"{row[0]}/{row[1]}/{row[2]}", f"{row[3]:%Y-%m-%d %H:%M:%S}", row[4], row[5], row[6][:60], row[7])
            for row in rows
        ]
        show_table(None, ["where", "arrived (UTC)", "code", "field", "detail", "source"], shown)
    else:
        console.print("no dead letters")
    if rows:
        raise typer.Exit(1)


@dead_letters.command()
def show(
    where: Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET, as 'list' has it.")], as_json: AsJson = False
) -> None:
    """Show one dead letter with its bytes."""
    try:
        topic, partition, offset = where.rsplit("/", 2)
        place = [topic, int(partition), int(offset)]
    except ValueError:
        raise typer.BadParameter(f"{where!r} is not TOPIC/PARTITION/OFFSET") from None
    with psycopg.connect(settings_with_servers().database) as connection:
        row = connection.execute(
            """select topic, partition, "offset", arrived_at, code, field, detail, source, state, key, value
               from stream.dead_letter where topic = %s and partition = %s and "offset" = %s""",
            place,
        ).fetchone()
    if row is None:
        raise typer.BadParameter(f"there is no dead letter at {where}")
    found: dict[str, Any] = dict(zip(_COLUMNS, row[:9], strict=True))
    found["key"], found["value"] = (_text(part) for part in row[9:])
    if as_json:
        show_json(found)
    else:
        for name, value in found.items():
            console.print(f"{name:12} {value}", markup=False)


def add_to(app: typer.Typer) -> None:
    app.add_typer(dead_letters, name="dead-letters")


def _text(part: bytes | None) -> str | None:
    return None if part is None else bytes(part).decode("utf-8", errors="backslashreplace")
