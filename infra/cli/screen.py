"""What the command line shows: tables, steps under way, JSON."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.settings import Settings, load_settings

#: Off a terminal (a pipe, a file) rows are not folded to its width.
WIDE = None if sys.stdout.isatty() else 240
console = Console(highlight=False, soft_wrap=True, width=WIDE)
notes = Console(stderr=True, highlight=False, soft_wrap=True)


class NotRunning(Exception):
    """What the verb needs is not there yet."""


def settings_with_servers() -> Settings:
    """The settings, with servers to talk to; NotRunning where there are none."""
    settings = load_settings()
    missing = [name for name in ("kafka", "database") if not getattr(settings, name)]
    if missing:
        raise NotRunning(
            f"nothing is running in {settings.home}: start it with 'govpulse up', set GOVPULSE_HOME to the folder "
            "where it runs, or set GOVPULSE_KAFKA and GOVPULSE_DATABASE"
        )
    return settings


def show_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_table(
    title: str | None, columns: list[str], rows: list[tuple[Any, ...]], *, right: frozenset[str] = frozenset()
) -> None:
    """A table without frames; columns in `right` are figures."""
    table = Table(title=title, box=None, title_justify="left", title_style="bold", header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    console.print(table)


def plain(value: Decimal | None) -> str:
    """A figure without the zeros at its end."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@contextmanager
def steps() -> Iterator[Any]:
    """Shows what is under way: a spinner on a terminal, a line each elsewhere."""
    if not notes.is_terminal:
        yield lambda text: print(f"  {text}", file=sys.stderr, flush=True)
        return
    with notes.status("…") as status:
        yield status.update


def _cell(value: Any) -> str:
    """A value as people read it: instants to the second."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case _:
            return str(value)
