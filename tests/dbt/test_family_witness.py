"""What the stream reads of the other families and what the warehouse makes of the same events are the same instants."""

import random
from datetime import timedelta

import psycopg
import pytest

from infra.reference_data import load
from streams.domain.law import Law
from streams.domain.reading import read
from streams.domain.rulebook import Authority
from streams.domain.subject import entry_of, join, new_subject
from tests.cases import china, document, event_of
from tests.dbt.landed import build, land
from tests.rulebooks import rulebook_with

pytestmark = [pytest.mark.broker, pytest.mark.slow]
NOW = china("2026-11-25 10:00")
FIRST = china("2026-08-03 09:00")
PEOPLE = [f"hmac:{digit * 64}" for digit in "abc"]
#: An authority where anyone closes a ledger item; in jdz another must have verified it.
ANYONE = {"authority": "open", "name": "x", "ledger_closing": "anyone"}
RULEBOOK = rulebook_with(authority=Authority("open", law=Law(ledger_closing="anyone")))
#: Those of companies, and two for which nothing is promised.
KINDS = ("x", "finance", "service", "consultation", "complaint")
PROMISES = (
    (5, "workday"),
    (3, "day"),
    (1, "month"),
    (6, "hour"),
    (1, "halfday"),
    (0, "onspot"),
    (0, "workday"),
    (20, "minute"),
)


def lives(dice: random.Random, count: int, *, authority: str = "jdz"):
    """Random lives of subjects of five families: some never end, some end in time, some in the wrong order."""
    for place in range(count):
        begin = FIRST + timedelta(minutes=dice.randrange(60 * 24 * 100))

        def told(event, days, number, _begin=begin, **given):
            at = (_begin + timedelta(days=days)).isoformat()
            return document(event, at, number=number, authority=authority, **given)

        def later(most):
            return dice.random() * most

        demand, payout, bundle, service, item = (f"{letter}{place}" for letter in "dpbil")
        yield told(
            "demand.registered", 0, demand, unit_code="u1", kind=dice.choice(KINDS),
            **{"class": dice.choice(["general", "difficult"])},
        )  # fmt: skip
        for event in dice.sample(["contacted", "replied", "closed"], dice.randrange(4)):
            yield told(f"demand.{event}", later(20) - 2, demand)
        if dice.random() < 0.3:
            yield told("demand.reclassified", later(8), demand, **{"class": dice.choice(["general", "difficult"])})
        yield told("payout.applied", 0, payout, policy="x", unit_code="u1")
        decisions = dice.choices(["approved", "approved", "rejected"], k=dice.randrange(4))
        for event in (*decisions, *["paid"] * dice.randrange(4)):
            amount = {} if event == "rejected" else {"amount": dice.choice([0.1, 0.2, 0.3, 0.3])}
            yield told(f"payout.{event}", later(25), payout, **amount)
        value, unit = dice.choice(PROMISES)
        promise = {"value": value} | ({"unit": unit} if dice.random() < 0.9 else {})
        yield told("intermediary.selected", 0, service, kind="x", unit_code="u1")
        yield told("intermediary.contract_signed", later(3), service, promise=promise)
        if dice.random() < 0.7:
            yield told("intermediary.delivered", later(12), service)
        yield told(
            "bundle.opened", -later(3), bundle, kind="company_opening", unit_code="u1", mandatory=["M001", "seal"],
            promise=promise,
        )  # fmt: skip
        filed_again = dice.choices(["M001", "seal", "seal"], k=dice.randrange(3))
        for turn, matter in enumerate([*dice.sample(["M001", "seal", "bank"], dice.randrange(1, 4)), *filed_again]):
            times = {"accepted_at": (begin + timedelta(hours=later(20))).isoformat()}
            if dice.random() < 0.8:
                times |= {"finished_at": (begin + timedelta(hours=20 + later(20))).isoformat()}
                times |= {"result": dice.choice(["granted", "granted", "granted", "withdrawn"])}
            yield told(
                "bundle.child_changed",
                2,
                bundle,
                recordkey=f"{matter}/{turn}",
                child=f"{matter}/{turn}",
                matter_code=matter,
                **times,
            )
        if dice.random() < 0.5:
            yield told("bundle.closed", later(3), bundle)
        yield told("ledger.opened", 0, item, kind="x", unit_code="u1", due_at=(begin + timedelta(days=15)).isoformat())
        for event in dice.choices(
            ["rectified", "verified", "closed", "explained", "reopened", "progressed"], k=dice.randrange(7)
        ):
            given = {"by_ref": dice.choice(PEOPLE)} if event in ("rectified", "verified", "closed", "explained") else {}
            yield told(
                f"ledger.{event}", later(30), item, **(given | ({"reason": "x"} if event == "explained" else {}))
            )


def a_demand_of_too_many_records():
    """One record more than a subject may have (§1.2)."""
    given = {"number": "many", "unit_code": "u1", "kind": "x", "class": "general"}
    yield document("demand.registered", "2026-11-02", **given)
    for place in range(2000):
        yield document(
            "demand.reclassified", "2026-11-03", number="many", recordkey=f"k{place}", **{"class": "difficult"}
        )


def read_by_the_stream(documents):
    """(subject, clock) → due and stop; and when the subject itself ended."""
    subjects = {}
    for event in map(event_of, documents):
        known = subjects.get(event.subject_key) or new_subject(event.family, event.subject_key)
        subjects[event.subject_key] = join(known, [entry_of(event, NOW)])
    found = {}
    for key, subject in subjects.items():
        reading = read(subject, RULEBOOK, NOW)
        main = (reading.promise,) if reading.promise is not None else ()
        found |= {(key, clock.clock_id): (clock.due_at, clock.stopped_at) for clock in (*main, *reading.clocks)}
        if subject.family in ("ledger", "payout"):
            found[key, subject.family] = reading.stopped_at
        if subject.family == "ledger":
            waits = [clock for clock in reading.clocks if clock.clock_id == "ledger_progress"]
            found[key, "stale"] = any(clock.stopped_at is None and clock.is_broken for clock in waits)
    return found


#: Clock → the same two instants as the models have them.
MODELS = {
    "demand_contact": "select subject_key, contact_due_at, answered_at from intermediate.int_demands where is_promised",
    "demand_close": "select subject_key, end_due_at, ended_at from intermediate.int_demands where is_promised and demand_class = 'general'",
    "demand_reply": "select subject_key, end_due_at, ended_at from intermediate.int_demands where is_promised and demand_class = 'difficult'",
    "payout_payment": "select subject_key, payment_due_at, ended_at from intermediate.int_payouts where approved_at is not null",
    "intermediary": "select subject_key, promise_due_at, delivered_at from intermediate.int_intermediaries",
    "opening": "select subject_key, opening_due_at, stopped_at from intermediate.int_bundles where begun_at is not null",
    "bundle_promise": "select subject_key, promise_due_at, stopped_at from intermediate.int_bundles where begun_at is not null",
}


def test_five_families_have_the_same_due_dates_and_ends(database, tmp_path):
    documents = [
        *lives(random.Random(7), 400),
        *lives(random.Random(8), 200, authority="open"),
        *a_demand_of_too_many_records(),
    ]
    load(database, {"authority": [ANYONE]}, loaded_by="test")
    land(database, documents, as_of=NOW)
    build(
        database,
        tmp_path,
        "--select",
        "+int_demands",
        "+int_payouts",
        "+int_intermediaries",
        "+int_bundles",
        "+int_ledger_moves",
    )
    stream = read_by_the_stream(documents)
    with psycopg.connect(database) as connection:
        for clock, query in MODELS.items():
            warehouse = {key: (due, stop) for key, due, stop in connection.execute(query)}
            wanted = {key: given for (key, name), given in stream.items() if name == clock}
            assert len(wanted) > 50, clock
            assert warehouse == wanted, clock
            assert "jdz|many" not in warehouse, "it is set aside in the stream"
        closed = dict(connection.execute("select subject_key, closed_at from intermediate.int_ledger_items"))
        stale = dict(
            connection.execute(
                """select i.subject_key, i.closed_at is null and m.stale_at <= i.as_of from intermediate.int_ledger_items as i
                   left join intermediate.int_ledger_moves as m on m.subject_key = i.subject_key and m.next_at is null"""
            )
        )
        ended = dict(connection.execute("select subject_key, ended_at from intermediate.int_payouts"))
    for warehouse, name in ((closed, "ledger"), (stale, "stale"), (ended, "payout")):
        assert warehouse == {key: given for (key, which), given in stream.items() if which == name}, name
        assert sum(bool(given) for given in warehouse.values()) > 10
    of_each = [
        sum(key.startswith(f"{name}|") for key, at in closed.items() if at is not None) for name in ("jdz", "open")
    ]
    assert 10 < of_each[0] < of_each[1], "anyone closes more"
