"""Any file a mapping knows, as a stream of cases: what unites logs of traces and tables of rows."""

from collections.abc import Callable, Iterator
from pathlib import Path

from connectors.sources.columnar import read_parquet
from connectors.sources.delimited import read_delimited
from connectors.sources.json_lines import read_json_lines
from connectors.sources.logged import Entry, Fault, Layout, Log, Sheet, Trace, UnreadableFile, shown
from connectors.sources.mapping import Mapping
from connectors.sources.templates import cell_of, columns_in
from connectors.sources.workbooks import read_workbook
from connectors.sources.xes import read_xes

TABLES: dict[str, Callable[[Path, Layout], Sheet]] = {
    "csv": read_delimited,
    "xlsx": read_workbook,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
}
#: As long as a number of a subject may be (the contract's limit).
LONGEST_NUMBER = 200


def open_log(mapping: Mapping, path: Path) -> Log:
    """The cases of a file in the mapping's format, as a stream; raises UnreadableFile, also while it is read.

    A table of cases is read in bounded memory; a table whose rows are entries is grouped by case, in memory.
    """
    if mapping.format == "table":
        raise UnreadableFile(
            f"mapping {mapping.name} reads a table of a database, not a file: 'govpulse poll -m {mapping.name} --dry-run'"
        )
    if mapping.format == "xes":
        return Log((), (_numbered(mapping, trace) for trace in read_xes(path)))
    sheet = TABLES[mapping.format](path, mapping.layout)
    missing = [name for name in columns_in(mapping.number) if sheet.columns and name not in sheet.columns]
    if missing:
        raise UnreadableFile(f"{path}: no column {missing[0]!r} among {', '.join(sheet.columns)}; nothing was sent")
    return Log(sheet.columns, _cases(mapping, sheet) if mapping.row == "case" else _grouped(mapping, sheet))


def number_of(mapping: Mapping, trace: Trace) -> str:
    """The number of a case that was read."""
    number = cell_of(trace.attributes, mapping.number)
    assert number is not None
    return number


def _cases(mapping: Mapping, sheet: Sheet) -> Iterator[Trace | Fault]:
    for row in sheet.rows:
        if isinstance(row, Fault):
            yield row
        else:
            entry = Entry(1, row.attributes, row.line)
            yield _numbered(mapping, Trace(0, row.attributes, (entry,), 2, row.line))


def _grouped(mapping: Mapping, sheet: Sheet) -> Iterator[Trace | Fault]:
    """Rows with one number together, in the order of the file; a trace's attributes are those of its first row.

    Places are counted within the case: what stands of others before it changes nothing of it.
    """
    grouped: dict[str, list[Entry]] = {}
    for row in sheet.rows:
        number = None if isinstance(row, Fault) else cell_of(row.attributes, mapping.number)
        if isinstance(row, Fault):
            yield row
        elif number is None:
            yield _missing(mapping, row.line)
        else:
            entries = grouped.setdefault(number, [])
            entries.append(Entry(len(entries) + 1, row.attributes, row.line))
    for entries in grouped.values():
        first = entries[0]
        yield _numbered(mapping, Trace(0, first.attributes, tuple(entries), len(entries) + 1, first.line))


def _numbered(mapping: Mapping, trace: Trace) -> Trace | Fault:
    number = cell_of(trace.attributes, mapping.number)
    if not number:
        return _missing(mapping, trace.line)
    if len(number) > LONGEST_NUMBER:
        return Fault(
            "bad_number", trace.line, mapping.number, f"{shown(number)} has more than {LONGEST_NUMBER} characters"
        )
    return trace


def _missing(mapping: Mapping, line: int) -> Fault:
    return Fault("missing_number", line, mapping.number, "the case has no number")
