"""JSON Lines: one object a line; what lies inside an object is named by its path, 'applicant.kind'."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from connectors.sources.logged import Entry, Fault, Layout, Sheet
from connectors.sources.unpacked import opened

MOST_BYTES_A_LINE = 1024 * 1024
MOST_DEPTH = 8


def read_json_lines(path: Path, layout: Layout) -> Sheet:
    """The objects of a file, as a stream; a line that is none is a fault, and the next is read."""
    return Sheet((), _rows(path, layout))


def _rows(path: Path, layout: Layout) -> Iterator[Entry | Fault]:
    line = position = 0
    with opened(path) as stream:
        while raw := stream.readline(MOST_BYTES_A_LINE + 1):
            line += 1
            if len(raw) > MOST_BYTES_A_LINE:
                while raw and not raw.endswith(b"\n"):
                    raw = stream.readline(MOST_BYTES_A_LINE)
                yield Fault("too_large", line, None, f"more than {MOST_BYTES_A_LINE} bytes")
                continue
            raw = raw.removeprefix(b"\xef\xbb\xbf").strip() if line == 1 else raw.strip()
            if raw:
                position += 1
                yield _row(raw, line, position, layout)


def _row(raw: bytes, line: int, position: int, layout: Layout) -> Entry | Fault:
    try:
        found = msgspec.json.decode(raw)
    except UnicodeDecodeError as error:
        return Fault("not_utf8", line, None, f"byte {error.start}: {error.reason}")
    except (msgspec.DecodeError, RecursionError) as error:
        return Fault("not_json", line, None, str(error))
    if not isinstance(found, dict):
        return Fault("not_json", line, None, f"a row is a JSON object, not {type(found).__name__}")
    attributes = {
        name: text
        for name, text in _flat(found, "", MOST_DEPTH)
        if text and text not in layout.empty and (layout.used is None or name in layout.used)
    }
    return Entry(position, attributes, line)


def _flat(found: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        match value:
            case None:
                continue
            case dict() if depth:
                yield from _flat(value, f"{prefix}{name}.", depth - 1)
            case str():
                yield f"{prefix}{name}", value.strip()
            case bool():
                yield f"{prefix}{name}", str(value).lower()
            case int() | float():
                yield f"{prefix}{name}", repr(value)
            case _:
                yield f"{prefix}{name}", msgspec.json.encode(value).decode()
