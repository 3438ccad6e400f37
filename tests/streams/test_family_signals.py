"""AR-16 of another family in the store: raised, withdrawn by a correction, and by a version in which the rule is off."""

import pytest

from infra.reference_data import load
from streams.engine import End, Engine
from streams.store import Partition, StaleRulebook, Store
from tests.cases import china, document
from tests.streams.log import fetch, records

pytestmark = pytest.mark.broker
SERVICES = Partition("events.intermediary", "intermediary", 0)
#: Chosen and never contracted: it has no start, and no clock.
CHOSEN = document(
    "intermediary.selected", "2026-11-02", recordkey="s", kind="survey", unit_code="u1", uscc="91360202MA0000001Y"
)
NAMED = {"kind": "survey", "unit_code": "u1", "uscc": "91360202MA0000001X"}
OFF = {"rule_id": "AR-16", "level": "red", "valid_from": "1990-01-02", "is_off": "true"}


@pytest.fixture
def engine(database):
    engine = Engine(Store(database))
    engine.assign(SERVICES, topic_id="t", partitions=1)
    engine.apply(SERVICES, records([CHOSEN], arrived=china("2026-11-03 10:00")))
    while engine.recompute(SERVICES):
        pass
    yield engine
    engine.store.close()


def signals(engine):
    return fetch(engine, "select rule_id, since, until, is_withdrawn from stream.signal")


def test_a_correction_withdraws_it(engine):
    assert signals(engine) == [("AR-16", china("2026-11-02"), None, False)]
    right = CHOSEN | {"dataversion": 2, "data": NAMED}
    engine.apply(SERVICES, records([right], first=1, arrived=china("2026-11-03 10:01")))
    assert signals(engine) == [("AR-16", china("2026-11-02"), None, True)]


def test_a_version_without_the_rule_withdraws_it(engine, database):
    load(database, {"alert_rule": [OFF]}, loaded_by="test")
    with pytest.raises(StaleRulebook):
        engine.tick(SERVICES, end=End(engine.owned[SERVICES].next_offset, china("2026-11-03 12:00")))
    while engine.recompute(SERVICES):
        pass
    assert signals(engine) == [("AR-16", china("2026-11-02"), None, True)]
