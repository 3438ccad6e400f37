"""Event logs in XES (IEEE 1849), plain or gzipped, read as a stream. Nothing in them is believed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.sources.logged import Entry, Trace, UnreadableFile
from connectors.sources.unpacked import opened

#: The platform reads no subject of more than 2,000 records; a case far beyond is no case.
MOST_ENTRIES = 100_000


def read_xes(path: Path) -> Iterator[Trace]:
    """The traces of a log, in the order of the file. Raises UnreadableFile with the line where it breaks."""
    try:
        with opened(path) as stream:
            yield from _traces(path, stream)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(f"{path}: broken at line {error.lineno}: {error.msg}; nothing was sent") from None


def _traces(path: Path, stream: Any) -> Iterator[Trace]:
    position = start = 0
    entries: list[Entry] = []
    parser = etree.iterparse(
        stream, events=("end",), tag=("{*}event", "{*}trace", "{*}log"), resolve_entities=False, no_network=True, load_dtd=False
    )  # fmt: skip
    for _, element in parser:
        match etree.QName(element).localname:
            case "event" if etree.QName(element.getparent()).localname != "trace":
                element.clear(keep_tail=False)  # of no case
            case "event":
                position += 1
                entries.append(Entry(position, _attributes(element), element.sourceline or 0))
                if len(entries) > MOST_ENTRIES:
                    raise UnreadableFile(
                        f"{path}: line {element.sourceline}: a case of more than {MOST_ENTRIES} events; nothing was sent"
                    )
                element.clear(keep_tail=False)
            case "trace":
                yield Trace(start, _attributes(element), tuple(entries), position + 1, element.sourceline or 0)
                position += 2
                start, entries = position, []
                element.clear(keep_tail=False)
                while element.getprevious() is not None:
                    del element.getparent()[0]
            case _:
                return


def _attributes(element: Any) -> dict[str, str]:
    found = {}
    for child in element:
        key, value = child.get("key"), child.get("value")
        if key is not None and value is not None:
            found[key] = value
    return found
