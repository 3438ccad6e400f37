"""The strings that the cells of a workbook share, held as one run of bytes: a third of what a list of them takes, or less."""

from array import array
from typing import Any

from lxml import etree
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS


class Strings:
    """A sequence of texts in UTF-8, each known by where it ends."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def append(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "replace")
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise KeyError(f"shared string {index} of {len(self)}")
        return self._bytes[self._ends[index] : self._ends[index + 1]].decode()


class Reader(ExcelReader):
    """openpyxl's reader, but for the strings."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = _read(source)


def _read(source: Any) -> Any:
    """Every <si>: its texts put together, without those that say how it is pronounced."""
    strings = Strings()
    parser = etree.iterparse(
        source, events=("end",), tag="{*}si", resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in parser:
        texts = (one.text or "" for one in element.iter("{*}t") if etree.QName(one.getparent()).localname != "rPh")
        strings.append("".join(texts))
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]
    return strings
