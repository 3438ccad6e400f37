"""A version is read into exactly the subjects it concerns, by the owner of their partition, once."""

from datetime import timedelta

import pytest

from infra.reference_data import load
from infra.reference_data.affected import waiting
from streams import stale
from streams.store import StaleRulebook
from tests.cases import accepted, document
from tests.streams.log import CASES, batch_fold, end_of, engine_on, fetch, records, stored_cells, stored_signals
from tests.streams.test_engine import NOW, a_history, drain, in_polls

pytestmark = pytest.mark.broker
#: 2026-12-07 is a Monday.
DAY_OFF = {
    "calendar": "cn",
    "day": "2026-12-07",
    "is_workday": "false",
    "status": "official",
    "name": "x",
    "notice": "y",
}
LATE = accepted("2026-11-20", number="late", promise=(20, "workday"), matter_code="without-limit")
SOON = accepted("2026-11-20", number="soon", promise=(3, "workday"), matter_code="without-limit")
NEXT = NOW + timedelta(hours=1)


def read_again(engine) -> int:
    """Ends the pass; how many subjects were read again."""
    before = engine.counts["recomputed"]
    while with_new_data(lambda: engine.recompute(CASES)):
        pass
    return engine.counts["recomputed"] - before


def with_new_data(act):
    try:
        return act()
    except StaleRulebook:
        return act()


def pass_over(engine) -> int:
    """Ticks until a new version is seen, then the pass that it needs."""
    with_new_data(lambda: engine.tick(CASES, end=end_of(engine, engine.owned[CASES].clocks["*"] + timedelta(hours=1))))
    return read_again(engine)


def test_a_notice_about_one_day_concerns_only_the_cases_that_touch_it(database):
    engine = engine_on(database)
    engine.apply(CASES, records([LATE, SOON, document("finished", "2026-11-21", number="soon", result="granted")]))
    drain(engine)
    read_again(engine)
    version = load(database, {"calendar_day": [DAY_OFF]}, loaded_by="test").version
    assert waiting(engine.store.connection) == 1

    assert pass_over(engine) == 1
    assert waiting(engine.store.connection) == 0
    found = fetch(engine, "select subject_key, promise_due_on::text, rulebook_version from stream.subject order by 1")
    assert found == [("jdz|late", "2026-12-21", version), ("jdz|soon", "2026-11-25", version - 1)]


def test_who_was_passed_over_is_not_lost_to_a_later_version(database):
    engine = engine_on(database)
    engine.apply(CASES, records([LATE, SOON]))
    read_again(engine)
    load(database, {"calendar_day": [DAY_OFF]}, loaded_by="test")
    assert pass_over(engine) == 1
    second = load(database, {"calendar_day": [DAY_OFF | {"day": "2026-11-24"}]}, loaded_by="test").version
    assert pass_over(engine) == 2
    found = fetch(engine, "select subject_key, promise_due_on::text, rulebook_version from stream.subject order by 1")
    assert found == [("jdz|late", "2026-12-22", second), ("jdz|soon", "2026-11-26", second)]


@pytest.mark.parametrize(
    ("tables", "read"),
    [
        ({"schedule_assignment": [{"scope_type": "unit", "scope_code": "u1", "schedule": "every_day"}]}, 13),
        ({"alert_rule": [{"rule_id": "AR-02", "clock_id": "promise", "level": "yellow", "unit_code": "u2",
                          "valid_from": "1990-01-02", "share": "0.5", "minute_share": "0.5"}]}, 13),
        ({"matter": [{"matter_code": "M007", "valid_from": "2026-10-01", "name": "x", "statutory_value": "2",
                      "statutory_unit": "workday"}]}, 40),
        ({"clock_rule": [{"clock_id": "delivery", "valid_from": "1990-01-02", "family": "case", "start": "case.finished",
                          "stop": "case.delivered", "limit_value": "1", "limit_unit": "workday"}]}, 40),
        ({"clock_rule": [{"clock_id": "payout_review", "valid_from": "1990-01-02", "family": "payout",
                          "start": "payout.applied", "stop": "payout.approved", "limit_value": "1", "limit_unit": "workday"}]}, 0),
        ({"authority": [{"authority": "jdz", "name": "x", "late_pauses_extend": "true"}]}, 40),
        ({"authority": [{"authority": "jdz", "name": "another name"}]}, 0),
        ({"source": [{"source": "urn:b", "authority": "jdz", "precedence": "3"}]}, 40),
        ({"unit": [{"unit_code": "u1", "name": "x"}]}, 0),
        ({"alert_rule": [{"rule_id": "AR-18", "level": "yellow", "valid_from": "1990-01-01", "least_minutes": "90"}]}, 0),
        ({"calendar_day": [DAY_OFF | {"day": "2026-09-23"}]}, None),
        ({"office_hours": [{"hours": "default", "opens": "09:00", "closes": "11:00"}]}, 40),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)  # fmt: skip
def test_after_a_pass_the_store_is_what_a_fold_under_the_new_version_says(database, monkeypatch, tables, read):
    """Small pages, and every kind of change: whoever is moved is read, and hardly anybody else."""
    monkeypatch.setattr(stale, "LOOKED_AT", 7)
    monkeypatch.setattr(stale, "MOST_AT_ONCE", 3)
    engine = engine_on(database)
    logged = records(a_history())
    for poll in in_polls(logged, 50):
        engine.apply(CASES, poll)
    drain(engine)
    read_again(engine)
    load(database, tables, loaded_by="test")
    count = pass_over(engine)

    assert read is None or count == read
    assert 0 <= count <= 40
    [(as_of,)] = fetch(engine, "select max(as_of) from stream.clock")
    drain(engine, as_of)
    cells, signals = batch_fold(engine, logged, as_of)
    assert stored_cells(engine) == cells
    assert stored_signals(engine) == signals


def in_the_middle_of_a_pass(database):
    """An engine with nine cases that all touch a new day off, and one step of the pass over them taken."""
    engine = engine_on(database)
    engine.apply(CASES, records([accepted("2026-11-20", number=f"n{n}", promise=(20, "workday")) for n in range(9)]))
    read_again(engine)
    load(database, {"calendar_day": [DAY_OFF]}, loaded_by="test")
    with pytest.raises(StaleRulebook):
        engine.tick(CASES, end=end_of(engine, NEXT))
    assert engine.recompute(CASES)
    return engine


def test_a_version_that_comes_in_the_middle_of_a_pass_begins_it_anew(database, monkeypatch):
    monkeypatch.setattr(stale, "LOOKED_AT", 2)
    engine = in_the_middle_of_a_pass(database)
    assert engine.owned[CASES].stale_after == "jdz|n1"
    last = load(database, {"calendar_day": [DAY_OFF | {"day": "2026-12-08"}]}, loaded_by="test").version
    assert read_again(engine) == 9
    assert fetch(engine, "select distinct rulebook_version, promise_due_on::text from stream.subject") == [
        (last, "2026-12-22")
    ]


def test_a_partition_that_is_done_is_not_passed_over_again(database, monkeypatch):
    engine = engine_on(database)
    engine.apply(CASES, records([LATE, SOON]))
    read_again(engine)
    engine.store.close()
    again = engine_on(database)
    monkeypatch.setattr(stale, "page", lambda *_, **__: pytest.fail("passed over again"))
    assert not again.recompute(CASES)
    assert fetch(again, "select rulebook_version, engine_version > 0 from stream.caught_up") == [(1, True)]


def test_a_restart_in_the_middle_of_a_pass_loses_nobody(database, monkeypatch):
    monkeypatch.setattr(stale, "MOST_AT_ONCE", 2)
    engine = in_the_middle_of_a_pass(database)
    engine.store.close()

    again = engine_on(database)
    assert waiting(again.store.connection) == 7
    assert read_again(again) == 7
    assert fetch(again, "select distinct promise_due_on::text from stream.subject") == [("2026-12-21",)]


def test_a_calendar_is_based_on_another_and_feels_its_notices(database):
    engine = engine_on(database)
    own = {"calendar": "cn-fuliang", "day": "2026-11-24", "is_workday": "false", "status": "official", "name": "瓷博会"}
    load(
        database,
        {
            "calendar": [{"calendar": "cn-fuliang", "name": "浮梁县", "ordinary": "monday_friday",
                          "ordinary_status": "provisional", "based_on": "cn"}],
            "calendar_day": [own],
            "schedule": [{"schedule": "fuliang", "calendar": "cn-fuliang", "hours": "default", "zone": "Asia/Shanghai"}],
            "schedule_assignment": [{"scope_type": "area", "scope_code": "360222", "schedule": "fuliang"}],
        },
        loaded_by="test",
    )  # fmt: skip
    county = accepted("2026-11-20", number="county", promise=(3, "workday"), area_code="360222")
    city = accepted("2026-11-20", number="city", promise=(3, "workday"), area_code="360200")
    engine.apply(CASES, records([county, city]))
    due = "select subject_key, promise_due_on::text from stream.subject order by 1"
    assert fetch(engine, due) == [("jdz|city", "2026-11-25"), ("jdz|county", "2026-11-26")]
    read_again(engine)
    load(database, {"calendar_day": [DAY_OFF | {"day": "2026-11-25"}]}, loaded_by="test")
    assert pass_over(engine) == 2
    assert fetch(engine, due) == [("jdz|city", "2026-11-26"), ("jdz|county", "2026-11-27")]
