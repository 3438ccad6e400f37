"""What a file of a source system holds: traces with attributes, and their entries in the order of the file."""

from collections.abc import Mapping

from msgspec import Struct


class UnreadableFile(Exception):
    """A file that is not what it says it is; nothing of it was sent."""


class Entry(Struct, frozen=True):
    """One line or event of the file; `position` counts through the whole file from 1."""

    position: int
    attributes: Mapping[str, str]


class Trace(Struct, frozen=True):
    """One case as the file has it; `position` lies before its entries, `end_position` after them."""

    position: int
    attributes: Mapping[str, str]
    entries: tuple[Entry, ...]
    end_position: int
