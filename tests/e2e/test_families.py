"""Every family through a real Kafka, worker, relay and landing: a company is opened, a demand answered, money paid."""

import threading
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.kafka import ensure_topics
from connectors.lines import publish_lines
from connectors.outbox import relay
from infra.reference_data import load
from tests.cases import SOURCE_ROW, document
from tests.e2e.test_receipt import Running
from tests.streams.test_worker import ask

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def a_day(now: datetime):
    """What happened in the last hours, told in no order."""

    def at(minutes: int) -> str:
        return (now - timedelta(minutes=minutes)).isoformat()

    bundle = {"bundle": {"number": "b1"}, "unit_code": "u1"}
    yield document("accepted", at(90), number="c1", recordkey="accepted", matter_code="M001", **bundle)
    yield document("finished", at(60), number="c1", recordkey="finished", result="granted")
    yield document("bundle.opened", at(95), number="b1", recordkey="opened", kind="company_opening", unit_code="u1",
                   mandatory=["M001", "M006"])  # fmt: skip
    yield document("finished", at(30), number="c2", recordkey="finished", result="granted")
    yield document("accepted", at(80), number="c2", recordkey="accepted", matter_code="M006", **bundle)
    yield document(
        "demand.registered", at(70), number="d1", recordkey="registered", unit_code="u1", **{"class": "general"}
    )
    yield document("demand.closed", at(10), number="d1", recordkey="closed", result="solved")
    yield document("payout.applied", at(70), number="p1", recordkey="applied", policy="x", unit_code="u1")
    yield document("payout.approved", at(40), number="p1", recordkey="approved", amount=100)
    yield document("payout.paid", at(20), number="p1", recordkey="paid", amount=100)
    yield document("intermediary.contract_signed", at(70), number="i1", recordkey="signed",
                   promise={"value": 5, "unit": "workday"})  # fmt: skip
    yield document("ledger.opened", at(70), number="l1", recordkey="opened", kind="old_debt", unit_code="u1")
    yield document("governance.meeting_held", at(70), number="m1", kind="monthly")
    yield document("source.heartbeat", at(1), number="s1")


EXPECTED = {
    ("bundle", "jdz|b1", "completed"), ("case", "jdz|c1", "finished"), ("case", "jdz|c2", "finished"),
    ("demand", "jdz|d1", "closed"), ("payout", "jdz|p1", "paid"), ("intermediary", "jdz|i1", "contracted"),
    ("ledger", "jdz|l1", "opened"),
}  # fmt: skip


def test_every_family_is_folded_and_landed(settings):
    ensure_topics(settings)
    now = datetime.now(UTC)
    lines = [msgspec.json.encode(event) for event in a_day(now)]
    load(settings.database, {"source": [SOURCE_ROW]}, loaded_by="test")
    outcome = publish_lines(settings, lines, marks=False, now=now)
    assert outcome["rejected"] == 0, outcome
    stopping = threading.Event()
    sender = threading.Thread(target=relay, args=(settings, stopping))
    with Running(settings):
        sender.start()
        try:
            deadline = time.monotonic() + 60
            while True:
                states = set(ask(settings, "select family, subject_key, state from stream.subject"))
                pending = ask(settings, "select count(*) from raw.event where verdict = 'pending'")
                if states == EXPECTED and pending == [(0,)]:
                    break
                assert time.monotonic() < deadline, (states, pending)
                time.sleep(0.2)
        finally:
            stopping.set()
            sender.join(20)
    landed = ask(settings, "select type, count(*) from raw.event where source = 'urn:govpulse:bundle' group by 1")
    assert landed
    assert landed[0][0] == "bundle.child_changed"
    clocks = dict(ask(settings, "select clock_id, is_on_time from stream.clocks where stopped_at is not null"))
    assert clocks["opening"] is not None
    assert clocks["demand_close"] is True
    assert clocks["payout_payment"] is True
