"""Rows, watermarks and statements by themselves; and that every dialect can say what is asked of it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import mysql, oracle, postgresql

from connectors.polling import statements
from connectors.polling.cells import cell
from connectors.polling.marks import Marks
from connectors.polling.rows import RowTeller, trace_of
from connectors.polling.run import prepared
from connectors.polling.statements import Shape
from connectors.register import Source, register_of
from connectors.sources.formats import open_log
from connectors.sources.logged import BadRow, UnreadableFile
from connectors.sources.mapping import SHIPPED, BadMapping, load_mapping, read_mapping, shipped_mappings
from connectors.zones import zoned
from tests.connectors.fronts import SOURCE

TABLES = [name for name in shipped_mappings() if load_mapping(name).table is not None]
SHANGHAI = ZoneInfo("Asia/Shanghai")
REGISTER = register_of([Source(source, "jdz", zone=SHANGHAI) for source in ("urn:gov:360200:up-pro", SOURCE)])
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - as a column has it
ROW = {
    "PROJID": "P1",
    "SN": "3",
    "NODENAME": "审核",
    "MAKETIME": "2026-11-02T10:00:00",
    "NODESTARTTIME": "2026-11-02T09:00:00",
}

#: A table that tells two families by one column of records.
SEVERAL = f"""
name = "several"
title = "several"
format = "table"
source = "{SOURCE}"
authority = "jdz"
number = "NO"
version = "VER"
operation = "OP"
[table]
name = "several"
watermark = "AT"
key = ["NO"]
[[event]]
type = "case.visited"
time = "AT"
record = "{{RECORD}}"
when = [{{ from = "KIND", in = ["case"] }}]
[[event]]
type = "demand.contacted"
time = "AT"
record = "{{RECORD}}"
when = [{{ from = "KIND", in = ["demand"] }}]
"""


def told(name="ea-jc-proc", **cells):
    mapping = load_mapping(name)
    documents = RowTeller(prepared(mapping, REGISTER)).documents(
        trace_of({name: text for name, text in (ROW | cells).items() if text}, 1)
    )
    return {document["recordkey"]: document for document in documents}


def test_a_step_that_ends_when_it_starts_is_open_unless_its_state_says_done():
    start, later = ROW["NODESTARTTIME"], "2026-11-02T11:00:00"
    assert set(told(NODEENDTIME=start, NODESTATE="01")) == {"step/3/start"}
    assert set(told(NODEENDTIME=start, NODESTATE="02")) == {"step/3/start", "step/3/end"}
    assert set(told(NODEENDTIME=later)) == {"step/3/start", "step/3/end"}


def test_a_row_that_may_have_been_told_before_takes_back_what_it_does_not_tell():
    start = ROW["NODESTARTTIME"]
    assert told(NODEENDTIME=start, DATAVER="2")["step/3/end"]["operation"] == "D"
    assert "step/3/end" not in told(NODEENDTIME=start, DATAVER="1")
    assert told(NODEENDTIME=start, DATAVER="1", CD_OPERATION="U")["step/3/end"]["operation"] == "D"
    assert "step/3/end" not in told(NODEENDTIME=start, DATAVER="2", CD_OPERATION="I")
    assert {one["operation"] for one in told(CD_OPERATION="d").values()} == {"D"}


def test_the_number_of_a_correction_among_special_procedures_is_no_round():
    """The first correction after a hearing is the third of its case, and was a second round: AR-10."""
    cells = {"NODERESULT": "1", "NODEENDTIME": "2026-11-02T11:00:00", "NOTETIME": ROW["NODESTARTTIME"]}
    found = told("ea-jc-specialnode", **cells)
    assert {record: set(document["data"]) for record, document in found.items()} == {
        "special/3/start": {"notified_at"},
        "special/3/end": set(),
    }


def test_an_id_says_which_version_of_which_record_was_recorded_when():
    assert told(DATAVER="2")["step/3/start"]["id"] == "P1/step/3/start/v2@20261102T020000Z"
    assert told(MAKETIME="2026-11-02T10:00:00.5")["step/3/start"]["id"] == "P1/step/3/start@20261102T020000.500000Z"
    assert "sequence" not in told()["step/3/start"], "among equal times the order of life decides"


def test_a_row_that_is_gone_is_deleted_in_the_family_that_its_conditions_name():
    mapping = prepared(read_mapping(SEVERAL), REGISTER)

    def types(**cells):
        row = {"NO": "1", "AT": "2026-11-02T10:00:00", "RECORD": "r", "VER": "2"} | cells
        found = RowTeller(mapping).documents(trace_of(row, 1))
        return {document["type"].split(".")[3]: document.get("operation", "U") for document in found}

    assert types(KIND="case", OP="D") == {"case": "D"}
    assert types(KIND="demand", OP="D") == {"demand": "D"}
    assert types(OP="D") == {"case": "D", "demand": "D"}, "it does not say what it was"
    assert types(KIND="demand", OP="U") == {"case": "D", "demand": "U"}, "it may have been a case before"
    assert types(KIND="demand", OP="I") == {"demand": "U"}


def test_a_deletion_without_any_time_is_a_fault():
    with pytest.raises(BadRow, match="no time at all"):
        told(CD_OPERATION="D", MAKETIME=None, NODESTARTTIME=None)


def test_a_batch_with_milliseconds_is_a_version_by_its_form():
    text = 'version_format = "%Y%m%d%H%M%S%f"\n' + _source("up-pro-process")
    mapping = prepared(read_mapping(text), REGISTER)
    row = {
        "project_no": "N",
        "row_guid": "g",
        "process_name": "x",
        "event_start_time": "2026-11-02",
        "cd_time": "2026-11-02",
    }
    (one,) = RowTeller(mapping).documents(trace_of(row | {"cd_batch": "20261102100000123", "cd_operation": "I"}, 1))
    assert one["dataversion"] == 1793584800123


def _source(name):
    return (SHIPPED / f"{name}.toml").read_text()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("360200      ", "360200"), ("\u3000审核\u3000", "审核"), (Decimal("5.00"), "5"), (Decimal("1E+3"), "1000"), (5, "5"),
        (360202199001011234, "360202199001011234"), (True, "true"), (5.0, "5"), (date(2026, 11, 2), "2026-11-02"),
        (NOON, "2026-11-24T12:00:00"), (Decimal("0.50"), "0.5"),
    ],
)  # fmt: skip
def test_cells_are_texts_as_mappings_read_them(value, text):
    assert cell(value) == text


def test_bytes_are_no_text():
    with pytest.raises(BadRow, match="bytes"):
        cell(b"x")


@pytest.mark.parametrize(
    ("value", "behind"),
    [
        (NOON, NOON - timedelta(minutes=15)),
        (NOON + timedelta(days=2), NOON - timedelta(minutes=15)),  # a clock that is ahead
        (NOON - timedelta(days=2), NOON - timedelta(days=2, minutes=15)),
        (NOW, NOW - timedelta(minutes=15)),
        (
            date(2026, 11, 20),
            date(2026, 11, 18),
        ),  # above the 18th: the 19th, which the overlap touches, comes back whole
        (1000, 100),
        (Decimal(1000), Decimal(100)),
    ],
)
def test_a_look_begins_the_overlap_behind_but_never_behind_a_clock_that_is_ahead(value, behind):
    assert Marks("Asia/Shanghai", 900).back(value, NOW) == behind


def test_a_watermark_is_kept_as_it_is():
    marks = Marks("Asia/Shanghai", 900)
    for value in (NOON, NOW, date(2026, 11, 2), 7, Decimal("7.5"), "20261102"):
        assert marks.decode(*marks.encode(value)) == value
    assert marks.scale(NOW) == marks.scale(NOON), "an instant, and what the clock on the wall shows then"
    assert not Marks("Asia/Shanghai", 900, "%Y%m%d").scale("soon").is_finite()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "dialect", [oracle.dialect(), mysql.dialect(), postgresql.dialect()], ids=["oracle", "mysql", "postgresql"]
)
def test_every_dialect_can_say_the_statements(name, dialect):
    mapping = load_mapping(name)
    names = [column.lower() for column, _ in mapping.attributes_named()]
    main = statements.named(mapping.table.name.lower(), "exchange", dict.fromkeys(names)).alias("t")
    other = statements.named("codes", "exchange", ["code", "word"]).alias("c")
    source = statements.beside(main, other, [(main.c[names[0]], other.c.code)])
    watermark = statements.watermark_of([main.c[column.lower()] for column in mapping.table.watermarks] * 2)
    keys = tuple(main.c[column.lower()] for column in mapping.table.key)
    shape = Shape(source, {one: main.c[one] for one in dict.fromkeys(names)}, watermark, keys)
    bounds = {"above": NOON, "up_to": NOON + timedelta(microseconds=5)}
    for statement in (
        statements.page(shape, **bounds, limit=5000),
        statements.page(shape, above=None, up_to=7, limit=5000, is_from=True),
        statements.group(shape, first=NOON, before=NOON + timedelta(microseconds=1)),
        statements.group(shape, first="20261102", before=None).offset(3).limit(1),
        statements.marks(shape, **bounds, limit=10),
        statements.newest(shape),
        statements.count(shape, **bounds),
        statements.unmarked(shape),
        statements.heading(statements.named("ea_jc_proc", "exchange")),
    ):
        said = str(statement.compile(dialect=dialect))
        assert said.startswith("SELECT ")
        assert "INSERT" not in said
        assert "LIMIT" not in said or dialect.name != "oracle"


def test_a_page_is_a_plain_select_in_the_dialects_own_words():
    table = statements.named("ea_jc_proc", "exchange", ["maketime", "projid", "sn"]).alias("t")
    shape = Shape(table, {"SN": table.c.sn}, table.c.maketime, (table.c.projid, table.c.sn))
    said = str(statements.page(shape, above=NOON, up_to=NOON, limit=500).compile(dialect=oracle.dialect()))
    assert " ".join(said.split()) == (
        "SELECT t.maketime AS wm, t.sn AS c0 FROM exchange.ea_jc_proc t WHERE t.maketime <= :param_1 AND t.maketime > :param_2 "
        "ORDER BY t.maketime, t.projid, t.sn FETCH FIRST __[POSTCOMPILE_param_3] ROWS ONLY"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('format = "csv"', "goes with a [table]"),
        ("snapshot = true", "one by one"),
        ('recorded = ""\nversion = ""', "give 'recorded'"),
        ('authority = { code = "x", name = "x", schedule = "cn" }', "is for logs of the past"),
    ],
)
def test_a_mapping_of_a_table_that_cannot_work_is_refused(text, said):
    base = _source("ea-jc-proc")
    for line in text.splitlines():
        key = line.partition(" =")[0]
        kept = [one for one in base.splitlines() if not one.startswith(f"{key} =")]
        base = "\n".join([line, *kept] if line.partition("= ")[2] != '""' else kept)
    with pytest.raises(BadMapping, match=said.replace("[", r"\[")):
        read_mapping(base)


def test_whose_table_it_is_must_be_registered_and_its_zone_known():
    mapping = load_mapping("ea-jc-proc")
    with pytest.raises(BadMapping, match="not registered: 'govpulse source add"):
        prepared(mapping, register_of([]))
    with pytest.raises(BadMapping, match="--zone Asia/Shanghai"):
        prepared(mapping, register_of([Source(SOURCE, "jdz")]))
    with pytest.raises(BadMapping, match="was shut out"):
        prepared(mapping, register_of([Source(SOURCE, "jdz", is_revoked=True)]))
    with pytest.raises(BadMapping, match="not a table"):
        prepared(load_mapping("nyc-cafe"), REGISTER)
    other = prepared(mapping, REGISTER, source="urn:gov:360200:up-pro")
    assert (other.source, other.authority, other.zone) == ("urn:gov:360200:up-pro", "jdz", "Asia/Shanghai")


def test_a_file_is_not_read_by_the_mapping_of_a_table(tmp_path):
    with pytest.raises(UnreadableFile, match="--dry-run"):
        open_log(load_mapping("ea-jc-proc"), tmp_path / "rows.csv")


def test_a_long_number_is_not_taken_for_a_time_by_the_zone_of_its_source():
    attributes = {"time": "360202199001011234"}
    zoned(attributes, SHANGHAI)
    assert attributes == {"time": "360202199001011234"}
