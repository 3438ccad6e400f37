"""Signals in the store: raised when their time comes, raised higher, ended, and withdrawn when the records say otherwise."""

from datetime import datetime

import pytest

from tests.cases import accepted, china, document
from tests.stories.told import shown
from tests.streams.log import CASES, end_of, engine_on, fetch, records

pytestmark = pytest.mark.broker


class Office:
    """One partition of cases, told and looked at instant by instant."""

    def __init__(self, database: str) -> None:
        self.engine = engine_on(database)

    def hear(self, *told, at: str) -> None:
        log = records(told, first=self.engine.owned[CASES].next_offset, arrived=china(at))
        self.engine.apply(CASES, log)
        self.look(at)

    def look(self, at: str) -> None:
        seen_at: datetime = china(at)
        while self.engine.tick(CASES, end=end_of(self.engine, seen_at)):
            pass

    def signals(self) -> list[str]:
        """As stories write them, those withdrawn with a bar."""
        rows = fetch(
            self.engine,
            "select rule_id, level, since, until, is_withdrawn from stream.signal order by rule_id, since, signal_key",
        )
        return [
            f"{'-' if is_withdrawn else ''}{rule} {level} {shown(since)} .. {shown(until) or '-'}"
            for rule, level, since, until, is_withdrawn in rows
        ]


@pytest.fixture
def office(database):
    office = Office(database)
    yield office
    office.engine.store.close()


def test_what_is_dated_ahead_of_its_arrival_is_faulty_from_its_time_on(office):
    office.hear(accepted("2026-11-03 10:06"), at="2026-11-03 10:00")
    assert office.signals() == []
    office.look("2026-11-03 10:07")
    assert office.signals() == ["AR-16 red 2026-11-03 10:06 .. -"]


def test_a_level_rises_in_its_own_row_and_ends_with_the_clock(office):
    step = {"sn": 1, "node": "review"}
    office.hear(
        accepted("2026-11-02"),
        document("step_started", "2026-11-02", promise={"value": 3, "unit": "workday"}, **step),
        at="2026-11-02 10:01",
    )
    office.look("2026-11-04 09:00")
    assert office.signals() == ["AR-05 yellow 2026-11-04 09:00 .. -"]
    office.look("2026-11-06 00:00")
    assert office.signals() == ["AR-05 red 2026-11-04 09:00 .. -"]
    office.hear(document("step_completed", "2026-11-06", **step), at="2026-11-06 10:01")
    assert office.signals() == ["AR-05 red 2026-11-04 09:00 .. 2026-11-06 10:00"]


def corrected(first, **changes):
    """A later version of the same record."""
    return first | {"dataversion": 2} | changes


PAUSE = document("special_started", "2026-11-03", recordkey="s", kind="hearing")
PROPER = {"kind": "hearing", "basis": "行政许可法 45", "notified_at": "2026-11-03T09:30:00+08:00"}
REFUSAL = document("finished", "2026-11-03", recordkey="f", result="refused")
UNKNOWN = accepted("2026-11-02", matter_code="nothing-known")
SHORT = accepted("2026-11-02", promise=(1, "workday"))


@pytest.mark.parametrize(
    ("told", "raised", "then", "left"),
    [
        # a record corrected, and one taken back
        (
            PAUSE,
            ["AR-08 red 2026-11-03 10:00 .. -"],
            corrected(PAUSE, data=PROPER),
            ["-AR-08 red 2026-11-03 10:00 .. -"],
        ),
        (
            PAUSE,
            ["AR-08 red 2026-11-03 10:00 .. -"],
            corrected(PAUSE, operation="D"),
            ["-AR-08 red 2026-11-03 10:00 .. -"],
        ),
        (
            REFUSAL,
            ["AR-12 red 2026-11-03 10:00 .. -"],
            corrected(REFUSAL, data={"result": "refused", "reason": "out of scope"}),
            ["-AR-12 red 2026-11-03 10:00 .. -"],
        ),
        (
            UNKNOWN,
            ["AR-16 red 2026-11-02 10:00 .. -"],
            corrected(UNKNOWN, data={"matter_code": "M007", "unit_code": "u1"}),
            ["-AR-16 red 2026-11-02 10:00 .. -"],
        ),
        # a finish that comes late and was in time: nothing was broken, though it had warned
        (
            SHORT,
            ["AR-02 yellow 2026-11-03 15:42 .. 2026-11-04 00:00", "AR-03 red 2026-11-04 00:00 .. -"],
            document("finished", "2026-11-03 16:00", result="granted"),
            ["AR-02 yellow 2026-11-03 15:42 .. 2026-11-03 16:00", "-AR-03 red 2026-11-04 00:00 .. -"],
        ),
    ],
)
def test_what_the_records_no_longer_say_is_withdrawn_and_kept(office, told, raised, then, left):
    office.hear(*([] if told in (UNKNOWN, SHORT) else [accepted("2026-11-02")]), told, at="2026-11-03 10:01")
    office.look("2026-11-04 09:00")
    assert office.signals() == raised
    office.hear(then, at="2026-11-04 10:00")
    assert office.signals() == left
