"""A first mapping, guessed from the headings and first rows of a file, for people to finish."""

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from connectors.sources.encodings import encoding_of
from connectors.sources.formats import TABLES
from connectors.sources.instants import local_of
from connectors.sources.logged import Entry, Layout, UnreadableFile
from connectors.sources.unpacked import opened

ROWS = 200
FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y%m%d%H%M%S",
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y",
)  # fmt: skip
#: What a heading says, and the event that its date then is; the first that fits.
_EVENTS = (
    (r"不予受理|not.?accepted", "case.not_accepted"),
    (r"受理|accept|submit", "case.accepted"),
    (r"申请|申报|appl|request", "case.applied"),
    (r"收件|receiv|intake", "case.received"),
    (r"办结|完成|finish|complet|issu|closed", "case.finished"),
    (r"决定|审批|decid|decision|approv", "case.decided"),
    (r"送达|领取|deliver", "case.delivered"),
)
_NUMBER = re.compile(r"编号|办件|流水号|业务号|申办号|\bno\b|number|_id$|^id$|case", re.IGNORECASE)
_PERSONAL = re.compile(
    r"姓名|联系|电话|手机|身份证|证件|地址|住址|邮箱|name|phone|mobile|address|e-?mail", re.IGNORECASE
)
_ID_NUMBER = re.compile(r"(?:\d{17}[\dXx]|1\d{10})")
_FIXED = {"case.accepted", "case.applied"}


class Column(Struct):
    """What the first rows have in a column."""

    name: str
    cells: list[str] = []

    @property
    def is_time(self) -> bool:
        times = [cell for cell in self.cells if len(cell) >= 8 and local_of(cell, FORMATS) is not None]
        return bool(self.cells) and len(times) >= 0.9 * len(self.cells)

    @property
    def is_personal(self) -> bool:
        return bool(_PERSONAL.search(self.name)) or any(_ID_NUMBER.fullmatch(cell) for cell in self.cells)


def guess(path: Path) -> str:
    """A mapping in TOML that reads this file; raises UnreadableFile where the format cannot be told."""
    form, layout = _layout(path)
    sheet = TABLES[form](path, layout)
    columns = {name: Column(name) for name in sheet.columns}
    rows = 0
    for row in islice(sheet.rows, ROWS):
        if isinstance(row, Entry):
            rows += 1
            for name, cell in row.attributes.items():
                columns.setdefault(name, Column(name)).cells.append(cell)
    if not rows:
        raise UnreadableFile(f"{path}: no row under the heading in line {layout.header[1]}")
    return "\n".join(_written(path, form, layout, columns=list(columns.values()), rows=rows)) + "\n"


def _layout(path: Path) -> tuple[str, Layout]:
    with opened(path) as stream:
        head = stream.read(4096)
    if head.startswith(b"PK"):
        return "xlsx", Layout(header=_header(path))
    if head.startswith(b"PAR1"):
        return "parquet", Layout()
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "jsonl", Layout()
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise UnreadableFile(
            f"{path}: looks like XES: begin with the shipped mapping connectors/mappings/wabo-receipt.toml"
        )
    return "csv", Layout(encoding=encoding_of(path), delimiter=_delimiter(path))


def _delimiter(path: Path) -> str:
    """What the first lines have most often and as often in each."""
    with io.TextIOWrapper(opened(path), encoding=encoding_of(path), newline="") as file:
        lines = [line for line in islice(file, 5) if line.strip()]
    counts = {mark: [len(row) for row in csv.reader(lines, delimiter=mark)] for mark in ",;\t|"}
    return max(counts, key=lambda mark: (len(set(counts[mark])) == 1 and counts[mark][0] > 1, sum(counts[mark])))


def _header(path: Path) -> tuple[int, int]:
    """The heading of a workbook: the first row with several texts, and the next where cells of it are merged."""
    sheet = TABLES["xlsx"](path, Layout(header=(0, 0)))
    rows = [row for row in islice(sheet.rows, 10) if isinstance(row, Entry)]
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if len(row.attributes) > 1:
            is_two = after is not None and _is_second(row, after)
            return (row.line, row.line + 1) if is_two else (row.line, row.line)
    return 1, 1


def _is_second(row: Entry, after: Entry) -> bool:
    """A line of the heading has text in columns where the one above has none, and neither digits nor times."""
    is_text = all(not any(sign.isdigit() for sign in cell) for cell in after.attributes.values())
    return is_text and bool(after.attributes.keys() - row.attributes.keys())


def _written(path: Path, form: str, layout: Layout, *, columns: list[Column], rows: int) -> Iterator[str]:
    number = _number(columns, rows)
    times = [column for column in columns if column.is_time and column.name != number]
    personal = [column.name for column in columns if column.is_personal and column.name != number]
    rest = [column.name for column in columns if column.name not in (number, *personal) and column not in times]
    name = re.sub(r"[^a-z0-9]+", "-", path.name.partition(".")[0].lower()).strip("-") or "new-source"
    yield f"# Guessed from the first {rows} rows of {path.name}: read every line, then 'govpulse mapping check'."
    yield f"name = {_quoted(name)}"
    yield f"title = {_quoted(path.stem)}"
    yield f"format = {_quoted(form)}"
    if form == "csv":
        yield f"encoding = {_quoted(layout.encoding)}"
        yield f"delimiter = {_quoted(layout.delimiter)}"
    if layout.header != (1, 1):
        first, last = layout.header
        yield f"header = {first}" if first == last else f"header = [{first}, {last}]"
    yield 'source = "urn:gov:360200:CHANGE-ME"  # as it is registered'
    yield 'authority = "jdz"  # who issues the numbers, as it is registered'
    yield 'zone = "Asia/Shanghai"  # of times that name none'
    yield f"formats = {_quoted(_formats(times))}"
    yield f"number = {_quoted(number)}  # the number of the case"
    yield "# snapshot = true  # where every file is the whole register: what is in it no more is deleted"
    yield f"# read by no event yet: {', '.join(rest) or 'nothing'}"
    yield f"# left out, because they look personal: {', '.join(personal) or 'nothing'}"
    yield from _events(times)


def _events(times: list[Column]) -> Iterator[str]:
    seen: set[str] = set()
    for column in times:
        kind = next((kind for form, kind in _EVENTS if re.search(form, column.name, re.IGNORECASE)), "")
        if not kind or kind in seen:
            kind = "case.step_completed"
        seen.add(kind)
        is_step = kind == "case.step_completed"
        record = f"step/{column.name}" if is_step else kind.partition(".")[2]
        yield ""
        yield "[[event]]"
        yield f"type = {_quoted(kind)}"
        yield f"time = {_quoted(column.name)}"
        yield f"record = {_quoted(record)}"
        if is_step:
            yield f"data = {{ node = {{ value = {_quoted(column.name)} }} }}"
        elif kind in _FIXED:
            yield '# instead of value: from = "a column"'
            yield 'data = { matter_code = { value = "CHANGE-ME" }, unit_code = { value = "CHANGE-ME" } }'
        elif kind == "case.finished":
            yield 'data = { result = { value = "completed" } }'
    if not times:
        yield "# no column looks like times: say its form in 'formats', then add an [[event]]"


def _number(columns: list[Column], rows: int) -> str:
    """The column that is filled, differs in every row, and is called like a number."""
    unique = [
        column for column in columns if len(set(column.cells)) == len(column.cells) == rows and not column.is_time
    ]
    named = [column for column in unique if _NUMBER.search(column.name) and not column.is_personal]
    chosen = named or [column for column in unique if not column.is_personal] or unique or columns
    return chosen[0].name


def _formats(times: list[Column]) -> list[str]:
    """Of ISO 8601 nothing need be said; of the others the first that fits all of a column."""
    found: dict[str, None] = {}
    for column in times:
        if any(local_of(cell, ()) is None for cell in column.cells):
            fitting = [form for form in FORMATS if all(local_of(cell, (form,)) for cell in column.cells)]
            found |= dict.fromkeys(fitting[:1] or FORMATS)
    return list(found)


def _quoted(value: str | list[str]) -> str:
    """As TOML writes it: its basic strings are those of JSON."""
    return json.dumps(value, ensure_ascii=False)
