"""Files that may be compressed: opened as a stream that stops where it grows beyond all proportion."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from connectors.sources.logged import UnreadableFile

#: More than this many bytes per compressed byte, past the first hundred megabytes, is a bomb and no log.
MOST_RATIO, FREE_BYTES = 100, 100 * 1024 * 1024
MOST_BYTES = 8 * 1024**3
#: What a workbook's cells share is held in memory; its other parts but the sheets are parsed whole.
MOST_STRINGS_BYTES, MOST_PART_BYTES = 512 * 1024 * 1024, 32 * 1024 * 1024
_CHUNK = 1024 * 1024


def opened(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked where it is gzipped. Raises UnreadableFile, also while it is read."""
    try:
        with path.open("rb") as probe:
            is_gzipped = probe.read(2) == b"\x1f\x8b"
        stream: Any = gzip.open(path) if is_gzipped else path.open("rb")  # noqa: SIM115 - closed by what reads it
    except (FileNotFoundError, IsADirectoryError):
        raise UnreadableFile(f"{path}: there is no such file") from None
    return io.BufferedReader(_Guarded(stream, path), _CHUNK)


def check_archive(path: Path) -> None:
    """Raises UnreadableFile where a ZIP archive (a workbook) is broken or would grow beyond all proportion.

    The sizes are those that the archive declares; Python reads no more than these of a member.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise UnreadableFile(f"{path}: is no workbook, or is cut off ({error}); nothing was sent") from None
    _check_size(path, sum(member.file_size for member in members), max(1, path.stat().st_size))
    for member in members:
        if member.filename.endswith((".xml", ".rels")) and not member.filename.startswith("xl/worksheets/sheet"):
            most = MOST_STRINGS_BYTES if "sharedStrings" in member.filename else MOST_PART_BYTES
            if member.file_size > most:
                raise UnreadableFile(
                    f"{path}: {member.file_size} bytes in {member.filename}, at most {most}: save it as CSV; nothing was sent"
                )


def _check_size(path: Path, unpacked: int, compressed: int) -> None:
    if unpacked > MOST_BYTES or (unpacked > FREE_BYTES and unpacked > MOST_RATIO * compressed):
        raise UnreadableFile(
            f"{path}: {unpacked} bytes out of {compressed} compressed ones is no log; nothing was sent"
        )


class _Guarded(io.RawIOBase):
    def __init__(self, stream: Any, path: Path) -> None:
        self._stream, self._path, self._read = stream, path, 0
        self._compressed = max(1, path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk: bytes = self._stream.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(
                f"{self._path}: the compressed data is broken or cut off ({error}); nothing was sent"
            ) from None
        self._read += len(chunk)
        _check_size(self._path, self._read, self._compressed)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()
