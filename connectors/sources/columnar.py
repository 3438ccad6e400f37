"""Parquet files, read in batches: memory is that of a batch and of the largest column chunk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.sources.logged import Entry, Layout, Sheet, UnreadableFile
from connectors.sources.workbooks import text_of

BATCH_ROWS = 5_000
#: A column chunk is unpacked whole; a bigger one is refused before it is.
MOST_CHUNK_BYTES = 512 * 1024 * 1024


def read_parquet(path: Path, layout: Layout) -> Sheet:
    """The rows of a Parquet file, as a stream; `line` is the row's number from 1. Raises UnreadableFile."""
    from pyarrow import ArrowException  # noqa: PLC0415 - heavy, and only Parquet needs it
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    if not path.is_file():
        raise UnreadableFile(f"{path}: there is no such file")
    try:
        file = ParquetFile(path)
        _check_chunks(path, file.metadata)
    except (ArrowException, OSError) as error:
        raise UnreadableFile(f"{path}: is no Parquet file, or is cut off ({error}); nothing was sent") from None
    return Sheet(tuple(file.schema_arrow.names), _rows(path, file, layout, (ArrowException, OSError)))


def _check_chunks(path: Path, metadata: Any) -> None:
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            if chunk.total_uncompressed_size > MOST_CHUNK_BYTES:
                raise UnreadableFile(
                    f"{path}: {chunk.total_uncompressed_size} bytes in one chunk of column {chunk.path_in_schema!r}, "
                    f"at most {MOST_CHUNK_BYTES}: write smaller row groups; nothing was sent"
                )


def _rows(path: Path, file: Any, layout: Layout, broken: tuple[type[Exception], ...]) -> Iterator[Entry]:
    columns = [name for name in file.schema_arrow.names if layout.used is None or name in layout.used]
    position = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
            told = [[_text(value) for value in _plain(batch.column(name))] for name in columns]
            for cells in zip(*told, strict=True):
                position += 1
                attributes = {
                    name: cell for name, cell in zip(columns, cells, strict=True) if cell and cell not in layout.empty
                }
                yield Entry(position, attributes, position)
    except broken as error:
        raise UnreadableFile(f"{path}: broken after row {position}: {error}; nothing was sent") from None
    finally:
        file.close()


def _plain(column: Any) -> Any:
    """Python values; nanoseconds, which Python's instants do not have, are cut off."""
    from pyarrow import timestamp, types  # noqa: PLC0415

    if types.is_timestamp(column.type):
        column = column.cast(timestamp("us", column.type.tz), safe=False)
    return column.to_pylist()


def _text(value: Any) -> str:
    """As in a workbook, but that a number has all its digits."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text_of(value)
