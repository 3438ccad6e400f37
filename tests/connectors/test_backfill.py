"""Back-fill waits while the workers are behind; what happens now passes, and is seen at once."""

import asyncio
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec
import pytest

from connectors.backfill import FIRST, LEAST, Allowance, Throttle, is_old
from connectors.kafka import ensure_topics
from connectors.lag import Lag
from connectors.lines import publish_lines
from infra.reference_data import load
from streams import bare
from streams.settings import Settings
from tests.cases import SOURCE, SOURCE_ROW, accepted
from tests.connectors.gateways import BATCH, SINGLE, gateway, registered
from tests.streams.test_worker import ask, send

LONG_AGO = "2026-09-01"


def fresh(number: str) -> dict:
    return accepted(datetime.now(UTC).isoformat(), number=number)


def spent(one: Allowance) -> int:
    """How many single events pass until the next look."""
    number = 0
    while one.take(1):
        number += 1
    return number


def test_an_allowance_grows_while_the_workers_keep_up_and_shrinks_while_they_lag():
    one = Allowance(2.0, 1000)
    passed = []
    for lag in (0.0, 2.0, 2.1, 9.0, 0.0):
        passed.append(spent(one))
        one.renew(lag)
    assert passed == [1000, 1250, 1562, 781, 390]
    for _ in range(20):
        one.renew(60.0)
    assert spent(one) == LEAST  # never nothing: who waits for a worker that is gone is not stuck


def test_a_batch_beyond_the_allowance_is_paid_for_by_later_ones():
    one = Allowance(2.0, 100)
    assert one.take(500)
    looks = 0
    while not one.take(1):
        one.renew(9.0)
        looks += 1
    assert looks == 9  # of 50 each
    assert all(Allowance(0.0, 1).take(10**9) for _ in range(3))


def test_old_is_what_happened_more_than_a_day_ago():
    settings, now = Settings(), datetime(2026, 11, 24, tzinfo=UTC)
    assert not is_old(settings, now - timedelta(hours=24), now)
    assert is_old(settings, now - timedelta(hours=24, seconds=1), now)
    assert not is_old(settings, now + timedelta(days=9), now)


@pytest.fixture
def told(settings):
    """An installation that knows the source of the tests."""
    ensure_topics(settings)
    load(settings.database, {"source": [SOURCE_ROW]}, loaded_by="test")
    return settings


def processed(settings) -> int:
    return ask(settings, "select coalesce(sum(next_offset), 0)::int from stream.position")[0][0]


def lag_of(settings) -> float:
    lag = Lag(settings)
    found = lag.seconds()
    lag.close()
    return found


class Worker:
    """A worker in a thread, as long as it is needed."""

    def __init__(self, settings) -> None:
        self._settings, self._loop, self._asked = settings, asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(bare.run(settings, self._asked),))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._loop.call_soon_threadsafe(self._asked.set)
        self._thread.join(30)
        self._loop.close()


class GaveUpError(Exception):
    pass


def work_all(settings) -> None:
    with Worker(settings):
        while lag_of(settings) or not processed(settings):
            time.sleep(0.2)


def work_all_of_one(settings) -> None:
    """A worker was there, took one event, and is gone; the next one waits for it for longer than doors bear with."""
    send(settings, [fresh("first")])
    work_all(settings)
    send(settings, [fresh("first")])
    time.sleep(settings.backfill_lag_seconds)


@pytest.mark.broker
def test_the_lag_is_how_long_the_oldest_event_that_nobody_took_has_waited(told):
    send(told, [fresh("a")])
    assert lag_of(told) == 0.0  # no worker ever was there: nobody waits for one
    work_all(told)
    time.sleep(1.0)
    assert lag_of(told) == 0.0  # all is taken, however long ago
    send(told, [fresh("a")])
    assert lag_of(told) >= 1.0
    away = Lag(told)
    assert away.seconds() >= 1.0
    away._settings = msgspec.structs.replace(told, database="postgresql://nobody@127.0.0.1:1/nothing")
    away._connection.close()
    assert away.seconds() > lag_of(told) - 1.0  # without the database what was read last goes on to hold
    away.close()


@pytest.mark.broker
def test_while_nobody_works_old_events_trickle_fresh_ones_pass_and_the_sender_may_give_up(told, caplog):
    work_all_of_one(told)
    heard = []

    def report(number: int) -> None:
        heard.append(number)
        if len(heard) > 30:
            raise GaveUpError

    sent = []

    def pour(throttle: Throttle) -> None:
        while True:
            throttle.wait(datetime(2026, 9, 1, tzinfo=UTC))
            throttle.wait(datetime.now(UTC))
            sent.append(1)

    with Throttle(told, flush=lambda: None, report=report) as throttle, pytest.raises(GaveUpError):
        pour(throttle)
    assert set(heard) == {0}
    assert FIRST < len(sent) < FIRST * 4  # halved with every look
    assert "so that fresh events come first" in caplog.text


@pytest.mark.broker
@pytest.mark.slow
def test_fresh_events_are_seen_during_a_back_fill_and_all_of_it_arrives(told):
    """The workers' lag stays a matter of seconds, whatever is poured in; without the throttle it grows to the end."""
    work_all_of_one(told)
    lines = [json.dumps(accepted(LONG_AGO, number=f"old{n}")).encode() for n in range(6000)]
    lags, outcome, lag = [], [], Lag(told)

    def pour() -> None:
        outcome.append(publish_lines(told, lines, marks=False, now=datetime.now(UTC)))

    with Worker(told):
        sender = threading.Thread(target=pour)
        sender.start()
        while sender.is_alive():
            send(told, [fresh("new")])
            lags.append(lag.seconds())
            time.sleep(0.2)
        sender.join()
        while lag.seconds():
            time.sleep(0.2)
    lag.close()
    assert outcome[0]["sent"] == 6000
    assert ask(told, "select count(*) from stream.subject where subject_key like 'jdz|old%%'") == [(6000,)]
    assert len(lags) >= 3
    assert sorted(lags)[len(lags) // 2] < 3 * told.backfill_lag_seconds


@pytest.mark.broker
@pytest.mark.slow
def test_the_http_door_asks_back_fill_to_wait_and_takes_what_happens_now(told, tmp_path):
    work_all_of_one(told)
    key = registered(told, SOURCE, authorities="*")
    with gateway(told, tmp_path / "serve.log") as door, door.client(key) as client:

        def post(events: list[dict]):
            return client.post("/v1/events", json=events, headers={"content-type": BATCH})

        old = [accepted(LONG_AGO, number=f"old{n}") for n in range(1000)]
        deadline = time.monotonic() + 40
        while (answer := post(old)).status_code == 202:  # until it has seen that nobody takes them
            assert time.monotonic() < deadline
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            429,
            "backfill_waits",
            "2",
        )
        # the living pass, also with something late among them
        assert post([fresh("a"), fresh("b"), *old[:1]]).status_code == 202
        assert client.post("/v1/events", json=fresh("c"), headers={"content-type": SINGLE}).status_code == 202
        assert "approvals_consumer_lag_seconds" in client.get("/metrics").text
        while (answer := post(old)).status_code == 429:  # asked again, it gets in, slowly
            assert time.monotonic() < deadline + 40
            time.sleep(0.5)
        assert answer.status_code == 202
        assert door.stop() == 0
