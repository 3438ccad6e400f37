"""What a file of a source system holds: cases as traces with entries, and what of it could not be read."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

#: 居民身份证 and telephone numbers: never shown, wherever they stand.
_NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)")


class UnreadableFile(Exception):
    """A file that is not what it says it is; nothing of it was sent."""


class Fault(Struct, frozen=True):
    """A row that could not be told: a stable code, where it stands, and what is wrong."""

    code: str
    line: int
    column: str | None
    detail: str

    def __str__(self) -> str:
        column = f", column {self.column!r}" if self.column else ""
        return f"line {self.line}{column}: {self.code}: {self.detail}"


class BadRow(Exception):
    """One row, or one case, that cannot be told; the others go on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Entry(Struct, frozen=True):
    """One row or event of the file; `position` counts through the whole file from 1, `line` is where people find it."""

    position: int
    attributes: Mapping[str, str]
    line: int = 0


class Trace(Struct, frozen=True):
    """One case as the file has it; `position` lies before its entries, `end_position` after them."""

    position: int
    attributes: Mapping[str, str]
    entries: tuple[Entry, ...]
    end_position: int
    line: int = 0


class Sheet(Struct, frozen=True):
    """Rows under a heading (`columns` is empty where the format has none); `rows` is read once, as a stream."""

    columns: tuple[str, ...]
    rows: Iterator[Entry | Fault]


class Log(Struct, frozen=True):
    """The cases of a file, read once, as a stream; `columns` are names that stand in its heading."""

    columns: tuple[str, ...]
    traces: Iterator[Trace | Fault]


class Layout(Struct, frozen=True):
    """Where the rows stand: lines of the heading (first, last; 0: none), sheet, encoding, what is read at all.

    `used`: the columns that are read (None: all); `empty`: cells that mean nothing.
    """

    header: tuple[int, int] = (1, 1)
    sheet: str | None = None
    encoding: str = "auto"
    delimiter: str = ","
    used: frozenset[str] | None = None
    empty: frozenset[str] = frozenset()


def shown(text: str) -> str:
    """A cell as an error may show it: short, and without numbers of persons."""
    masked = _NUMBERS.sub("…", text)
    return repr(masked if len(masked) <= 60 else f"{masked[:60]}…")
