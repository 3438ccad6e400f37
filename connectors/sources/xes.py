"""Event logs in XES (IEEE 1849), plain or gzipped, read as a stream. Nothing in them is believed."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from lxml import etree

from connectors.sources.logged import Entry, Trace, UnreadableFile

#: More than this many bytes per compressed byte, past the first hundred megabytes, is a bomb and no log.
MOST_RATIO, FREE_BYTES = 100, 100 * 1024 * 1024
MOST_BYTES = 8 * 1024**3


def read_xes(path: Path) -> list[Trace]:
    """All traces of a log, in the order of the file. Raises UnreadableFile with the line where it breaks."""
    try:
        with _opened(path) as stream:
            return list(_traces(stream))
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(f"{path}: broken at line {error.lineno}: {error.msg}; nothing was sent") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"{path}: the compressed data is broken or cut off ({error}); nothing was sent") from None


def _traces(stream: Any) -> Iterator[Trace]:
    position = 0
    parser = etree.iterparse(
        stream, events=("end",), tag=("{*}trace", "{*}log"), resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in parser:
        if etree.QName(element).localname == "log":
            return
        start = position
        entries: list[Entry] = []
        for child in element.iterchildren("{*}event"):
            position += 1
            entries.append(Entry(start + len(entries) + 1, _attributes(child)))
        position += 2
        yield Trace(start, _attributes(element), tuple(entries), position - 1)
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]


def _attributes(element: Any) -> dict[str, str]:
    found = {}
    for child in element:
        key, value = child.get("key"), child.get("value")
        if key is not None and value is not None:
            found[key] = value
    return found


class _Guarded:
    """A decompressed stream that stops where it grows beyond all proportion."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream, self._path, self._read = stream, path, 0
        self._compressed = max(1, path.stat().st_size)

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._stream.read(size if size >= 0 else 1024 * 1024)
        self._read += len(chunk)
        is_bomb = self._read > FREE_BYTES and self._read > MOST_RATIO * self._compressed
        if is_bomb or self._read > MOST_BYTES:
            raise UnreadableFile(
                f"{self._path}: {self._read} bytes out of {self._compressed} compressed ones is no log; nothing was sent"
            )
        return chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def _opened(path: Path) -> Any:
    with path.open("rb") as probe:
        is_gzipped = probe.read(2) == b"\x1f\x8b"
    return _Guarded(gzip.open(path) if is_gzipped else path.open("rb"), path)
