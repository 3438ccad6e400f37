"""The receipt log through Kafka, worker, landing, dbt and the checks: equal to the truth, however often and in whatever order."""

import asyncio
import threading
from datetime import UTC, datetime

import psycopg
import pytest
from msgspec.structs import replace

from connectors.kafka import ensure_topics
from connectors.landing import land
from connectors.sources.mapping import SHIPPED
from connectors.sources.replay import Pace
from infra.cli.demo import wait_until_lived
from infra.cli.replay import replay_file
from infra.warehouse.build import build
from streams import app
from tests.streams.test_worker import ask

pytestmark = [pytest.mark.broker, pytest.mark.slow]
FILE = str(SHIPPED / "wabo-receipt.xes.gz")


class Running:
    """A worker and a landing in threads of this process."""

    def __init__(self, settings, runs=(app.run, land)) -> None:
        self.settings, self.runs, self.stops, self.threads = settings, runs, [], []

    def __enter__(self):
        for run in self.runs:
            self.threads.append(threading.Thread(target=lambda run=run: asyncio.run(self._run(run))))
        for thread in self.threads:
            thread.start()
        return self

    async def _run(self, run):
        stopping = asyncio.Event()
        self.stops.append((asyncio.get_running_loop(), stopping))
        await run(self.settings, stopping)

    def __exit__(self, *_):
        for loop, stopping in self.stops:
            loop.call_soon_threadsafe(stopping.set)
        for thread in self.threads:
            thread.join(30)


def stream_cases(settings):
    return {
        row[0].partition("|")[2]: row[1:]
        for row in ask(
            settings,
            "select subject_key, accepted_at, stopped_at, promise_due_at, is_on_time, is_overdue from stream.subject",
        )
    }


def mart_cases(settings):
    return {
        row[0]: row[1:]
        for row in ask(
            settings,
            "select project_no, accepted_at, stopped_at, promise_due_at, is_on_time, is_overdue from marts.cases",
        )
    }


def red(settings, table: str):
    return {
        key.partition("|")[2]: since
        for key, since in ask(settings, f"select subject_key, since from {table} where rule_id = 'AR-03'")
    }


def test_the_receipt_log_is_as_the_truth_has_it_in_stream_and_marts(settings, shared):
    parquet = pytest.importorskip("pyarrow.parquet")
    truth = parquet.read_table(shared / "data/real/truth/receipt_cases.parquet").to_pylist()
    settings = replace(settings, home=settings.home, batch_records=2000)
    ensure_topics(settings)
    standing = []
    with Running(settings):
        # lived through by its marks; then again, every event twice and in disorder
        for pace in (Pace(), Pace(shuffle_seed=5, doubles=True)):
            outcome, _ = replay_file(settings, FILE, "wabo-receipt", pace)
            assert outcome.events == {event: number * (2 if pace.doubles else 1) for event, number in EVENTS.items()}
            assert outcome.rejected == {}
            wait_until_lived(settings, outcome.up_to)
            standing.append((stream_cases(settings), red(settings, "stream.signal"), ask(settings, CELLS)))
    assert standing[0] == standing[1]
    built = build(settings, lambda _: None)
    assert built.failure == ""
    assert [comparison.is_equal for comparison in built.comparisons] == [True, True]

    def utc(instant):
        return instant and instant.astimezone(UTC)

    expected = {
        case["case_id"]: (utc(case["startdate"]), utc(case["enddate"]), utc(case["deadline"])) for case in truth
    }
    overdue = {case["case_id"]: utc(case["overdue_at"]) for case in truth if case["overdue_at"]}
    kept = {case["case_id"]: None if case["within_target"] is None else bool(case["within_target"]) for case in truth}
    assert len(overdue) == 416
    for cases in (standing[0][0], mart_cases(settings)):
        assert {number: row[:3] for number, row in cases.items()} == expected
        assert {number: row[3] for number, row in cases.items()} == kept
        assert {number for number, row in cases.items() if row[4]} == overdue.keys()
    assert red(settings, "stream.signal") == red(settings, "marts.signals") == overdue
    assert ask(settings, "select count(*) from marts.case_events") == [(11_340,)]
    assert dict(ask(settings, "select verdict, count(*) from raw.event group by 1")) == {
        "accepted": 11_340,
        "duplicate": 22_680,
    }
    columns = "sum(received), sum(accepted), sum(duplicate), sum(pending), max(p95_lateness_seconds)"
    assert ask(settings, f"select {columns} from marts.source_accounts where source = 'urn:log:wabo-receipt'") == [
        (34_020, 11_340, 22_680, 0, None)
    ]
    assert ask(settings, "select count(*) from marts.cases where wall_seconds < 0") == [(2,)]


EVENTS = {"case.accepted": 1434, "case.step_completed": 8577, "case.finished": 1329}
CELLS = "select * from stream.measures order by 1, 2, 3, 4, 5, 6, 7, 8"


def test_an_event_of_today_is_counted_by_todays_clock(settings):
    from connectors.lines import publish_lines
    from infra.contracts.examples import of_now

    ensure_topics(settings)
    now = datetime.now(UTC).astimezone()
    outcome = publish_lines(settings, [of_now("case.accepted", now).encode(), b"nonsense"], marks=False, now=now)
    assert [verdict["verdict"] for verdict in outcome["verdicts"]] == ["received", "rejected"]
    with Running(settings):
        deadline = datetime.now(UTC).timestamp() + 30
        while ask(settings, "select state from stream.subject") != [("accepted",)]:
            assert datetime.now(UTC).timestamp() < deadline


def test_a_gate_that_fails_stops_publishing_and_views_survive(settings):
    ensure_topics(settings)
    with Running(settings):
        replay_file(settings, FILE, "wabo-receipt", Pace(shuffle_seed=1))
        wait_until_lived(settings, datetime(2012, 1, 23, 14, 42, 54, tzinfo=UTC))
    assert build(settings, lambda _: None).failure == ""
    with psycopg.connect(settings.database) as connection:
        connection.execute("create view sandbox.late as select case_key from marts.cases where is_overdue")
        connection.execute("update raw.event set type = 'case.unheard_of' where type = 'case.finished'")
        connection.execute("create table sandbox.before as select * from marts.cases")
    built = build(settings, lambda _: None)
    assert "every event type is in the contract" in built.failure
    assert ask(settings, "select count(*) from sandbox.late") == [(416,)]
    assert ask(settings, "select count(*) from (table marts.cases except table sandbox.before) as d") == [(0,)]
    assert ask(settings, "select state from ops.run order by started_at") == [("succeeded",), ("failed",)]
    with psycopg.connect(settings.database) as connection:
        connection.execute("update raw.event set type = 'case.finished' where type = 'case.unheard_of'")
        connection.execute("update stream.subject set is_overdue = false where subject_key = 'wabo-receipt|case-416'")
    built = build(settings, lambda _: None)
    assert "stream = warehouse" in built.failure
    assert built.comparisons[0].different["is_overdue"] == 1
    assert built.comparisons[0].examples[0]["key"] == "wabo-receipt|case-416"
