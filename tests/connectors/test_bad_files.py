"""Files from outside: one line that says what is wrong, and nothing sent."""

import gzip
from pathlib import Path

import pytest

from connectors.sources import unpacked
from connectors.sources.logged import UnreadableFile
from connectors.sources.mapping import SHIPPED, BadMapping, load_mapping
from connectors.sources.tell import read_traces, tell

RECEIPT = SHIPPED / "wabo-receipt.xes.gz"
MAPPING = (SHIPPED / "wabo-receipt.toml").read_text(encoding="utf-8")


def mapping_with(tmp_path: Path, *changes: tuple[str, str]):
    text = MAPPING
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "changed.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(str(path))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_log_cut_in_the_middle_is_refused_with_its_line(tmp_path, share):
    whole = gzip.decompress(RECEIPT.read_bytes())
    path = tmp_path / "cut.xes"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableFile, match=r"cut\.xes: broken at line \d+: .*nothing was sent"):
        read_traces(load_mapping("wabo-receipt"), path)


def test_a_cut_archive_is_refused(tmp_path):
    path = tmp_path / "cut.xes.gz"
    path.write_bytes(RECEIPT.read_bytes()[:100_000])
    with pytest.raises(UnreadableFile, match="nothing was sent"):
        read_traces(load_mapping("wabo-receipt"), path)


def test_a_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "FREE_BYTES", 1024 * 1024)
    path = tmp_path / "bomb.xes.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"<log>" + b" " * 50_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(UnreadableFile, match="is no log"):
        read_traces(load_mapping("wabo-receipt"), path)


def test_entities_are_not_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    path = tmp_path / "evil.xes"
    path.write_text(
        f'<!DOCTYPE log [<!ENTITY x SYSTEM "file://{secret}">]><log><trace><string key="concept:name" value="1"/>'
        '<string key="a" value="&x;"/></trace></log>'
    )
    with pytest.raises((UnreadableFile, BadMapping)) as error:
        read_traces(load_mapping("wabo-receipt"), path)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('time = "startdate"', 'time = "startdat"', "'startdat' occurs nowhere in the file; did you mean 'startdate'"),
        ('from = "deadline"', 'from = "dead line"', "'dead line' occurs nowhere"),
        ('type = "case.finished"', 'type = "case.ended"', "'case.ended' is not in the contract"),
        ("[event.data]\nnode", "[event.data]\nnod", "has no field 'nod'"),
        ('zone = "Europe/Amsterdam"', 'zone = "Europe/Nowhere"', "Europe/Nowhere"),
        ('format = "xes"', 'format = "pdf"', "pdf"),
        ('each = "trace"', 'each = "page"', "page"),
        ("[authority]", "[authority", "changed.toml"),
    ],
)
def test_a_wrong_mapping_names_file_key_and_remedy(tmp_path, old, new, message):
    with pytest.raises(BadMapping, match=message.replace("(", r"\(")):
        read_traces(mapping_with(tmp_path, (old, new)), RECEIPT)


def test_an_unknown_mapping_names_those_there_are():
    with pytest.raises(BadMapping, match="wabo-receipt"):
        load_mapping("wabo-reciept")


TABLE = """name = "desk"
title = "a front desk"
format = "csv"
source = "urn:gov:360200:desk"
zone = "Asia/Shanghai"
number = "办件编号"
encoding = "{encoding}"
[authority]
code = "desk"
name = "desk"
schedule = "cn"
clock = "wall"
[[event]]
type = "case.accepted"
each = "trace"
time = "受理时间"
record = "accepted"
[event.data]
matter_code = {{ from = "事项" }}
unit_code = {{ value = "u1" }}
[[event]]
type = "case.finished"
each = "trace"
time = "办结时间"
record = "finished"
place = "end"
[event.data]
result = {{ from = "结果", map = {{ "准予" = "granted", "不予" = "refused" }}, value = "unmapped" }}
"""
ROWS = "办件编号,受理时间,办结时间,事项,结果\n1,2026-11-02 09:30:00,2026-11-03 10:00:00,M007,准予\n2,2026-11-02 09:31:00,,M007,\n3,2026-11-02,2026-11-04,M007,撤回\n"


def table(tmp_path, rows: str, *, encoding: str = "utf-8-sig", written: str = "utf-8"):
    (tmp_path / "desk.toml").write_text(TABLE.format(encoding=encoding), encoding="utf-8")
    (tmp_path / "desk.csv").write_bytes(rows.encode(written))
    mapping = load_mapping(str(tmp_path / "desk.toml"))
    return tell(mapping, read_traces(mapping, tmp_path / "desk.csv"))


def test_a_table_of_cases_becomes_events_in_its_zone(tmp_path):
    told = table(tmp_path, ROWS)
    assert [(one["subject"], one["type"].split(".")[-2], one["time"], one["data"].get("result")) for one in told] == [
        ("3", "accepted", "2026-11-01T16:00:00+00:00", None),
        ("1", "accepted", "2026-11-02T01:30:00+00:00", None),
        ("2", "accepted", "2026-11-02T01:31:00+00:00", None),
        ("1", "finished", "2026-11-03T02:00:00+00:00", "granted"),
        ("3", "finished", "2026-11-03T16:00:00+00:00", "unmapped"),
    ]


def test_a_table_in_another_encoding_says_so_and_is_read_when_told(tmp_path):
    with pytest.raises(UnreadableFile, match="set 'encoding' in the mapping"):
        table(tmp_path, ROWS, written="gb18030")
    assert len(table(tmp_path, ROWS, encoding="gb18030", written="gb18030")) == 5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS.replace("办件编号", "编号"), "no column '办件编号'"),
        (ROWS + "4,2026-11-02 09:30:00\n", "line 5: ragged_row: 2 cells under 5 headings"),
        (
            ROWS.replace("2026-11-02 09:31:00", "gestern"),
            "line 3, column '受理时间': bad_time: 'gestern' is not a time",
        ),
        (ROWS.replace("2026-11-02 09:31:00", '"2026'), "nothing was sent|is not a time"),
        ("", "no heading in line 1"),
    ],
)
def test_a_broken_table_is_refused_in_one_line(tmp_path, rows, message):
    with pytest.raises(UnreadableFile, match=message):
        table(tmp_path, rows)
