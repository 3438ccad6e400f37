"""From the outbox to people, on a real Kafka and PostgreSQL: once each, signed, tried again."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from msgspec.structs import replace

from connectors.kafka import ensure_topics
from connectors.notify.channels import signature
from connectors.notify.run import notify
from connectors.outbox import relay
from infra.reference_data import load
from streams.engine import Engine
from streams.store import Partition, Store
from tests.cases import accepted, china, document
from tests.streams.log import end_of, mark, records
from tests.streams.test_worker import ask

pytestmark = pytest.mark.broker
KEY = b"a secret of the tests"


class Receiver(HTTPServer):
    """A webhook that answers with the given statuses, then 200, and keeps what it got."""

    def __init__(self, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.got = list(answers), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers.items()), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def engine(settings):
    ensure_topics(settings)
    engine = Engine(Store(settings.database))
    engine.assign(CASES, topic_id="t", partitions=1)
    yield engine
    engine.store.close()


CASES = Partition("events.case", "case", 0)


def tell(settings, **webhook):
    relay(settings, threading.Event(), once=True)
    notify(replace(settings, **webhook), threading.Event(), once=True)


def test_a_breach_reaches_the_webhook_once_and_signed(settings, engine):
    receiver = Receiver()
    hook = {"webhook_url": receiver.url, "webhook_secret": KEY.decode()}
    told = [accepted("2026-11-02", number="a", promise=(1, "workday"))]
    engine.apply(CASES, records(told, arrived=china("2026-11-10 09:00")))
    tell(settings, **hook)
    engine.apply(
        CASES,
        records([document("finished", "2026-11-10 08:00", number="a")], first=1, arrived=china("2026-11-10 09:30")),
    )
    tell(settings, **hook)
    tell(settings, **hook)

    bodies = [json.loads(body) for _, body in receiver.got]
    assert sorted((body["type"].split(".")[-2], body["data"]["rule_id"]) for body in bodies) == [
        ("cleared", "AR-03"), ("cleared", "AR-04"), ("raised", "AR-02"), ("raised", "AR-03"), ("raised", "AR-04"),
    ]  # fmt: skip
    for headers, body in receiver.got:
        lower = {name.lower(): value for name, value in headers.items()}
        assert lower["webhook-signature"] == signature(KEY, lower["webhook-id"], lower["webhook-timestamp"], body)
    assert ask(settings, "select distinct state from ops.delivery") == [("delivered",)]


def test_a_refused_delivery_is_tried_again_under_the_same_id_and_a_final_one_is_not(settings, engine):
    receiver = Receiver(503, 200, 410)
    hook = {"webhook_url": receiver.url, "webhook_secret": KEY.decode()}
    engine.apply(
        CASES, records([accepted("2026-11-02", number="a", promise=(1, "workday"))], arrived=china("2026-11-04 09:00"))
    )
    tell(settings, **hook)  # AR-02 has come and gone, AR-03 stands
    with __import__("psycopg").connect(settings.database) as connection:
        connection.execute("update ops.delivery set next_at = now()")
    tell(settings, **hook)
    ids = [dict(headers).get("webhook-id") for headers, _ in receiver.got]
    assert len(ids) == 3
    assert len(set(ids)) == 2
    states = ask(settings, "select state, attempts from ops.delivery where channel = 'webhook' order by 1, 2")
    assert sorted(states) in ([("abandoned", 1), ("delivered", 2)], [("abandoned", 2), ("delivered", 1)])
    assert sorted(
        ask(
            settings,
            "select status from ops.delivery_attempt a join ops.delivery d using (delivery_id) where channel = 'webhook'",
        )
    ) == [(200,), (410,), (503,)]


def test_a_replayed_history_sends_one_summary(settings, engine, monkeypatch):
    from connectors.notify import inbox

    monkeypatch.setattr(inbox, "QUIET_SECONDS", 0)
    receiver = Receiver()
    rows = {
        "authority": [{"authority": "old", "name": "x", "clock": "marked"}],
        "matter": [{"matter_code": "M007", "valid_from": "2010-01-01", "name": "x"}],
    }
    load(settings.database, rows, loaded_by="test")
    told = [accepted("2011-10-11", number=f"n{n}", authority="old", promise=(1, "day")) for n in range(30)]
    told.append(mark("old", china("2011-10-20")))
    for _ in range(2):
        try:
            engine.apply(CASES, records(told))
        except Exception:  # noqa: BLE001 - new reference data is read at the second try
            continue
    while engine.tick(CASES, end=end_of(engine, china("2026-11-24 09:00"))):
        pass
    tell(settings, webhook_url=receiver.url, webhook_secret=KEY.decode())
    tell(settings, webhook_url=receiver.url, webhook_secret=KEY.decode())
    [(_, body)] = receiver.got
    assert json.loads(body)["data"] == {"authority": "old", "signals": {"yellow": 30, "red": 30, "escalation": 30}}


def test_a_level_that_was_not_so_is_withdrawn_and_told_again_once_it_is(settings, engine):
    """AR-05 of a step was red until a hearing was told of; later it was red after all."""
    step = document(
        "step_started", "2026-11-03", number="a", sn=1, node="review", promise={"value": 3, "unit": "workday"}
    )
    engine.apply(
        CASES,
        records([accepted("2026-11-02", number="a", promise=(30, "workday")), step], arrived=china("2026-11-09 08:00")),
    )
    tell(settings)
    hearing = [
        document("special_started", "2026-11-05", number="a", sn=1, kind="hearing", basis="行政许可法 45"),
        document("special_ended", "2026-11-06", number="a", sn=1),
    ]
    engine.apply(CASES, records(hearing, first=2, arrived=china("2026-11-09 09:30")))
    tell(settings)
    while engine.tick(CASES, end=end_of(engine, china("2026-11-12 09:00"))):
        pass
    tell(settings)
    told = ask(
        settings,
        """select level, change, turn from ops.delivery
           where channel = 'log' and body ->> 'rule_id' = 'AR-05' order by delivery_id""",
    )
    assert told == [("red", "raised", 0), ("red", "withdrawn", 0), ("yellow", "raised", 1), ("red", "raised", 1)]


def test_what_is_withdrawn_is_withdrawn_once_and_of_what_nobody_was_told_nothing_is(settings):
    """Red, taken back, back as yellow; and one that was taken back before anybody had heard of it."""
    import psycopg

    from connectors.notify.inbox import SignalMessage, take

    def said(key, version, level, operation):
        at = china("2026-11-10 09:00")
        return SignalMessage(
            signal_key=key, rule_id="AR-05", level=level, family="case", subject_key="jdz|a", authority="jdz",
            clock_id="step", unit_code="u1", matter_code=None, since=at, until=None, due_at=None, as_of=at,
            data_version=version, operation=operation,
        )  # fmt: skip

    with psycopg.connect(settings.database) as connection:
        for message in (
            said("a", 1, "red", "U"), said("a", 2, "red", "D"), said("a", 3, "yellow", "U"), said("a", 3, "yellow", "U"),
            said("b", 1, "red", "D"), said("b", 2, "yellow", "U"),
        ):  # fmt: skip
            take(connection, message, channels=["log"], is_marked=False)
    told = ask(settings, "select signal_key, level, change, turn from ops.delivery order by delivery_id")
    assert told == [
        ("a", "red", "raised", 0),
        ("a", "red", "withdrawn", 0),
        ("a", "yellow", "raised", 1),
        ("b", "yellow", "raised", 1),
    ]
