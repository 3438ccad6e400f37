"""A bar for long work: how far, how fast, how long still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from infra.cli.screen import notes


@contextmanager
def progress(doing: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Shows a bar on a terminal (`total` None: how many there are is not known); call what it gives with the number just done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed or 0:,.0f} /s")

    with Progress(
        TextColumn(doing), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(),
        console=notes, disable=not notes.is_terminal,
    ) as shown:  # fmt: skip
        task = shown.add_task(doing, total=total)
        yield lambda number: shown.advance(task, number)
