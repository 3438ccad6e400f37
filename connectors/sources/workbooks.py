"""XLSX workbooks, read row by row: memory does not grow with the rows, but for the strings that they share."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import singledispatch
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from connectors.sources.headings import RawRow, sheet_of
from connectors.sources.logged import BadRow, Fault, Layout, Sheet, UnreadableFile
from connectors.sources.unpacked import check_archive

MOST_ROWS = 1_048_576
#: So many lines at least say how wide a sheet is.
LEAST_LINES = 10
#: Excel keeps fifteen digits of a number; a longer one is no longer what was typed.
MOST_EXACT = 10**15


def read_workbook(path: Path, layout: Layout) -> Sheet:
    """The rows of one sheet (the first where none is named), as a stream. Raises UnreadableFile with the row."""
    check_archive(path)
    return sheet_of(
        path, _rows(path, layout.sheet, max(layout.header[1], LEAST_LINES)), layout, text=text_of, is_strict=False
    )


def _rows(path: Path, sheet: str | None, first: int) -> Iterator[RawRow]:
    from connectors.sources.shared_strings import Reader  # noqa: PLC0415 - a second that only workbooks need

    line = 0
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # styles and extensions that do not concern the cells
            reader = Reader(file, read_only=True, data_only=True, keep_links=False)
            reader.read()
            book = reader.wb
            try:
                page = _page(path, book, sheet)
                page.reset_dimensions()  # what a workbook says of its own size is often wrong
                # Cells far to the right of the heading would make every row as wide.
                width = max((len(cells) for cells in islice(page.iter_rows(values_only=True), first)), default=1) or 1
                for line, cells in enumerate(page.iter_rows(values_only=True, max_col=width), start=1):
                    if line > MOST_ROWS:
                        raise UnreadableFile(f"{path}: more than {MOST_ROWS} rows is no workbook; nothing was sent")
                    if any(cell is not None for cell in cells):
                        yield line, cells
            finally:
                book.close()
    except (BadZipFile, KeyError, ValueError, TypeError, SyntaxError, OSError, EOFError, OverflowError) as error:
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnreadableFile(f"{path}: broken after row {line}: {said}; nothing was sent") from None


def _page(path: Path, book: Any, sheet: str | None) -> Any:
    pages = {page.title: page for page in book.worksheets}
    if not pages:
        raise UnreadableFile(f"{path}: no sheet in it; nothing was sent")
    if sheet is None:
        return next(iter(pages.values()))
    if sheet not in pages:
        raise UnreadableFile(f"{path}: no sheet {sheet!r} among {', '.join(pages)}; nothing was sent")
    return pages[sheet]


@singledispatch
def text_of(value: Any) -> str:
    """A cell as text: instants in ISO form, whole numbers without a point, '' where there is nothing."""
    return "" if value is None else str(value).strip()


@text_of.register
def _(value: str) -> str:
    return value.strip()


@text_of.register
def _(value: bool) -> str:  # noqa: FBT001 - dispatched by type
    return str(value).lower()


@text_of.register(int)
@text_of.register(float)
def _(value: float) -> str:
    if abs(value) >= MOST_EXACT:
        detail = f"{value:.15g} stands as a number, of which Excel keeps 15 digits: make the column text"
        raise BadRow(Fault("too_many_digits", 0, None, detail))
    return str(int(value)) if value == int(value) else repr(value)


@text_of.register(datetime)
@text_of.register(date)
@text_of.register(time)
def _(value: Any) -> str:
    return str(value.isoformat())


@text_of.register
def _(value: timedelta) -> str:
    return str(value)
