"""CSV files: one row per event, or one per case with an instant in each column."""

import csv
from pathlib import Path

from connectors.sources.logged import Entry, Trace, UnreadableFile


def read_table(path: Path, *, number: str, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[Trace]:
    """Rows grouped by the column `number`; a trace's attributes are those of its first row."""
    grouped: dict[str, list[Entry]] = {}
    try:
        with path.open(encoding=encoding, newline="") as file:
            rows = csv.DictReader(file, delimiter=delimiter, strict=True)
            if number not in (rows.fieldnames or ()):
                raise UnreadableFile(f"{path}: no column {number!r} among {', '.join(rows.fieldnames or ())}")
            for position, row in enumerate(rows, start=1):
                if None in row or None in row.values():
                    raise UnreadableFile(f"{path}: line {rows.line_num} has more or fewer cells than the heading")
                entry = Entry(position, {name: cell for name, cell in row.items() if cell != ""})
                grouped.setdefault(row[number], []).append(entry)
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{path}: byte {error.start} is not {encoding}; set 'encoding' in the mapping (gb18030?); nothing was sent"
        ) from None
    except csv.Error as error:
        raise UnreadableFile(f"{path}: line {rows.line_num}: {error}; nothing was sent") from None
    return [
        Trace(entries[0].position - 1, entries[0].attributes, tuple(entries), entries[-1].position + 1)
        for entries in grouped.values()
    ]
