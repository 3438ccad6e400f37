"""Workers on a real Kafka and PostgreSQL: Faust's and the bare one alike."""

import asyncio
import time

import psycopg
import pytest

from connectors.kafka import Delivery, ensure_topics
from streams import app, bare, wire
from tests.cases import accepted, document
from tests.streams.log import mark

pytestmark = pytest.mark.broker
RUNNERS = pytest.mark.parametrize("runner", [bare.run, app.run], ids=["bare", "faust"])


def send(settings, told) -> None:
    with Delivery(settings) as delivery:
        for one in told:
            delivery.send("events.case", f"{one['authority']}|{one['subject']}".encode(), wire.encode(one))


def ask(settings, query: str, *parameters):
    with psycopg.connect(settings.database) as connection:
        return connection.execute(query, parameters).fetchall()


async def run_until(runner, settings, condition, *, seconds: float = 40) -> None:
    """Runs a worker until a condition on the database holds."""
    stopping = asyncio.Event()
    task = asyncio.create_task(runner(settings, stopping))
    deadline = time.monotonic() + seconds
    while not task.done() and not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "the condition never came true"
        await asyncio.sleep(0.1)
    stopping.set()
    await asyncio.wait_for(task, 20)


@RUNNERS
def test_events_of_every_partition_are_folded_once_over_restarts(settings, runner):
    ensure_topics(settings)
    send(settings, [accepted("2026-11-02", number=f"n{n}", promise=(5, "workday")) for n in range(300)])
    asyncio.run(run_until(runner, settings, lambda: ask(settings, "select count(*) from stream.subject") == [(300,)]))
    send(settings, [document("finished", "2026-11-05", number=f"n{n}", result="granted") for n in range(100)])
    send(settings, [accepted("2026-11-02", number=f"m{n}", promise=(5, "workday")) for n in range(50)])
    asyncio.run(run_until(runner, settings, lambda: ask(settings, "select count(*) from stream.subject") == [(350,)]))

    assert ask(settings, "select sum(next_offset) from stream.position") == [(450,)]
    assert ask(settings, "select sum(cases), sum(open) from stream.measures where cohort = 'accepted'") == [(350, 250)]
    # All are due on 2026-11-09, and time went on by itself.
    assert ask(
        settings, "select rule_id, count(*) from stream.signal where rule_id = 'AR-03' and not is_withdrawn group by 1"
    ) == [("AR-03", 250)]


@RUNNERS
def test_a_mark_in_every_partition_lets_history_pass(settings, runner):
    from infra.reference_data import load
    from tests.cases import china

    load(settings.database, {"authority": [{"authority": "old", "name": "x", "clock": "marked"}]}, loaded_by="test")
    ensure_topics(settings)
    send(settings, [accepted("2011-10-11", number=f"n{n}", authority="old", promise=(1, "day")) for n in range(40)])
    with Delivery(settings) as delivery:
        delivery.send_marks(["events.case"], "old", wire.encode(mark("old", china("2011-10-14"))))
    asyncio.run(
        run_until(
            runner,
            settings,
            lambda: ask(settings, "select count(*) from stream.signal where rule_id = 'AR-03'") == [(40,)],
        )
    )
    assert ask(settings, "select distinct as_of from stream.clock where authority = 'old'") == [(china("2011-10-14"),)]
