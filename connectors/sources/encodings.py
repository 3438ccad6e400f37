"""In which encoding a text file is written: by its byte order mark, else the first of UTF-8 and GB18030 that fits all of it."""

import codecs
from pathlib import Path

from connectors.sources.logged import UnreadableFile
from connectors.sources.unpacked import opened

#: Byte order marks; GB18030 has one of its own.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1024 * 1024


def encoding_of(path: Path) -> str:
    """The encoding of a file, plain or gzipped; raises UnreadableFile with the line where none of them fits."""
    with opened(path) as stream:
        head = stream.read(4)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return marked
    as_utf8 = _first_misfit(path, "utf-8")
    if as_utf8 is None:
        return "utf-8"
    as_chinese = _first_misfit(path, "gb18030")
    if as_chinese is None:
        return "gb18030"
    raise UnreadableFile(
        f"{path}: is neither UTF-8 (line {as_utf8}) nor GB18030 (line {as_chinese}): "
        "set 'encoding' in the mapping; nothing was sent"
    )


def _first_misfit(path: Path, encoding: str) -> int | None:
    """The line of the first bytes that this encoding does not have."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with opened(path) as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            if not chunk:
                return None
