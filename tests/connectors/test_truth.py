"""Real permit logs against independently computed truth, case by case."""

from collections import Counter
from datetime import UTC

import pytest

from connectors.sources.mapping import SHIPPED
from tests.connectors.truth import events_of, readings_of

RECEIPT = SHIPPED / "wabo-receipt.xes.gz"


def utc(instant):
    return instant and instant.astimezone(UTC)


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
