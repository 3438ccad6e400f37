"""A simulated month, or (`make year`) a year, lived through: the platform says of it what the simulator knows to be true."""

import os
import resource
import time
from contextlib import closing
from pathlib import Path

import pytest

from connectors.sources.simulated.days import aware
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.plan import Plan
from infra.cli.simulate import send
from infra.reference_data.catalogue import follow
from infra.warehouse.build import build
from tests.chaos.installation import Installation
from tests.city.life import PROCESSES, Log, Watch, wait_until_lived
from tests.city.witness import STREAM, WAREHOUSE, Question, Witness, differences
from tests.connectors.simulated_truth import city

pytestmark = pytest.mark.broker
EVENTS, DAYS = int(os.environ.get("SIMULATED_EVENTS", "40000")), int(os.environ.get("SIMULATED_DAYS", "30"))
SEED = int(os.environ.get("SIMULATED_SEED", "1"))


class Steps:
    """What was done, one after the other, and how long each took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        print(f"{what}: {now - self._since:,.1f} s", flush=True)
        self._since = now


def live_through(plan: Plan, home: Path, *, ahead: int = 0) -> None:
    """Everything sent, folded, landed, followed, compared, built and compared again.

    `ahead`: nothing reads before so many events are sent. What lags far behind takes large polls, and a year is over sooner.
    """
    installation = Installation(home, {} if ahead else PROCESSES)
    steps = Steps()
    try:
        installation.start()
        steps.done("\nstarted")
        watch, settings = Watch(installation), installation.settings
        its_city = city(plan)
        with closing(Log(installation)) as log:
            with closing(Witness(Diary(plan, its_city), settings.database)) as witness:
                _send(witness, plan, log=log, watch=watch, ahead=ahead)
            steps.done(f"{plan.events:,} events sent, their truth kept")
            wait_until_lived(log, watch, end=aware(plan.end))
            steps.done("folded and landed")
            followed = follow(settings.database, is_erratum=True)
            assert (followed.taken > 0, followed.refused) == (True, 0)
            wait_until_lived(log, watch, end=aware(plan.end))
            steps.done(f"{followed.taken:,} entries of the catalogue followed, what they concern read again")
        found = _compare(settings.database, STREAM)
        steps.done("stream compared")
        built = build(settings, lambda step: print(f"warehouse: {step}", flush=True))
        steps.done(f"warehouse built, {built.seconds}")
        assert built.failure == "", built.failure
        print([(one.name, one.compared, one.pending) for one in built.comparisons])
        found += _compare(settings.database, WAREHOUSE)
        steps.done("warehouse compared")
        _tell_sizes(installation, watch, plan.events)
        assert found == []
        assert all(one.is_equal and one.compared and not one.pending for one in built.comparisons)
    finally:
        installation.stop()


def _tell_sizes(installation: Installation, watch: Watch, events: int) -> None:
    most = watch.most | {"sender": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    print("most memory: " + ", ".join(f"{name} {size // 2**20} MB" for name, size in most.items()))
    schemas = installation.ask(
        """select n.nspname, sum(pg_total_relation_size(c.oid))::bigint / 1048576
           from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
           where c.relkind in ('r', 'm') and c.relpersistence <> 't' group by 1 order by 2 desc limit 8"""
    )
    tables = installation.ask(
        """select c.oid::regclass::text, pg_total_relation_size(c.oid), pg_indexes_size(c.oid) from pg_class as c
           where c.relkind in ('r', 'm') order by 2 desc limit 24"""
    )
    print("bytes an event (of them indexes): " + ", ".join(f"{t} {a // events} ({i // events})" for t, a, i in tables))
    log = sum(path.stat().st_size for path in (installation.home / "kafka").rglob("*.log"))
    print(
        "on disk: " + ", ".join(f"{name} {size} MB" for name, size in [*schemas, ("Kafka's log", log // 2**20)]),
        flush=True,
    )


def _send(witness: Witness, plan: Plan, *, log: Log, watch: Watch, ahead: int) -> None:
    sent, began = [0], time.monotonic()

    def count(number: int) -> None:
        sent[0] += number
        if sent[0] == ahead:
            watch.installation.verbs = PROCESSES
            watch.installation.keep_alive()

    def tell() -> str:
        rate = sent[0] / (time.monotonic() - began)
        left = (plan.events - sent[0]) / max(rate, 1)
        worked, landed = log.behind()
        return (
            f"{sent[0]:,} of {plan.events:,} sent, {rate:,.0f} events/s, {left:,.0f} s to go; "
            f"behind: {worked:,} to fold, {landed:,} to land"
        )

    with watch.during(tell):
        told = send(
            watch.installation.settings,
            witness,
            city=city(plan),
            report=count,
            hours=4 if plan.days <= 60 else 24,
        )
    assert (sum(told.events.values()), told.rejected) == (plan.events, {})


def _compare(database: str, questions: tuple[Question, ...]) -> list[str]:
    """The names of what differs; everything that was compared is printed."""
    found = []
    for one in differences(database, questions):
        print(f"{one.name}: {one.compared:,} compared, {one.different:,} different", flush=True)
        for true, said in one.examples:
            print(f"  true {true}\n  said {said}", flush=True)
        found += [one.name] if one.different or not one.compared else []
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_month_of_a_city_is_as_it_was_drawn(open_path):
    live_through(Plan(40_000, SEED, days=30), open_path)


@pytest.mark.year
@pytest.mark.timeout(6 * 3600)
def test_a_year_of_a_city_is_as_it_was_drawn(open_path):
    live_through(Plan(EVENTS, SEED, days=DAYS), open_path, ahead=EVENTS // 4)
