"""One register in every format and encoding tells the same events; what a mapping can say of its columns."""

import gzip
import json
import re
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from connectors.sources.guessed import guess
from connectors.sources.headings import names_of
from connectors.sources.instants import instant_of
from connectors.sources.logged import UnreadableFile
from connectors.sources.mapping import BadMapping, read_mapping
from connectors.sources.preview import preview
from connectors.sources.tell import read_traces, tell
from infra.cli import mapping as verbs

local = datetime.fromisoformat
app = typer.Typer()
verbs.add_to(app)
app.callback()(lambda: None)
MAPPING = """
name = "desk"
title = "a front desk"
format = "{format}"
source = "urn:gov:360200:desk"
authority = "jdz"
zone = "Asia/Shanghai"
number = "{{区划}}-{{办件编号}}"
formats = ["%Y/%m/%d %H:%M"]
empty = ["-", "0000-00-00"]
{more}
[[event]]
type = "case.accepted"
time = "受理时间"
record = "accepted"
[event.data]
matter_code = {{ from = "事项" }}
unit_code = {{ value = "u1" }}
channel = {{ from = "渠道", map = {{ "1" = "window", "2" = "online" }} }}
"promise.value" = {{ from = "承诺" }}
"promise.unit" = {{ value = "workday" }}
"applicant.kind" = {{ value = "company" }}
"applicant.uscc" = {{ from = "信用代码" }}
[[event]]
type = "case.finished"
time = "办结时间"
record = "finished"
data = {{ result = {{ from = "结果", map = {{ "准予" = "granted" }} }} }}
"""
HEAD = ["区划", "办件编号", "受理时间", "办结时间", "事项", "渠道", "承诺", "信用代码", "结果", "姓名"]
ROWS = [
    ["360200", "1", "2026-11-02 09:30:00", "2026/11/3 10:00", "M007", "1", "5", "91360202MA0000001X", "准予", "张三"],
    ["360202", "1", "2026-11-02 09:31:00", "0000-00-00", "M008", "2", "", "", "-", "李四"],
]
EXPECTED = [
    ("360200-1", "accepted", "2026-11-02T01:30:00+00:00",
     {"matter_code": "M007", "unit_code": "u1", "channel": "window", "promise": {"value": 5, "unit": "workday"},
      "applicant": {"kind": "company", "uscc": "91360202MA0000001X"}}),
    ("360202-1", "accepted", "2026-11-02T01:31:00+00:00",
     {"matter_code": "M008", "unit_code": "u1", "channel": "online"}),
    ("360200-1", "finished", "2026-11-03T02:00:00+00:00", {"result": "granted"}),
]  # fmt: skip


def told(path, kind, more=""):
    mapping = read_mapping(MAPPING.format(format=kind, more=more))
    return [
        (one["subject"], one["recordkey"], one["time"], one["data"])
        for one in tell(mapping, read_traces(mapping, path))
    ]


def text(delimiter=","):
    return "".join(delimiter.join(row) + "\r\n" for row in [HEAD, *ROWS])


@pytest.mark.parametrize(
    ("written", "more"),
    [
        (text().encode(), ""),
        (b"\xef\xbb\xbf" + text().encode(), ""),
        (text().encode("gb18030"), ""),
        (b"\x84\x31\x95\x33" + text().encode("gb18030"), ""),
        (b"\x84\x31\x95\x33" + text().replace("区划", '"区划"').encode("gb18030"), 'encoding = "gb18030"'),
        (text().encode("utf-16"), ""),
        (gzip.compress(text().encode("gb18030")), ""),
        (text("\t").encode(), 'delimiter = "\\t"'),
        (("一览表\r\n" + text()).encode(), "header = 2"),
    ],
    ids=["utf-8", "utf-8 BOM", "gb18030", "gb18030 BOM", "gb18030 BOM told", "utf-16", "gzip", "tabs", "title"],
)
def test_a_csv_file_is_read_in_the_encoding_it_has(tmp_path, written, more):
    (tmp_path / "desk.csv").write_bytes(written)
    assert told(tmp_path / "desk.csv", "csv", more) == EXPECTED


def test_a_workbook_tells_the_same_with_its_own_kinds_of_cells(tmp_path):
    book = workbook()
    page = book.active
    page.append(HEAD)
    page.append([360200, 1, local("2026-11-02T09:30"), "2026/11/3 10:00", "M007", 1, 5.0, *ROWS[0][7:]])
    page.append([None] * 10)
    page.append(["360202", 1.0, local("2026-11-02T09:31"), None, "M008", "2", None, None, "-", "李四"])
    book.save(tmp_path / "desk.xlsx")
    assert told(tmp_path / "desk.xlsx", "xlsx") == EXPECTED


def test_merged_headings_become_names_with_both_parts(tmp_path):
    book = workbook()
    page = book.active
    page.append(["办件一览表"])
    page.append(["区划", "办件编号", "时间", None, *HEAD[4:]])
    page.append([None, None, "受理", "办结"])
    page.merge_cells("A1:J1")
    page.merge_cells("C2:D2")
    for column in "ABEFGHIJ":
        page.merge_cells(f"{column}2:{column}3")
    for row in ROWS:
        page.append(row)
    book.save(tmp_path / "desk.xlsx")
    text = MAPPING.format(format="xlsx", more='header = [2, 3]\nsheet = "Sheet"')
    mapping = read_mapping(text.replace("受理时间", "时间/受理").replace("办结时间", "时间/办结"))
    found = tell(mapping, read_traces(mapping, tmp_path / "desk.xlsx"))
    assert [(one["subject"], one["recordkey"], one["time"], one["data"]) for one in found] == EXPECTED
    assert "header = [2, 3]" in guess(tmp_path / "desk.xlsx")


def test_json_lines_tell_the_same_and_name_what_lies_inside(tmp_path):
    rows = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
    rows[0]["承诺"], rows[1]["承诺"] = 5, None
    (tmp_path / "desk.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    assert told(tmp_path / "desk.jsonl", "jsonl") == EXPECTED
    nested = [{**row, "时间": {"受理": row.pop("受理时间")}} for row in rows]
    (tmp_path / "desk.jsonl").write_text("\n".join(json.dumps(row) for row in nested), "utf-8")
    mapping = read_mapping(MAPPING.format(format="jsonl", more="").replace("受理时间", "时间.受理"))
    assert len(tell(mapping, read_traces(mapping, tmp_path / "desk.jsonl"))) == 3


def test_parquet_tells_the_same_with_its_own_types(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    columns = {name: [row[n] for row in ROWS] for n, name in enumerate(HEAD)}
    columns["受理时间"] = pa.array([local("2026-11-02T09:30"), local("2026-11-02T09:31")], pa.timestamp("ns"))
    columns["承诺"] = pa.array([5, None], pa.int32())
    columns["办件编号"] = pa.array([1, 1], pa.int64())
    parquet.write_table(pa.table(columns), tmp_path / "desk.parquet")
    assert told(tmp_path / "desk.parquet", "parquet") == EXPECTED


def test_rows_that_are_entries_make_cases(tmp_path):
    (tmp_path / "steps.csv").write_text(
        "case,at,node\n1,2026-11-02T09:00,a\n2,2026-11-02T09:01,a\n1,2026-11-02T09:02,b\n", "utf-8"
    )
    mapping = read_mapping(
        'name = "steps"\ntitle = "x"\nformat = "csv"\nsource = "urn:x"\nauthority = "jdz"\nzone = "Asia/Shanghai"\n'
        'number = "case"\nrow = "entry"\n[[event]]\ntype = "case.step_completed"\ntime = "at"\n'
        'record = "step/{node}"\ndata = { node = { from = "node" } }\n'
        '[[event]]\ntype = "case.applied"\neach = "trace"\ntime = "at"\nrecord = "applied"\n'
        'data = { matter_code = { value = "M" }, unit_code = { value = "u" } }\n'
    )
    found = tell(mapping, read_traces(mapping, tmp_path / "steps.csv"))
    assert [one["id"] for one in found] == ["1/applied", "1/step/a", "2/applied", "2/step/a", "1/step/b"]


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ([["a", "", "b"], ["x", "y", ""]], ["a/x", "a/y", "b"]),
        ([["a", "", ""], ["", "b", ""]], ["a", "a/b", "#3"]),
        ([["a", "a", ""]], ["a", "a#2", "#3"]),
        ([["受理\n时间 ", " 办结  时间"]], ["受理 时间", "办结 时间"]),
        ([["t", "", ""], ["a", "", "b"], ["x", "y", ""]], ["t/a/x", "t/a/y", "t/b"]),
    ],
)
def test_headings_of_several_lines_become_one_name_a_column(heading, names):
    assert names_of(heading) == names


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-11-02", (), "2026-11-01T16:00:00+00:00"),
        ("2026-11-02T09:00:00Z", (), "2026-11-02T09:00:00+00:00"),
        ("20261102T093000", (), "2026-11-02T01:30:00+00:00"),
        ("2026年11月2日", ("%Y年%m月%d日",), "2026-11-01T16:00:00+00:00"),
        ("46328.5", ("excel",), "2026-11-02T04:00:00+00:00"),
        ("1793577600", ("unix",), "2026-11-02T00:00:00+00:00"),
        ("1793577600500", ("unix_ms",), "2026-11-02T00:00:00.500000+00:00"),
        ("soon", ("%Y", "excel", "unix", "unix_ms"), None),
        ("0001-01-01", (), None),
        ("1e300", ("excel", "unix"), None),
    ],
)
def test_times_in_a_files_own_forms(text, formats, expected):
    found = instant_of(text, formats, "Asia/Shanghai")
    assert (found and found.isoformat()) == expected


def test_a_preview_shows_events_and_faults_with_line_and_column(tmp_path):
    rows = [*ROWS, ["360202", "9", "soon", *ROWS[0][3:]], ["360202", "8", "2026-11-02", "", "M9", "7", "x", "", "", ""]]
    (tmp_path / "desk.csv").write_text("".join(",".join(row) + "\n" for row in [HEAD, *rows]), "utf-8")
    found = preview(read_mapping(MAPPING.format(format="csv", more="")), tmp_path / "desk.csv")
    assert [(row.line, row.number, len(row.events)) for row in found.rows] == [
        (2, "360200-1", 2), (3, "360202-1", 1), (4, "360202-9", 0), (5, "360202-8", 0)
    ]  # fmt: skip
    assert [str(fault) for fault in found.faults] == [
        "line 4, column '受理时间': bad_time: 'soon' is not a time",
        "line 5, column 'data.promise.value': wrong_type: Expected `int`, got `str`",
    ]
    assert found.unread == ["姓名"]
    assert found.unmapped == {"渠道": ["7"]}


def test_a_drafted_mapping_reads_its_file_at_once(tmp_path):
    (tmp_path / "desk.csv").write_bytes(text().replace("0000-00-00", "").encode("gb18030"))
    drafted = guess(tmp_path / "desk.csv")
    found = preview(read_mapping(drafted), tmp_path / "desk.csv")
    assert found.faults == []
    assert [event["type"].split(".")[-2] for row in found.rows for event in row.events] == [
        "accepted",
        "finished",
        "accepted",
    ]
    assert "look personal: 姓名" in drafted
    assert 'from = "姓名"' not in drafted


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('record = "finished"\n', "", "case.finished needs a 'record'"),
        ('{{ from = "承诺" }}', '{{ from = "诺" }}', "'诺' occurs nowhere in the file"),
        ('"promise.value"', '"promise.values"', "has no field 'promise.values'"),
        ("{more}", "header = [3, 2]", "header = "),
        ("{more}", 'encoding = "utf-9"', "utf-9"),
        ("{more}", 'as_of = "today"', "today"),
        ("{more}", 'delimiter = ";;"', "delimiter"),
        ("{more}", "most_vanished = 2", "most_vanished"),
    ],
)  # fmt: skip
def test_a_mapping_that_contradicts_itself_or_the_file_is_refused(tmp_path, old, new, message):
    (tmp_path / "desk.csv").write_text(text(), "utf-8")
    assert old in MAPPING
    with pytest.raises(BadMapping, match=message):
        read_traces(read_mapping(MAPPING.replace(old, new).format(format="csv", more="")), tmp_path / "desk.csv")


def test_a_sheet_that_is_not_there_is_named_with_those_there_are(tmp_path):
    workbook().save(tmp_path / "desk.xlsx")
    with pytest.raises(UnreadableFile, match="no sheet '办件' among Sheet"):
        told(tmp_path / "desk.xlsx", "xlsx", 'sheet = "办件"')


def workbook():
    from openpyxl import Workbook

    return Workbook()


def test_the_mapping_in_the_documentation_is_one():
    page = (Path(__file__).parents[2] / "docs/files.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert read_mapping(found.group(1)).name == "desk"


def test_the_command_line_drafts_checks_and_says_what_fails(tmp_path):
    (tmp_path / "desk.csv").write_text(text().replace("0000-00-00", ""), "utf-8")
    ask = partial(CliRunner().invoke, app)
    drafted = ask(["mapping", "new", str(tmp_path / "desk.csv"), "--out", str(tmp_path / "desk.toml")])
    assert drafted.exit_code == 0, drafted.output
    assert ask(["mapping", "new", str(tmp_path / "desk.csv"), "--out", str(tmp_path / "desk.toml")]).exit_code == 2
    checked = ask(["mapping", "check", str(tmp_path / "desk.toml"), "--sample", str(tmp_path / "desk.csv")])
    assert (checked.exit_code, checked.output.splitlines()[-1]) == (0, "2 rows become 3 events; 0 refused"), (
        checked.output
    )
    (tmp_path / "desk.csv").write_text(text().replace("0000-00-00", "soon"), "utf-8")
    checked = ask(["mapping", "check", str(tmp_path / "desk.toml"), "--sample", str(tmp_path / "desk.csv"), "--json"])
    assert checked.exit_code == 1
    assert [fault["column"] for row in json.loads(checked.output)["rows"] for fault in row["faults"]] == ["办结时间"]
    assert "nyc-cafe" in ask(["mapping", "list"]).output
