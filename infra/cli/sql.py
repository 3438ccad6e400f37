"""sql: a question to the warehouse."""

import csv
import sys
from typing import Annotated, Literal

import typer

from infra.cli.screen import notes, settings_with_servers, show_json, show_table


def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement; tables of schema marts need no prefix.")],
    format: Annotated[Literal["table", "csv", "json"], typer.Option(help="How to show the rows.")] = "table",  # noqa: A002
    seconds: Annotated[int, typer.Option(help="Give up after so many seconds.")] = 60,
) -> None:
    """Ask the warehouse, read-only."""
    import psycopg

    settings = settings_with_servers()
    with psycopg.connect(settings.database, application_name="govpulse sql", autocommit=True) as connection:
        connection.read_only = True
        connection.execute(
            "select set_config('search_path', 'marts, public', false), set_config('timezone', 'Asia/Shanghai', false)"
        )
        connection.execute("select set_config('statement_timeout', %s, false)", [str(seconds * 1000)])
        try:
            cursor = connection.execute(query.encode())
        except psycopg.Error as error:
            notes.print(f"govpulse: {str(error).strip()}", markup=False)
            raise typer.Exit(2) from None
        if cursor.description is None:
            return
        names = [column.name for column in cursor.description]
        rows = cursor.fetchall()
    if format == "json":
        show_json([dict(zip(names, row, strict=True)) for row in rows])
    elif format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        numbers = frozenset(name for place, name in enumerate(names) if rows and not isinstance(rows[0][place], str))
        show_table(None, names, rows, right=numbers)


def add_to(app: typer.Typer) -> None:
    app.command()(sql)
