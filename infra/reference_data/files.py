"""Files of reference data: CSV or Excel, one table a file or one table a sheet."""

import csv
import difflib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from infra.reference_data.columns import InvalidRows
from infra.reference_data.tables import TABLES

TableRows = dict[str, list[dict[str, str | None]]]


class PlacedRow(dict[str, str | None]):
    """A row that knows where it stands: file, sheet, line."""

    place: str


def read_directory(folder: Path) -> TableRows:
    """The rows of every table that a folder (or one workbook) has; raises InvalidRows where a file cannot be read."""
    found: TableRows = {}
    faults: list[str] = []
    for path in _files(folder):
        try:
            for name, place, rows in _csv(path) if path.suffix.lower() == ".csv" else _workbook(path):
                if name not in TABLES:
                    faults.append(f"{place}: {_no_table(name)}")
                elif name in found:
                    faults.append(f"{place}: table {name!r} is given twice; keep one file or sheet of it")
                else:
                    found[name] = list(rows)
        except InvalidRows as error:
            faults += error.faults
    if faults:
        raise InvalidRows(faults)
    if not found:
        expected = "expected files such as calendar.csv, matter.xlsx, or a workbook with such sheets"
        raise InvalidRows([f"{folder}: no table of reference data here; {expected}"])
    return found


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
    elif folder.is_dir():
        suffixes = (".csv", ".xlsx")
        yield from (
            path for path in sorted(folder.iterdir()) if path.suffix.lower() in suffixes and path.name[0] != "~"
        )


def _no_table(name: str) -> str:
    near = difflib.get_close_matches(name, TABLES, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"these are: {', '.join(TABLES)}"
    return f"{name!r} is no table of reference data; {hint}"


def _csv(path: Path) -> Iterator[tuple[str, str, Iterable[dict[str, str | None]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = error.object.count(b"\n", 0, error.start) + 1, error.object[error.start]
        remedy = "save the file as 'CSV UTF-8', or as .xlsx"
        raise InvalidRows([f"{path.name} row {line}: byte {byte:#04x} is not UTF-8; {remedy}"]) from None
    if text:
        yield path.stem, path.name, _placed(path.name, _numbered(path.name, text))


def _numbered(place: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line of the file on which each begins: a quoted cell may go over several.

    Raises InvalidRows where a quotation mark is not closed: the cell would swallow the rows that follow.
    """
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    first = 1
    try:
        for cells in reader:
            yield first, cells
            first = reader.line_num + 1
    except csv.Error as error:
        remedy = "close the quotation marks of each cell of this row, and double those within its text"
        raise InvalidRows([f"{place} row {first}: {error}; {remedy}"]) from None


def _workbook(path: Path) -> Iterator[tuple[str, str, Iterable[dict[str, str | None]]]]:
    """Every sheet that holds anything; a workbook with one sheet may bear the table's name itself."""
    from openpyxl import load_workbook  # noqa: PLC0415 - only who has a workbook waits for it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise InvalidRows([f"{path.name}: is no workbook ({error}); save it as .xlsx"]) from None
    sheets = book.worksheets
    is_one_table = path.stem in TABLES and len(sheets) == 1
    for sheet in sheets:
        rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        place = f"{path.name}, sheet {sheet.title!r}"
        if any(any(row) for row in rows):
            yield path.stem if is_one_table else sheet.title, place, _placed(place, enumerate(rows, start=1))
    book.close()


def _placed(place: str, lines: Iterable[tuple[int, list[str]]]) -> Iterator[dict[str, str | None]]:
    """The rows below the header, the first line that says anything; empty lines are passed over, but counted."""
    header: list[str] | None = None
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [name.strip() for name in cells]
            while header and not header[-1]:
                header.pop()
            if twice := [name for name in header if name and header.count(name) > 1]:
                raise InvalidRows([f"{place} row {number}: column {twice[0]!r} stands twice; keep one"])
            continue
        row = PlacedRow(zip(header, cells, strict=False))
        row.place = f"{place} row {number}"
        surplus = [cell for cell in cells[len(header) :] if cell.strip()]
        if surplus:
            raise InvalidRows([f"{row.place}: {surplus[0]!r} stands beside the last column {header[-1]!r}; remove it"])
        yield row


def _text(cell: Any) -> str:
    """A cell as it would stand in a CSV file."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)
