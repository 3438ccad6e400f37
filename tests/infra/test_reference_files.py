"""Files of reference data: CSV and workbooks say the same, and what cannot be taken is named by file and line."""

import re
from datetime import date, time

import pytest
from openpyxl import Workbook

from infra.reference_data import InvalidRows, read_directory
from tests.infra.reference_rows import CLOCK, CODE, DAY, LEVEL, MATTER, TARGET, faults_with


def workbook(path, sheets) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_a_workbook_with_a_sheet_a_table_says_what_csv_says(tmp_path):
    workbook(
        tmp_path / "all.xlsx",
        {
            "calendar_day": [
                ["calendar", "day", "is_workday", "status", None],
                ["cn", date(2026, 1, 1), False, "official"],
                [None, None],
                ["cn", "2026-01-02", "false", "official"],
            ],
            "office_hours": [["hours", "opens", "closes"], ["h", time(9), "17:00"]],
            "alert_rule": [["rule_id", "level", "valid_from", "share", "left_days"], ["r", "red", date(2026, 1, 1), 0.5, 2.0]],
            "empty": [],
        },
    )  # fmt: skip
    found = read_directory(tmp_path)
    assert list(found) == ["calendar_day", "office_hours", "alert_rule"]
    assert [row["day"] for row in found["calendar_day"]] == ["2026-01-01", "2026-01-02"]
    assert found["calendar_day"][0]["is_workday"] == "false"
    assert found["calendar_day"][1].place == "all.xlsx, sheet 'calendar_day' row 4"
    assert found["office_hours"][0]["opens"] == "09:00:00"
    assert (found["alert_rule"][0]["share"], found["alert_rule"][0]["left_days"]) == ("0.5", "2")
    assert read_directory(tmp_path / "all.xlsx") == found


def test_lines_are_counted_as_the_file_has_them(tmp_path):
    told = 'unit_code,name\nu1,"two\nlines"\n\nu2,a\u2028b\n'
    (tmp_path / "unit.csv").write_text(told, encoding="utf-8")
    rows = read_directory(tmp_path)["unit"]
    assert [(row.place, row["name"]) for row in rows] == [
        ("unit.csv row 2", "two\nlines"),
        ("unit.csv row 5", "a\u2028b"),
    ]


SAID_BY_THE_LAW = {"matter_code": "X", "valid_from": "2026-01-01", "statutory_value": "5", "statutory_unit": "workday"}


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("clock_rule", CLOCK | {"start": "case.recieved"}, r"column start: 'case.recieved': .*did you mean"),
        ("code_map", CODE | {"valid_from": "2026-05-01"}, r"column valid_from: '2026-05-01': code '0' already has .*; end that"),
        ("clock_rule", CLOCK | {"limit_unit": "fortnight"}, r"column limit_unit: 'fortnight': must be one of"),
        ("matter", SAID_BY_THE_LAW | {"promise_value": "7", "promise_unit": "workday"}, r"column promise_value: '7': .*; promise no more"),
        ("calendar_day", DAY | {"day": "2029-01-01"}, r"column day: '2029-01-01': .*none of 2028; add"),
        ("calendar_day", DAY | {"day": "2028-12-31"}, r"column day: '2028-12-31': .*leaves out 2028-01-01 to 2028-12-30; add"),
        ("calendar_day", DAY | {"day": "2026-01-01"}, r": cn / 2026-01-01 stands twice, also in .*; keep one"),
        ("alert_rule", LEVEL | {"share": "0"}, r"column share: '0': must be a share such as"),
        ("alert_rule", LEVEL | {"share": "4"}, r"column share: '4': must be a share such as"),
        ("target", TARGET | {"metric_id": "on_time"}, r"column metric_id: 'on_time': target T90 has no such metric; add it"),
        ("authority", {"authority": "x", "ledger_closing": "nobody"}, r"column ledger_closing: 'nobody': must be one of verified, anyone"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_refused_is_named_by_file_and_line(tmp_path, form, table, row, said):
    """The faulty row stands on line 4, below a good one and an empty one; what is good is refused with it."""
    good = {
        "clock_rule": CLOCK | {"clock_id": "good"},
        "code_map": CODE,
        "matter": MATTER | {"matter_code": "GOOD"},
        "calendar_day": DAY | {"day": "2026-01-01"},
        "alert_rule": LEVEL | {"level": "yellow", "share": "0.5"},
        "target": TARGET | {"target_id": "T89"},
        "authority": {"authority": "good"},
    }[table]
    columns = list(good | row)
    lines = [columns, [good.get(name, "") for name in columns], [], [row.get(name, "") for name in columns]]
    if form == "csv":
        (tmp_path / f"{table}.csv").write_text("".join(",".join(cells) + "\n" for cells in lines), encoding="utf-8")
    else:
        workbook(tmp_path / "all.xlsx", {table: lines})
    place = f"{table}.csv row 4" if form == "csv" else f"all.xlsx, sheet '{table}' row 4"
    [fault] = faults_with(read_directory(tmp_path))
    assert re.match(re.escape(place) + ".*" + said, fault), fault


def test_a_workbook_may_be_one_table_beside_csv_files(tmp_path):
    workbook(tmp_path / "unit.xlsx", {"Sheet1": [["unit_code", "name"], ["u1", "x"]]})
    (tmp_path / "source.csv").write_text("source,authority\nurn:a,jdz\n", encoding="utf-8-sig")
    assert {name: len(rows) for name, rows in read_directory(tmp_path).items()} == {"source": 1, "unit": 1}


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda at: workbook(at / "all.xlsx", {"mater": [["x"], ["y"]]}), r"all.xlsx, sheet 'mater': .*did you mean 'matter'"),
        (lambda at: (at / "calender.csv").write_text("calendar\ncn\n"), r"calender.csv: .*did you mean 'calendar'"),
        (lambda at: (at / "unit.csv").write_bytes("unit_code,name\nu,局\n".encode("gbk")), r"unit.csv row 2: byte 0xbe is not UTF-8; save the file"),
        (lambda at: (at / "unit.xlsx").write_bytes(b"no zip"), r"unit.xlsx: is no workbook"),
        (lambda at: (at / "unit.csv").write_text("unit_code,name\nu,x,y\n"), r"unit.csv row 2: 'y' stands beside the last column 'name'"),
        (lambda at: (at / "unit.csv").write_text('unit_code,name\n\nu,"x\nv,y\nw,z\n'), r"unit.csv row 3: unexpected end of data; close the quotation marks"),
        (lambda at: (at / "unit.csv").write_text('unit_code,name\nu,"x\nv,"y"\n'), r"unit.csv row 2: ',' expected after '\"'; close the quotation marks"),
        (lambda at: (at / "unit.csv").write_text('unit_code,name\nu,"x\n' + 20_000 * "v,yyyyy\n"), r"unit.csv row 2: field larger than field limit"),
        (lambda at: (at / "unit.csv").write_text("unit_code,name,name\nu,x,y\n"), r"unit.csv row 1: column 'name' stands twice; keep one"),
        (lambda at: workbook(at / "all.xlsx", {"unit": [[], ["unit_code", "name", "name "], ["u", "x", "y"]]}),
         r"all.xlsx, sheet 'unit' row 2: column 'name' stands twice"),
        (lambda at: [(at / "unit.csv").write_text("unit_code\nu\n"), workbook(at / "unit.xlsx", {"unit": [["unit_code"], ["u"]]})],
         r"unit.xlsx, sheet 'unit': table 'unit' is given twice"),
        (lambda at: (at / "readme.txt").write_text("hello"), r"no table of reference data here"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_named(tmp_path, write, said):
    write(tmp_path)
    with pytest.raises(InvalidRows, match=said):
        read_directory(tmp_path)
