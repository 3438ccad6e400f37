"""Signals in the store: raised when their time comes, raised higher, ended, and withdrawn when the records say otherwise."""

from datetime import datetime

import pytest

from tests.cases import accepted, china
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
