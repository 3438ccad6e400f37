"""Rows that Debezium captures become the same events: recorded envelopes, and the recipe on a real PostgreSQL."""

import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from kafka import TopicPartition

from connectors.admission import Door
from connectors.polling.capture import Reader, tables_of
from connectors.polling.run import prepared
from connectors.sources.mapping import BadMapping, load_mapping, read_mapping
from streams.domain.subject import entry_of, join, new_subject
from tests.connect import captured_front
from tests.connectors.fronts import Poller
from tests.connectors.test_poll import DAY, TABLE, step
from tests.connectors.test_polled_rows import REGISTER

PLACE = TopicPartition("front.public.ea_jc_proc", 0)
DOOR = Door("capture", b"key", REGISTER)
NOON = 1793620800  # in seconds
START, LATER = 1793610000000000, 1793617200000000  # 2026-11-02, 9 and 11 o'clock, as MicroTimestamps of local time
KINDS = {
    "projid": {"type": "string"},
    "sn": {"type": "int32"},
    "dataver": {"type": "int32"},
    "nodename": {"type": "string"},
    "nodestarttime": {"type": "int64", "name": "io.debezium.time.MicroTimestamp"},
    "nodeendtime": {"type": "int64", "name": "io.debezium.time.MicroTimestamp"},
}


def record(operation, offset, *, at=1, before=None, after=None, table="ea_jc_proc"):
    """As the connector writes it: schema and payload."""
    fields = [{"field": name, "optional": True} | kind for name, kind in KINDS.items()]
    schema = {
        "type": "struct",
        "fields": [{"field": side, "type": "struct", "fields": fields} for side in ("before", "after")],
    }
    source = {
        "table": table,
        "ts_ms": (NOON + at) * 1000,
        "ts_us": (NOON + at) * 1_000_000,
        "snapshot": "false",
        "lsn": 100 + offset,
    }
    payload = {"op": operation, "before": before, "after": after, "source": source}
    return SimpleNamespace(
        offset=offset, key=b'{"projid":"P1"}', value=json.dumps({"schema": schema, "payload": payload}).encode()
    )


def row(**cells):
    return {
        "projid": "P1",
        "sn": 1,
        "dataver": 1,
        "nodename": "审核",
        "nodestarttime": START,
        "nodeendtime": LATER,
    } | cells


def reader(*names):
    return Reader(tables_of([prepared(load_mapping(name), REGISTER) for name in names or ["ea-jc-proc"]]))


def standing(statements):
    subject = new_subject("case", "jdz|P1")
    for one in statements:
        subject = join(subject, [entry_of(one.event, one.event.at)])
    assert not any(entry.has_conflict for entry in subject.entries.values())
    return {record: json.loads(entry.data) for (record, _), entry in subject.entries.items() if not entry.is_deletion}


def test_inserted_changed_and_deleted_rows_are_told_by_the_poller_s_mapping():
    accounts = {}
    told = reader().take(PLACE, [record("c", 0, after=row(nodeendtime=START))], DOOR, accounts)
    assert set(standing(told)) == {"step/1/start"}
    told += reader().take(PLACE, [record("u", 1, at=2, after=row())], DOOR, accounts)
    assert standing(told)["step/1/end"]["started_at"] == "2026-11-02T01:00:00+00:00"  # local time, by the schema's word
    told += reader().take(PLACE, [record("u", 2, at=3, after=row(nodeendtime=START))], DOOR, accounts)
    assert set(standing(told)) == {"step/1/start"}
    told += reader().take(
        PLACE, [record("d", 3, at=4, before=row()), SimpleNamespace(offset=4, key=b"", value=None)], DOOR, accounts
    )
    assert standing(told) == {}
    assert accounts["ea-jc-proc"].rows == 4


def test_two_changes_at_one_instant_stand_in_their_order_also_after_a_restart():
    records = [
        record("c", 0, at=1, after=row()),
        *(record("u", n, at=2, after=row(nodename=f"n{n}")) for n in range(1, 6)),
    ]
    whole = reader()
    told = whole.take(PLACE, records, DOOR, {})
    assert standing(told)["step/1/start"]["node"] == "n5"
    # Not into the last instant: a reader that dies reads it again, counts the same, and sends the same bytes.
    assert whole.settled(PLACE, 6) == 1
    again = reader().take(PLACE, records[1:], DOOR, {})
    assert {one.event.id for one in again} <= {one.event.id for one in told}
    assert standing([*told, *again]) == standing(told)


def test_what_is_no_change_of_a_known_table_is_passed_over_or_refused():
    accounts = {}
    records = [
        record("c", 0, after=row(), table="another"),
        record("t", 1),
        SimpleNamespace(offset=2, key=b"", value=b'{"op": "c"}'),
        SimpleNamespace(offset=3, key=b"", value=b"\xff"),
        SimpleNamespace(offset=4, key=b"", value=b'{"schema": null, "payload": {"id": "tx", "status": "END"}}'),
        record("u", 5, after=row(nodename="__debezium_unavailable_value")),
        record("d", 6, before={"sn": 1}),
    ]
    told = reader().take(PLACE, records, DOOR, accounts)
    assert [one.fault.code for one in told] == [
        "truncated",
        "not_captured",
        "not_captured",
        "unavailable_value",
        "missing_number",
    ]
    assert accounts["ea-jc-proc"].refused_rows == 5


def test_a_log_has_no_other_table_s_columns():
    lookup = '[[table.lookup]]\ntable = "R"\nas = "r"\non = { RESULT = "CODE" }\n[[event]]'
    with pytest.raises(BadMapping, match="leave out 'lookup'"):
        tables_of([read_mapping(TABLE.replace("[[event]]", lookup))])


@pytest.mark.broker
@pytest.mark.slow
def test_the_recipe_captures_a_real_postgresql(settings, open_path):
    begin, end = DAY.replace(hour=9), DAY.replace(hour=11)

    def filled(front):
        front.create_ea_jc("EA_JC_PROC")
        front.put("EA_JC_PROC", *(step(n, 1, start=begin, end=end) for n in range(20)))  # before capturing began
        return ["ea_jc_proc"]

    with captured_front(settings, open_path, time="timestamp", fill=filled) as (front, connect):
        connect.start()
        poller = Poller(settings, front, "ea-jc-proc", kafka=True)
        reading = poller.start_capture("--prefix", settings.topic("front"))
        try:
            wait(lambda: poller.sent() >= 40, reading)
            front.put("EA_JC_PROC", step(20, 1, start=begin, end=begin))
            front.run("update EA_JC_PROC set NODEENDTIME = NODESTARTTIME where PROJID in ('P1', 'P2')")
            front.run("delete from EA_JC_PROC where PROJID = 'P3'")
            connect.kill()
            reading.kill()
            reading.communicate()
            front.run("update EA_JC_PROC set NODENAME = '决定' where PROJID = 'P4'")
            connect.start()
            reading = poller.start_capture("--prefix", settings.topic("front"))
            expected = {(f"P{n}", f"step/1/{what}") for n in range(21) for what in ("start", "end") if n != 3}
            expected -= {("P1", "step/1/end"), ("P2", "step/1/end"), ("P20", "step/1/end")}
            wait(lambda: set(poller.facts()) == expected, reading)
            wait(lambda: poller.facts()["P4", "step/1/start"][2]["node"] == "决定", reading)
        finally:
            reading.kill()
            reading.communicate()
        first = next(event for event in poller.log() if event.subject == "P5")
        assert first.at == datetime(2026, 11, 2, 1, tzinfo=UTC)


def wait(holds, process, *, seconds=240):
    deadline = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.3)
