"""CSV files: any delimiter, the encoding given or found, quoted cells over several lines."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from connectors.sources.encodings import encoding_of
from connectors.sources.headings import RawRow, sheet_of
from connectors.sources.logged import Layout, Sheet, UnreadableFile
from connectors.sources.unpacked import opened


def read_delimited(path: Path, layout: Layout) -> Sheet:
    """The rows of a CSV file, as a stream. Raises UnreadableFile with the line where it breaks."""
    encoding = encoding_of(path) if layout.encoding == "auto" else layout.encoding
    return sheet_of(path, _rows(path, encoding, layout.delimiter), layout, text=str.strip, is_strict=True)


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    rows = None
    with io.TextIOWrapper(opened(path), encoding=encoding, newline="") as file:
        try:
            rows = csv.reader(_unmarked(file), delimiter=delimiter, strict=True)
            line = 1
            for cells in rows:
                if cells:
                    yield line, cells
                line = rows.line_num + 1
        except UnicodeDecodeError as error:
            line = rows.line_num + 1 if rows else 1
            raise UnreadableFile(
                f"{path}: line {line}: byte 0x{error.object[error.start]:02x} is not {encoding}; "
                "set 'encoding' in the mapping (gb18030?); nothing was sent"
            ) from None
        except csv.Error as error:
            raise UnreadableFile(f"{path}: line {rows.line_num if rows else 1}: {error}; nothing was sent") from None


def _unmarked(file: Iterator[str]) -> Iterator[str]:
    """The lines without a byte order mark, which some encodings hand through."""
    yield next(file, "").removeprefix("\ufeff")
    yield from file
