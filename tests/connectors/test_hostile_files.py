"""Files that mean harm, or that nobody has looked at: each has a stated behaviour, and memory stays bounded."""

import gzip
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.admission import Door
from connectors.register import Source, register_of
from connectors.sources import columnar, json_lines, unpacked, workbooks, xes
from connectors.sources.draft import draft
from connectors.sources.logged import UnreadableFile
from connectors.sources.mapping import read_mapping
from connectors.sources.memory import Memory

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MAPPING = """
name = "desk"
title = "x"
format = "{format}"
source = "urn:gov:360200:desk"
authority = "jdz"
zone = "Asia/Shanghai"
number = "no"
[[event]]
type = "case.accepted"
time = "at"
record = "accepted"
[event.data]
matter_code = {{ from = "matter" }}
unit_code = {{ value = "u1" }}
"applicant.ref" = {{ from = "id_number" }}
"""
DOOR = Door("test", b"key", register_of([Source("urn:gov:360200:desk", "jdz")]))
ID_NUMBER, NAME = "360202198001011234", "张三丰"


def drafted(path, kind, mapping=MAPPING):
    """(account, messages) of a file."""
    with Memory(path.parent / "memory", "desk") as memory:
        chosen = read_mapping(mapping.format(format=kind))
        account, _ = draft(chosen, DOOR, path, memory=memory, now=NOW)
        return account, list(memory.messages())


def workbook(path, *rows):
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def rewritten(path, name, change):
    """A workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, change(content) if one == name else content)


SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_that_is_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "FREE_BYTES", 1024 * 1024)
    path = workbook(tmp_path / "bomb.xlsx", ["no", "at", "matter", "id_number"])
    rewritten(path, SHEET, lambda sheet: sheet + b" " * 200_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UnreadableFile, match=r"2\d{8} bytes out of \d+ compressed ones is no log; nothing was sent"):
        drafted(path, "xlsx")


def test_a_workbook_with_more_shared_strings_than_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "MOST_STRINGS_BYTES", 100)
    path = workbook(tmp_path / "strings.xlsx", ["no", "at", "matter", "id_number"], ["1", "2026-11-02", "M", ""])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", "<sst>" + "<si><t>x</t></si>" * 20 + "</sst>")
    with pytest.raises(UnreadableFile, match=r"bytes in xl/sharedStrings\.xml, at most 100: save it as CSV"):
        drafted(path, "xlsx")


def test_a_part_that_would_be_parsed_whole_is_refused_when_it_is_too_big(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "MOST_PART_BYTES", 100_000)
    path = workbook(tmp_path / "styles.xlsx", ["no", "at", "matter", "id_number"])
    rewritten(path, "xl/styles.xml", lambda styles: styles + b" " * 200_000)
    with pytest.raises(UnreadableFile, match=r"bytes in xl/styles\.xml, at most 100000"):
        drafted(path, "xlsx")


def test_cells_that_share_their_strings_are_read_without_how_they_are_pronounced(tmp_path):
    path = workbook(tmp_path / "desk.xlsx", ["no", "at", "matter", "id_number"], ["1", "2026-11-02", "M", ""])
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>案</t></si>'
        "<si><r><t>2026-</t></r><r><t>11-02</t></r><rPh sb='0' eb='1'><t>kana</t></rPh></si></sst>"
    )
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'" /></Types>'
    rewritten(path, "[Content_Types].xml", lambda types: types.replace(b"</Types>", override))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", shared)
    rewritten(path, SHEET, lambda sheet: shared_cells(sheet, {b"1": 0, b"2026-11-02": 1}))
    account, messages = drafted(path, "xlsx")
    event = json.loads(messages[0][2])
    assert (account.told_rows, event["subject"], event["time"]) == (1, "案", "2026-11-01T16:00:00+00:00")
    rewritten(path, SHEET, lambda sheet: sheet.replace(b"<v>1</v>", b"<v>7</v>"))
    with pytest.raises(UnreadableFile, match=r"broken after row 0: .*shared string 7 of 2"):
        drafted(path, "xlsx")


def shared_cells(sheet, numbers):
    for text, number in numbers.items():
        old = b't="inlineStr"><is><t>%s</t></is></c>' % text
        assert old in sheet
        sheet = sheet.replace(old, b't="s"><v>%d</v></c>' % number)
    return sheet


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_gzipped_table_that_is_a_bomb_is_not_unpacked(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(unpacked, "FREE_BYTES", 1024 * 1024)
    path = tmp_path / f"bomb.{kind}.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"no,at,matter,id_number\n" + b"1,2026-11-02,M,\n" * 400_000)
    with pytest.raises(UnreadableFile, match="is no log"):
        drafted(path, kind)


def test_a_case_without_end_is_no_case(tmp_path, monkeypatch):
    monkeypatch.setattr(xes, "MOST_ENTRIES", 1000)
    path = tmp_path / "endless.xes"
    path.write_bytes(b"<log><trace>\n" + b'<event><string key="no" value="1"/></event>\n' * 2000)
    with pytest.raises(UnreadableFile, match="line 1002: a case of more than 1000 events"):
        drafted(path, "xes")


def test_a_chunk_of_parquet_that_does_not_fit_is_not_unpacked(tmp_path, monkeypatch):
    import pyarrow as pa
    from pyarrow import parquet

    monkeypatch.setattr(columnar, "MOST_CHUNK_BYTES", 10_000)
    columns = {name: [f"{name}{n}" for n in range(5000)] for name in ("no", "at", "matter", "id_number")}
    parquet.write_table(pa.table(columns), tmp_path / "big.parquet", use_dictionary=False)
    with pytest.raises(UnreadableFile, match="in one chunk of column 'no', at most 10000: write smaller row groups"):
        drafted(tmp_path / "big.parquet", "parquet")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl", "parquet", "xes"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 1000, b"PK\x03\x04" + b"\x00" * 500, b"PAR1" + b"\xff" * 300 + b"PAR1", b"\x1f\x8b" + b"\x08" * 50,
     b"{" * 5000, b"<log>" * 400, bytes(range(256)) * 20, b'"' * 300_000],
    ids=["empty", "zeros", "zip head", "parquet ends", "gzip head", "braces", "nested", "every byte", "quotes"],
)  # fmt: skip
def test_a_file_of_rubbish_is_refused_in_one_line(tmp_path, kind, content):
    path = tmp_path / f"rubbish.{kind}"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as refused:
        drafted(path, kind)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_table_cut_in_the_middle_is_refused(tmp_path, kind, share):
    import pyarrow as pa
    from pyarrow import parquet

    rows = [[str(n), "2026-11-02", "M", ""] for n in range(2000)]
    path = tmp_path / f"cut.{kind}"
    if kind == "xlsx":
        workbook(path, ["no", "at", "matter", "id_number"], *rows)
    else:
        names = ("no", "at", "matter", "id_number")
        parquet.write_table(pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableFile, match="nothing was sent"):
        drafted(path, kind)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda sheet: sheet.replace(b'<row r="2"', b'<row r="2000000000"'), "more than 1048576 rows"),
        (lambda sheet: sheet.replace(b'r="A2"', b'r="ZZZZZZZZ2"'), "broken after row"),
        (lambda sheet: sheet.replace(b"</sheetData>", b""), "broken after row"),
        (lambda _: b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>', "heading|broken"),
    ],
    ids=["row far away", "column that is none", "not closed", "entities"],
)  # fmt: skip
def test_a_workbook_that_lies_about_itself_is_refused(tmp_path, monkeypatch, change, message):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 1000) if "1048576" not in message else None
    path = workbook(tmp_path / "liar.xlsx", ["no", "at", "matter", "id_number"], ["1", "2026-11-02", "M", ""])
    rewritten(path, SHEET, change)
    with pytest.raises(UnreadableFile, match=message):
        drafted(path, "xlsx")


def test_a_workbook_is_read_beyond_what_it_says_of_its_size(tmp_path):
    rows = [[str(n), "2026-11-02", "M", ""] for n in range(50)]
    path = workbook(tmp_path / "desk.xlsx", ["no", "at", "matter", "id_number"], *rows)
    rewritten(path, SHEET, lambda sheet: sheet.replace(b'<dimension ref="A1:D51"', b'<dimension ref="A1:B2"'))
    assert drafted(path, "xlsx")[0].told_rows == 50


def test_a_number_of_which_excel_lost_digits_is_not_taken_for_one(tmp_path):
    head = ["no", "at", "matter", "id_number"]
    path = workbook(
        tmp_path / "desk.xlsx", head, ["1", "2026-11-02", "M", ""], [202611020000001234, "2026-11-02", "M", ""]
    )
    account, _ = drafted(path, "xlsx")
    assert account.told_rows == 1
    fault = account.rejected["too_many_digits"].first[0]
    assert (fault.line, fault.column) == (3, "no")


def test_a_line_that_is_no_json_does_not_keep_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "MOST_BYTES_A_LINE", 200)
    good = json.dumps({"no": "1", "at": "2026-11-02", "matter": "M"}).encode()
    lines = [good, b"{", b'"\xff"', b"[1]", b'{"x": "' + b"y" * 1000 + b'"}', b"", good.replace(b'"1"', b'"2"')]
    path = tmp_path / "desk.jsonl"
    path.write_bytes(b"\n".join(lines))
    account, _ = drafted(path, "jsonl", MAPPING.replace('"applicant.ref" = {{ from = "id_number" }}', ""))
    assert (account.told_rows, account.refused_rows) == (2, 4)
    lines = {code: [fault.line for fault in found.first] for code, found in account.rejected.items()}
    assert {line for found in lines.values() for line in found} == {2, 3, 4, 5}
    assert lines["too_large"] == [5]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_names_and_numbers_of_persons_in_unknown_columns_leave_no_trace(tmp_path, kind):
    """What no event asks for is not even read; what one asks for as a reference leaves as a keyed hash."""
    row = {"no": "1", "at": "2026-11-02", "matter": "M", "id_number": ID_NUMBER, "姓名": NAME, "phone": "13800001234"}
    path = tmp_path / f"desk.{kind}"
    if kind == "csv":
        path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", "utf-8")
    else:
        path.write_text(json.dumps(row), "utf-8")
    account, messages = drafted(path, kind)
    everything = b"".join(value for _, _, value in messages)
    everything += (account.as_text() + json.dumps(account.as_json(), default=str)).encode()
    everything += b"".join(one.read_bytes() for one in (tmp_path / "memory").iterdir())
    assert b"hmac:" in everything
    for secret in (ID_NUMBER, NAME, "13800001234"):
        assert secret.encode() not in everything


def test_a_number_of_a_person_in_the_wrong_column_is_masked_in_every_report(tmp_path):
    path = tmp_path / "desk.csv"
    path.write_text(f"no,at,matter,id_number\n1,{ID_NUMBER},M,\n2,2026-11-02,M,\n", "utf-8")
    account, messages = drafted(path, "csv")
    assert "line 2, column 'at': bad_time: '…' is not a time" in account.as_text()
    assert not any(ID_NUMBER.encode() in value for _, _, value in messages)


MEASURED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from connectors.sources.formats import number_of, open_log
from connectors.sources.logged import Fault
from connectors.sources.mapping import read_mapping

def high_water():
    # in kB; ru_maxrss would begin with the memory of the process that started this one
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

path = Path(sys.argv[1])
mapping = read_mapping(path.with_suffix(".toml").read_text())
began, rows, faults, last = time.process_time(), 0, 0, None
for trace in open_log(mapping, path).traces:
    rows += 1
    faults += isinstance(trace, Fault)
    last = trace
print(rows, faults, number_of(mapping, last), last.attributes["time/at"].replace(" ", "T"),
      high_water() // 1024, time.process_time() - began)
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_workbook_of_a_million_rows_under_merged_headings_is_read_in_bounded_memory(tmp_path):
    """A million numbers of cases lie among the shared strings; a list of them alone would take more than this."""
    rows = 1_000_000
    path = million(tmp_path / "desk.xlsx", rows)
    text = MAPPING.format(format="xlsx").replace('"at"', '"time/at"')
    path.with_suffix(".toml").write_text(text.replace('number = "no"', 'number = "no"\nheader = [1, 2]'))
    script = MEASURED.format(root=str(Path(__file__).parents[2]))
    said = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True).stdout
    told, faults, number, at, megabytes, seconds = said.split()
    print(f"{rows / float(seconds):,.0f} rows a CPU second, {megabytes} MB")
    assert (int(told), int(faults), number, at) == (rows, 0, "360200-2026-0999999", "2026-11-08T09:00")
    assert int(megabytes) < 200


def million(path, rows):
    """A workbook with two lines of heading, 'at' and 'until' under the merged 'time', as Excel would write it."""
    workbook(path, ["no", "time", None, "matter", "id_number"], [None, "at", "until"])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'" /></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override)
    head, foot = parts.pop(SHEET).split(b"</sheetData>")
    foot = foot.replace(b"<pageMargins", b'<mergeCells count="1"><mergeCell ref="B1:C1"/></mergeCells><pageMargins')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write(head)
            for n in range(rows):
                cells = enumerate((n, rows + n % 28, rows + 28 + n % 90))
                row = "".join(f'<c r="{"ABD"[k]}{n + 3}" t="s"><v>{number}</v></c>' for k, number in cells)
                sheet.write(f'<row r="{n + 3}">{row}</row>'.encode())
            sheet.write(b"</sheetData>" + foot)
        with archive.open("xl/sharedStrings.xml", "w") as strings:
            strings.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for n in range(rows):
                strings.write(f"<si><t>360200-2026-{n:07}</t></si>".encode())
            for text in (*(f"2026-11-{n + 1:02} 09:00" for n in range(28)), *(f"M{n:03}" for n in range(90))):
                strings.write(f"<si><t>{text}</t></si>".encode())
            strings.write(b"</sst>")
    return path
