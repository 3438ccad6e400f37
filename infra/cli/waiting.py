"""Waiting until the workers have read again what a load of reference data concerns."""

import time
from collections.abc import Iterator

import psycopg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.cli.screen import notes

#: After so long without progress nobody seems to be working.
PATIENCE = 15.0


def wait_until_read_again(url: str) -> None:
    """Shows how many subjects wait; gives up, with the remedy, where no worker takes them."""
    from infra.reference_data.affected import waiting

    with psycopg.connect(url, autocommit=True) as connection:
        left = first = waiting(connection)
        if first:
            with _bar() as bar:
                task = bar.add_task("reading again", total=first)
                for left in _falling(connection):
                    bar.update(task, completed=max(0, first - left))
    if left:
        notes.print(f"{left:,} subjects wait for a worker: start it with 'govpulse up' or 'govpulse worker'")


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=notes, transient=True)


def _falling(connection: "psycopg.Connection[tuple[int]]") -> Iterator[int]:
    """How many wait, asked again and again, until none does or their number stands still."""
    from infra.reference_data.affected import waiting

    least, moved = None, time.monotonic()
    while (asked := time.monotonic()) - moved < PATIENCE:
        left = waiting(connection)
        if least is None or left < least:
            least, moved = left, time.monotonic()
        yield left
        if not left:
            return
        time.sleep(min(10.0, max(0.5, 5 * (time.monotonic() - asked))))  # asking must not slow the work
