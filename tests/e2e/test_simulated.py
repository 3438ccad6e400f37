"""The simulated city lived through by a worker, with marks, relay and landing: in the end it stands as it was drawn."""

import threading
import time

import pytest

from connectors.kafka import ensure_topics
from connectors.outbox import relay
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.plan import Plan
from infra.cli.simulate import send
from tests.connectors.simulated_truth import BREACHES, city, local, run, wanted
from tests.e2e.test_receipt import Running
from tests.streams.test_worker import ask

pytestmark = [pytest.mark.broker, pytest.mark.slow]
PLAN = Plan(3000, 1, days=14)


def test_every_subject_of_the_stream_is_as_the_truth_has_it(settings):
    ensure_topics(settings)
    _, truth, _ = run(PLAN)
    true = {key: wanted(one) for key, one in truth.items()}
    sent = send(settings, Diary(PLAN, city()), city=city(), report=lambda _: None)
    assert sum(sent.events.values()) == PLAN.events
    stopping = threading.Event()
    sender = threading.Thread(target=relay, args=(settings, stopping))
    with Running(settings):
        sender.start()
        try:
            deadline = time.monotonic() + 120
            while (told := standing(settings)) != true:
                assert time.monotonic() < deadline, {
                    key: (true.get(key), told.get(key))
                    for key in true.keys() | told.keys()
                    if true.get(key) != told.get(key)
                }
                time.sleep(1)
        finally:
            stopping.set()
            sender.join(20)


def standing(settings):
    """What the stream holds of every subject, in the words of `truth.jsonl`."""
    breaches = {}
    for family, key, rule_id, clock_id, level in ask(
        settings, "select family, subject_key, rule_id, clock_id, level from stream.signal where not is_withdrawn"
    ):
        wanted_rule, clock_ids = BREACHES.get(family, ("", ()))
        if rule_id == wanted_rule and clock_id in clock_ids and (level == "red" or rule_id != "AR-15"):
            breaches.setdefault((family, key), {rule_id})
    rows = ask(
        settings,
        """select family, subject_key, state, accepted_at, stopped_at, promise_due_at, promise_due_on, used_workdays,
                  is_on_time, statutory_due_on, is_past_statutory from stream.subject""",
    )
    return {row[:2]: _said(row, sorted(breaches.get(row[:2], ()))) for row in rows}


def _said(row, breaches):
    family, key, state, started_at, stopped_at, due_at, due_on, used, is_on_time, law_on, is_past = row
    if state == "deleted":
        return {"family": family, "subject_key": key, "is_deleted": True}
    is_instant = due_at is not None and not local(due_at).endswith("T00:00:00+08:00")
    values = {
        "family": family,
        "subject_key": key,
        "accepted_at" if family == "case" else "started_at": local(started_at),
        "stopped_at": local(stopped_at),
        "promise_due_on": due_on.isoformat() if due_on is not None and not is_instant else None,
        "promise_due_at": local(due_at) if is_instant else None,
        "used_workdays": used if stopped_at is not None else None,
        "is_on_time": is_on_time,
        "statutory_due_on": law_on.isoformat() if law_on is not None else None,
        "is_past_statutory": is_past or None,
        "breaches": breaches,
    }
    return {name: value for name, value in values.items() if value not in (None, [])}
