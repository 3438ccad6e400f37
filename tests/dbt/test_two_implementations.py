"""Python in the stream and SQL in the warehouse read thousands of random cases alike, to the microsecond."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import create_engine

from connectors.landed import Landed
from connectors.landing_store import LandingStore
from connectors.sources.mapping import load_mapping
from connectors.sources.tell import read_traces, reference_tables, tell
from connectors.verdicts import judge
from expectations.reconcile import reconcile
from infra.reference_data import load
from infra.warehouse.cut import take_cut
from infra.warehouse.dbt import Dbt
from streams.settings import Settings
from streams.topics import Topic
from tests.cases import accepted, china
from tests.random_cases import random_cases
from tests.streams.log import CASES, end_of, engine_on, mark, records
from tests.streams.test_engine import in_polls

pytestmark = [pytest.mark.broker, pytest.mark.slow]
AUTHORITIES = [
    {"authority": "old", "name": "x", "clock": "marked"},
    {"authority": "bold", "name": "x", "clock": "marked", "extension_any_time": "true", "late_pauses_extend": "true"},
    {"authority": "lenient", "name": "x", "clock": "marked", "pause_day_rule": "inclusive", "pause_cap": "none"},
    {"authority": "generous", "name": "x", "clock": "marked", "pause_day_rule": "inclusive"},
]
SCHEDULES = [
    {"scope_type": "authority", "scope_code": "old", "schedule": "weekdays-amsterdam"},
    {"scope_type": "area", "scope_code": "360222", "schedule": "every_day"},
    {"scope_type": "unit", "scope_code": "u3", "schedule": "weekdays"},
    {"scope_type": "authority", "scope_code": "bold", "schedule": "fuliang"},
]
#: A county's own festival, and a day that it works though the country does not, on top of the country's notices.
COUNTY = {
    "calendar": [
        {"calendar": "cn-fuliang", "ordinary": "monday_friday", "ordinary_status": "provisional", "based_on": "cn"}
    ],
    "calendar_day": [
        {"calendar": "cn-fuliang", "day": day, "is_workday": is_workday, "status": status, "name": "x", "notice": "y"}
        for day, is_workday, status in (
            ("2025-03-12", "false", "official"), ("2025-05-06", "false", "official"), ("2025-09-28", "false", "official"),
            ("2025-10-02", "true", "provisional"), ("2025-10-20", "false", "official"), ("2026-01-05", "false", "official"),
        )
    ],
    "office_hours": [
        {"hours": "fuliang", "season_from": "05-01", "season_to": "09-30", "opens": "08:00", "closes": "11:30"},
        {"hours": "fuliang", "season_from": "05-01", "season_to": "09-30", "opens": "14:30", "closes": "18:00"},
        {"hours": "fuliang", "season_from": "10-01", "season_to": "04-30", "opens": "08:30", "closes": "17:00"},
    ],
    "schedule": [
        {"schedule": "fuliang", "calendar": "cn-fuliang", "hours": "fuliang", "zone": "Asia/Shanghai"}
    ],
}  # fmt: skip

#: Thresholds of units and matters, from days on; an answer that is due sooner.
RULES = [
    {"rule_id": "AR-01", "clock_id": "promise", "level": "blue", "unit_code": "u2", "valid_from": "1990-01-01", "share": "0.3", "least_workdays": "2"},
    {"rule_id": "AR-02", "clock_id": "promise", "level": "yellow", "valid_from": "2025-06-01", "share": "0.7", "minute_share": "0.6"},
    {"rule_id": "AR-02", "clock_id": "promise", "level": "yellow", "unit_code": "u1", "matter_code": "M005", "valid_from": "2025-03-01", "is_off": "true"},
    {"rule_id": "AR-03", "clock_id": "promise", "level": "red", "matter_code": "M012", "valid_from": "2025-09-01", "is_off": "true"},
    {"rule_id": "AR-04", "clock_id": "statutory", "level": "escalation", "authority": "jdz", "valid_from": "2025-08-01", "grace_workdays": "1"},
    {"rule_id": "AR-04", "clock_id": "statutory", "level": "escalation", "unit_code": "u3", "valid_from": "2025-10-01", "is_off": "true"},
]  # fmt: skip
ANSWER = {
    "clock_id": "receipt", "family": "case", "start": "case.received",
    "stop": "case.accepted case.not_accepted case.correction_requested case.finished",
}  # fmt: skip
ANSWERS = [
    ANSWER | {"matter_code": "M005", "valid_from": "1990-01-01", "limit_value": "3", "limit_unit": "day"},
    ANSWER | {"matter_code": "M007", "valid_from": "2025-09-01", "limit_value": "2", "limit_unit": "workday"},
    ANSWER | {"matter_code": "", "valid_from": "2025-12-01", "limit_value": "4", "limit_unit": "workday"},
]
#: Matters whose law counts from the receipt, from a day on; that list their special procedures; that come late.
STARTS = [
    {"matter_code": "M005", "valid_from": "2021-01-01", "name": "x", "statutory_value": "9", "statutory_unit": "workday", "clock_start": "receive"},
    {"matter_code": "M007", "valid_from": "2025-07-01", "name": "x", "statutory_value": "20", "statutory_unit": "workday", "clock_start": "receive"},
    {"matter_code": "M007", "valid_from": "2025-10-01", "name": "x", "statutory_value": "7", "statutory_unit": "workday", "clock_start": "receive"},
    {"matter_code": "M012", "valid_from": "2025-06-01", "name": "x", "special_kinds": "hearing", "promise_value": "6", "promise_unit": "workday"},
    {"matter_code": "M036", "valid_from": "2025-06-01", "name": "x", "is_deemed_consent": "true"},
    {"matter_code": "M025", "valid_from": "2025-02-01", "name": "x", "special_kinds": "appraisal unmapped", "statutory_value": "0", "statutory_unit": "onspot", "fallback_value": "3", "fallback_unit": "workday"},
    {"matter_code": "comes-late", "valid_from": "2025-11-01", "name": "x", "statutory_value": "9", "statutory_unit": "day"},
]  # fmt: skip


def land(database: str, logged) -> None:
    store = LandingStore(database)
    store.claim({CASES.topic: Topic("topic-1", 1)})
    landed = Landed()
    landed.take(CASES.topic, 0, logged)
    store.write(landed)
    while judge(store.connection, [CASES.topic]):
        pass
    store.close()


@pytest.fixture
def both(database, tmp_path):
    """A database in which the stream has folded and landing has landed the same log; and its dbt."""
    load(
        database,
        {
            "authority": AUTHORITIES,
            "schedule_assignment": SCHEDULES,
            "source": [{"source": "urn:b", "authority": "jdz", "precedence": "5"}],
            "alert_rule": RULES,
            **COUNTY,
            "clock_rule": ANSWERS,
            "matter": STARTS,
        },
        loaded_by="test",
    )

    def fold(told, *, now: str):
        logged = records(told, arrived=china(now) - timedelta(hours=1))
        engine = engine_on(database)
        for poll in in_polls(logged, 5000):
            engine.apply(CASES, poll)
        while engine.tick(CASES, end=end_of(engine, china(now))):
            pass
        engine.store.close()
        land(database, logged)
        with psycopg.connect(database) as connection:
            take_cut(connection, "r1")
        nodes = Dbt(Settings(home=tmp_path, database=database), "r1").build("--exclude", "path:models/marts")
        assert [(node.name, node.message) for node in nodes if node.status == "error"] == []
        return reconcile(
            create_engine(database.replace("postgresql:", "postgresql+psycopg:")), "r1", warehouse="candidate"
        )

    return fold


def spans_that_miss(database: str) -> list[tuple[str, str, int, int]]:
    """Clocks of working days whose running and excess stretches do not add up to what is used."""
    with psycopg.connect(database) as connection:
        return connection.execute(
            """select case_key, clock_id, c.used::int, sum(s.workdays) filter (where s.kind in ('running', 'excess'))::int
               from intermediate.int_clocks as c inner join candidate.candidate_case_spans as s using (case_key, clock_id)
               where c.ruler = 'workday'
               group by case_key, clock_id, c.used
               having c.used <> coalesce(sum(s.workdays) filter (where s.kind in ('running', 'excess')), 0)"""
        ).fetchall()


def told_though_excluded(database: str) -> list[tuple[str, str]]:
    """Clocks of cases outside the statistics that say whether they were kept."""
    with psycopg.connect(database) as connection:
        return connection.execute(
            """select c.subject_key, c.clock_id
               from candidate.candidate_clocks as c inner join candidate.candidate_cases as f on f.case_key = c.subject_key
               where f.exclusion_reason is not null and c.is_on_time is not null"""
        ).fetchall()


@pytest.mark.parametrize("now", ["2026-03-05 11:00", "2027-06-01 00:00"])
def test_random_cases_are_read_alike(both, database, now):
    told = [
        *random_cases(900, seed=1),
        *random_cases(500, seed=2, authority="old", prefix="o"),
        *random_cases(500, seed=3, authority="bold", prefix="b"),
        *random_cases(400, seed=4, authority="lenient", prefix="l"),
        *random_cases(600, seed=5, authority="generous", prefix="g"),
        mark("old", china("2026-02-01 16:00")),
        mark("bold", china("2025-11-05 10:30")),
        mark("lenient", china("2026-02-01 16:00")),
        mark("generous", china("2025-12-11 10:30")),
        # dated half an hour after its arrival, and seen
        accepted((china(now) - timedelta(minutes=30)).isoformat(), number="ahead"),
    ]
    cases, signals = both(told, now=now)

    assert (cases.examples, signals.examples) == ([], [])
    assert cases.is_equal
    assert signals.is_equal
    assert cases.pending == 0
    assert cases.compared > 2800
    assert not spans_that_miss(database)
    assert not told_though_excluded(database)
    assert signals.compared > 2300


def test_bpic15_is_in_the_warehouse_as_the_truth_has_it(database, tmp_path, shared):
    parquet = pytest.importorskip("pyarrow.parquet")
    truth = parquet.read_table(shared / "data/real/truth/bpic15_cases.parquet").to_pylist()
    mapping = load_mapping("bpic15-m1")
    traces = read_traces(mapping, shared / "data/real/BPIC15_1.xes.gz")
    load(database, reference_tables(mapping, traces), loaded_by="test")
    told = tell(mapping, traces)
    end = max(document.pop("_at") for document in told)
    logged = records([*told, mark("bpic15-m1", end)])
    engine = engine_on(database)
    for poll in in_polls(logged, 5000):
        engine.apply(CASES, poll)
    while engine.tick(CASES, end=end_of(engine, china("2026-11-24 09:00"))):
        pass
    land(database, logged)
    with psycopg.connect(database) as connection:
        take_cut(connection, "r1")
    nodes = Dbt(Settings(home=tmp_path, database=database), "r1").build()
    assert [(node.name, node.message) for node in nodes if not node.is_well] == []
    units = Dbt(Settings(home=tmp_path, database=database), "r1").unit_test()
    assert len(units) == 6
    assert [(node.name, node.message) for node in units if not node.is_well] == []
    found = reconcile(create_engine(database.replace("postgresql:", "postgresql+psycopg:")), "r1")
    assert [comparison.is_equal for comparison in found] == [True, True]
    assert found[0].compared == 1199
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            """select k.project_no, (s.paused)::int, k.statutory_due_on, k.stopped_at is null, k.is_past_statutory
               from marts.cases as k inner join intermediate.int_clocks as s using (case_key)"""
        ).fetchall()
    warehouse = {number: rest for number, *rest in rows}
    for case in truth:
        paused, due_on, is_open, is_past = warehouse[case["case_id"].removeprefix("M1-")]
        assert (paused, due_on) == (case["suspended_days"], case["deadline_date"].date()), case["case_id"]
        assert is_open == (case["decision_date"] is None)
        if case["within_target"] is not None:
            assert is_past != bool(case["within_target"]), case["case_id"]
