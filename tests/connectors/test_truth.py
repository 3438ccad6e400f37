"""Real permit logs against independently computed truth, case by case."""

from collections import Counter
from datetime import UTC

import pytest

from connectors.sources.mapping import SHIPPED
from tests.connectors.truth import events_of, readings_of

RECEIPT = SHIPPED / "wabo-receipt.xes.gz"


def utc(instant):
    return instant and instant.astimezone(UTC)


def day(naive):
    return naive and naive.replace(tzinfo=UTC)


def test_the_receipt_log_tells_11340_events():
    told = Counter(event.type for event in events_of("wabo-receipt", RECEIPT))
    assert told == {"case.step_completed": 8577, "case.accepted": 1434, "case.finished": 1329}


def test_952_of_the_receipt_cases_were_in_time_and_416_broke_their_promise():
    readings = readings_of("wabo-receipt", RECEIPT).values()
    assert len(readings) == 1434
    assert sum(reading.is_on_time is True for reading in readings) == 952
    red = [signal for reading in readings for signal in reading.signals if signal.rule_id == "AR-03"]
    assert len(red) == 416
    assert sum(signal.until is None for signal in red) == 39


def test_every_receipt_case_is_as_the_truth_has_it_to_the_microsecond(shared):
    parquet = pytest.importorskip("pyarrow.parquet")
    truth = parquet.read_table(shared / "data/real/truth/receipt_cases.parquet").to_pylist()
    readings = readings_of("wabo-receipt", RECEIPT)
    assert len(truth) == len(readings)
    for case in truth:
        reading = readings[case["case_id"]]
        assert reading.accepted_at == utc(case["startdate"])
        assert reading.stopped_at == utc(case["enddate"])
        assert reading.promise_due_at == utc(case["deadline"])
        assert reading.is_on_time == (None if case["within_target"] is None else bool(case["within_target"]))
        red = next((signal for signal in reading.signals if signal.rule_id == "AR-03"), None)
        assert (red.since if red else None) == utc(case["overdue_at"])


@pytest.mark.slow
def test_every_bpic15_case_is_suspended_due_and_in_time_as_the_truth_has_it(shared):
    parquet = pytest.importorskip("pyarrow.parquet")
    truth = parquet.read_table(shared / "data/real/truth/bpic15_cases.parquet").to_pylist()
    readings = readings_of("bpic15-m1", shared / "data/real/BPIC15_1.xes.gz")
    assert len(truth) == len(readings) == 1199
    for case in truth:
        reading = readings[case["case_id"].removeprefix("M1-")]
        clock = reading.statutory
        assert clock.not_used == case["suspended_days"], case["case_id"]
        assert clock.due_on == case["deadline_date"].date(), case["case_id"]
        decided = None if case["decision_date"] is None else case["decision_date"].date()
        assert (None if reading.stopped_at is None else clock.schedule.local_date(reading.stopped_at)) == decided
        if case["within_target"] is not None:
            assert reading.is_past_statutory != bool(case["within_target"]), case["case_id"]


def test_the_cafe_register_by_its_mapping_alone_is_as_the_truth_has_it(shared):
    parquet = pytest.importorskip("pyarrow.parquet")
    truth = parquet.read_table(shared / "data/real/truth/nyc_cafe_cases.parquet").to_pylist()
    register = shared / "data/real/nyc_sidewalk_cafe_snapshot_2021-03.csv"
    told = Counter(event.type for event in events_of("nyc-cafe", register))
    assert told == {"case.accepted": 1116, "case.finished": 807, "case.step_completed": 7128}
    readings = readings_of("nyc-cafe", register)
    assert len(truth) == len(readings) == 1116
    for case in truth:
        reading = readings[case["case_id"]]
        assert reading.accepted_at == day(case["s"]), case["case_id"]
        assert reading.stopped_at == day(case["e"]), case["case_id"]
        assert (reading.unit_code, reading.matter_code) == (case["org"], case["type"])
        assert reading.promise_due_on == case["deadline"].date(), case["case_id"]
        assert reading.is_on_time == (None if case["within_target"] is None else bool(case["within_target"]))
        overdue_on = reading.promise_due_on if reading.is_overdue else None
        assert overdue_on == (case["overdue_on"] and case["overdue_on"].date()), case["case_id"]
    red = [signal for reading in readings.values() for signal in reading.signals if signal.rule_id == "AR-03"]
    # A day without a time of day is its first instant: six ended at the instant at which their limit was over.
    assert len(red) == sum(case["overdue_on"] is not None for case in truth) - 6
    in_time = [reading.is_on_time for reading in readings.values()]
    assert (in_time.count(True), in_time.count(False), in_time.count(None)) == (276, 531, 309)
