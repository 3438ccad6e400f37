"""Rows under a heading: the names of the columns, merged cells included, and each row as an entry."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from connectors.sources.logged import BadRow, Entry, Fault, Layout, Sheet, UnreadableFile

#: (line, cells)
RawRow = tuple[int, Sequence[Any]]
MOST_COLUMNS = 16_384


def sheet_of(
    path: Path, raw: Iterator[RawRow], layout: Layout, *, text: Callable[[Any], str], is_strict: bool
) -> Sheet:
    """The rows below the heading; with `is_strict` a row of another width is a fault (ragged_row)."""
    first, last = layout.header
    heading = [[text(cell) for cell in cells] for _, cells in islice(raw, last)][max(0, first - 1) :]
    if last and not any(any(cells) for cells in heading):
        raise UnreadableFile(f"{path}: no heading in line {first}: set 'header' in the mapping; nothing was sent")
    head = None if last else next(raw, None)
    columns = tuple(names_of(heading)) if last else tuple(f"#{n + 1}" for n in range(len(head[1]) if head else 0))
    if len(columns) > MOST_COLUMNS:
        raise UnreadableFile(f"{path}: {len(columns)} columns, at most {MOST_COLUMNS}; nothing was sent")
    rest = raw if head is None else _again(head, raw)
    return Sheet(columns, _entries(rest, columns, layout, text=text, is_strict=is_strict))


def names_of(heading: list[list[str]]) -> list[str]:
    """One name a column. Of several lines the parts are joined by '/'.

    A merged cell has its text in its first column only: an upper cell that is empty, above one that is not, takes the
    text from its left. A name that comes again gets '#2'; a column without any is called by its number, '#3'.
    """
    width = max((len(cells) for cells in heading), default=0)
    lines = [[*(" ".join(cell.split()) for cell in cells), *[""] * (width - len(cells))] for cells in heading]
    for upper, lower in reversed(list(pairwise(lines))):
        for column in range(1, width):
            if not upper[column] and lower[column]:
                upper[column] = upper[column - 1]
    found: dict[str, int] = {}
    names = []
    for column in range(width):
        parts = [line[column] for line in lines if line[column]]
        name = "/".join(dict.fromkeys(parts)) or f"#{column + 1}"
        found[name] = found.get(name, 0) + 1
        names.append(name if found[name] == 1 else f"{name}#{found[name]}")
    return names


def _again(head: RawRow, rest: Iterator[RawRow]) -> Iterator[RawRow]:
    yield head
    yield from rest


def _entries(
    raw: Iterator[RawRow], columns: tuple[str, ...], layout: Layout, *, text: Callable[[Any], str], is_strict: bool
) -> Iterator[Entry | Fault]:
    picked = [(n, name) for n, name in enumerate(columns) if layout.used is None or name in layout.used]
    width = len(columns)
    position = 0
    for line, cells in raw:
        position += 1
        if is_strict and len(cells) != width:
            detail = f"{len(cells)} cells under {width} headings"
            yield Fault("ragged_row", line, None, detail)
            continue
        try:
            attributes = {}
            for n, name in picked:
                if n < len(cells):
                    cell = text(cells[n])
                    if cell and cell not in layout.empty:
                        attributes[name] = cell
        except BadRow as bad:
            yield Fault(bad.fault.code, line, name, bad.fault.detail)
            continue
        yield Entry(position, attributes, line)
