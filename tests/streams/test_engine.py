"""The engine on a real PostgreSQL: nothing lost, nothing counted twice, whatever comes in whatever order."""

import random
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from infra.reference_data import load
from streams.engine import End, Gap
from streams.retries import with_retries
from streams.store import Fenced, StaleRulebook, WrongTopic
from tests.cases import accepted, china, document
from tests.streams.log import (
    ARRIVAL,
    CASES,
    TOPIC_ID,
    batch_fold,
    end_of,
    engine_on,
    fetch,
    mark,
    records,
    standing,
    stored_cells,
    stored_signals,
)

pytestmark = pytest.mark.broker
NOW = china("2026-11-24 09:00")


def a_history(cases: int = 40, *, seed: int = 1) -> list[dict]:
    """Cases with promises, pauses, corrections, deletions and re-insertions, some of them open."""
    dice = random.Random(seed)
    told: list[dict] = []
    for number in range(cases):
        day = datetime(2026, 9, 1, 2, tzinfo=UTC) + timedelta(days=dice.randrange(60), minutes=dice.randrange(300))
        base = {"number": f"n{number}", "unit_code": f"u{number % 3}"}

        def at(days: float, day=day) -> str:
            return (day + timedelta(days=days)).isoformat()

        told.append(accepted(at(0), promise=(dice.choice([1, 3, 5, 10]), "workday"), **base))
        told += [document("step_completed", at(step), number=base["number"], node="x") for step in (1, 2)]
        if number % 3 == 0:
            told.append(document("special_started", at(1), number=base["number"], sn=1))
            told.append(document("special_ended", at(4), number=base["number"], sn=1))
        if number % 2 == 0:
            late = document(
                "finished", at(dice.randrange(2, 30)), number=base["number"], recordkey="finished", result="granted"
            )
            told.append(late)
        if number % 5 == 0:
            told.append(accepted(at(0.1), promise=(7, "workday"), dataversion=2, **base))
        if number % 7 == 0:
            told.append(document("rated", at(3), number=base["number"], recordkey="r", level=2))
            told.append(document("rated", at(3), number=base["number"], recordkey="r", dataversion=2, operation="D"))
            told.append(document("rated", at(3), number=base["number"], recordkey="r", dataversion=3, level=1))
    return told


def in_polls(logged, size: int):
    return [logged[start : start + size] for start in range(0, len(logged), size)]


def drain(engine, now=NOW) -> None:
    while engine.tick(CASES, end=end_of(engine, now)):
        pass


def test_any_order_duplication_and_batching_gives_the_same_store(database, template, postgres_url):
    told = a_history()
    engine = engine_on(database)
    for poll in in_polls(records(told), 50):
        engine.apply(CASES, poll)
    drain(engine)
    in_order = standing(engine)
    cells, signals = batch_fold(engine, records(told), NOW)
    assert stored_cells(engine) == cells
    assert stored_signals(engine) == signals
    assert len(signals) > 20

    other = psycopg.conninfo.make_conninfo(postgres_url)
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute(f"create database again template {template}")
    try:
        again = engine_on(f"{postgres_url.rpartition('/')[0]}/again")
        shuffled = told * 2
        random.Random(2).shuffle(shuffled)
        for poll in in_polls(records(shuffled), 7):
            again.apply(CASES, poll)
            again.tick(CASES)
        drain(again)
        assert standing(again) == in_order
        again.store.close()
    finally:
        with psycopg.connect(other, autocommit=True) as connection:
            connection.execute("drop database again with (force)")


def test_a_second_delivery_of_the_same_offsets_changes_nothing(database):
    engine = engine_on(database)
    logged = records(a_history(10))
    engine.apply(CASES, logged)
    before = fetch(engine, "select * from stream.position"), standing(engine)

    assert engine.apply(CASES, logged[3:]) == 0
    assert (fetch(engine, "select * from stream.position"), standing(engine)) == before


def test_a_restart_reads_on_where_the_store_stands(database):
    logged = records(a_history())
    engine = engine_on(database)
    engine.apply(CASES, logged[:77])
    engine.store.close()

    second = engine_on(database)
    assert second.owned[CASES].next_offset == 77
    second.apply(CASES, logged[77:])
    drain(second)
    assert stored_cells(second) == batch_fold(second, logged, NOW)[0]


def test_poison_becomes_one_dead_letter_and_stops_nothing(database):
    engine = engine_on(database)
    poison = [b"\xff\xfe", b"not json", b"{}", b'{"specversion":"1.0"}', b"[" * 100_000, b"\x00", b'"\\ud800"']
    logged = records([accepted("2026-11-02", number="a"), *poison, accepted("2026-11-02", number="b")])
    engine.apply(CASES, logged)

    letters = fetch(engine, 'select "offset", value, code from stream.dead_letter order by 1')
    assert [(offset, bytes(value)) for offset, value, _ in letters] == list(enumerate(poison, start=1))
    assert [key for (key,) in fetch(engine, "select subject_key from stream.subject order by 1")] == ["jdz|a", "jdz|b"]


def test_a_zombie_is_fenced_in_batch_tick_and_recompute_alike(database):
    zombie = engine_on(database)
    arrived = china("2026-11-02 10:00")
    zombie.apply(CASES, records([accepted("2026-11-02", number="a", promise=(1, "workday"))], arrived=arrived))
    owner = engine_on(database)
    load(
        database,
        {"schedule_assignment": [{"scope_type": "authority", "scope_code": "jdz", "schedule": "every_day"}]},
        loaded_by="test",
    )
    zombie._rulebook = None

    for act in (
        lambda: zombie.apply(CASES, records([accepted("2026-11-02", number="b")], first=1)),
        lambda: zombie.tick(CASES, end=end_of(zombie, NOW)),
        lambda: zombie.recompute(CASES),
    ):
        with pytest.raises(Fenced):
            act()
    assert fetch(owner, "select count(*) from stream.subject") == [(1,)]
    assert (
        with_retries(zombie, CASES, lambda: zombie.tick(CASES, end=end_of(zombie, NOW)), stopping=threading.Event())
        is None
    )
    assert CASES not in zombie.owned


def test_time_alone_breaks_a_promise(database):
    engine = engine_on(database)
    engine.apply(
        CASES, records([accepted("2026-11-02", number="a", promise=(1, "workday"))], arrived=china("2026-11-02 10:00"))
    )
    assert stored_signals(engine) == {}

    drain(engine, china("2026-11-03 23:59"))
    assert [rule for (rule,) in fetch(engine, "select rule_id from stream.signal")] == ["AR-02"]
    drain(engine, china("2026-11-04 00:00"))
    assert fetch(engine, "select rule_id, since from stream.signal where rule_id = 'AR-03'") == [
        ("AR-03", china("2026-11-04 00:00"))
    ]
    assert fetch(engine, "select sum(open_overdue) from stream.measures") == [(1,)]
    assert fetch(engine, "select count(*) from stream.outbox") == [(3,)]  # yellow raised, yellow ended, red raised


def test_a_backlog_raises_no_alarm_that_was_none(database):
    """Consumed late, the finish is there before the clock has come to the due date."""
    engine = engine_on(database)
    start = records([accepted("2026-11-02", number="a", promise=(1, "workday"))], arrived=china("2026-11-02 10:00"))
    finish = records(
        [document("finished", "2026-11-03", number="a", result="granted")], first=1, arrived=china("2026-11-03 10:00")
    )
    engine.apply(CASES, start)
    engine.tick(CASES)
    engine.apply(CASES, finish, end=End(2, NOW))
    drain(engine)

    assert stored_signals(engine) == {}


def test_a_marked_authority_lives_by_its_marks(database):
    rows = {
        "authority": [{"authority": "old", "name": "x", "clock": "marked"}],
        "matter": [{"matter_code": "M007", "valid_from": "2010-01-01", "name": "x"}],
    }
    load(database, rows, loaded_by="test")
    engine = engine_on(database)
    told = [
        accepted("2011-10-11", number="a", authority="old", promise=(1, "day")),
        accepted("2026-11-23", number="n", promise=(1, "workday")),
    ]
    engine.apply(CASES, records(told), end=End(2, NOW))
    drain(engine)
    assert fetch(engine, "select state from stream.subject where authority = 'old'") == [("unknown",)]

    engine.apply(CASES, records([mark("old", china("2011-10-11 12:00"))], first=2))
    drain(engine)
    assert fetch(engine, "select state from stream.subject where authority = 'old'") == [("accepted",)]
    assert stored_signals(engine) == {}

    engine.apply(
        CASES, records([mark("old", china("2011-10-14 12:00")), mark("old", china("2011-10-13 12:00"))], first=3)
    )
    drain(engine)
    assert fetch(engine, "select since from stream.signal where rule_id = 'AR-03'") == [(china("2011-10-13 00:00"),)]
    assert fetch(engine, "select as_of from stream.clock where authority = 'old'") == [(china("2011-10-14 12:00"),)]


def test_a_gap_is_read_again_once_and_then_believed(database):
    engine = engine_on(database)
    later = records([accepted("2026-11-02", number="b")], first=5)
    with pytest.raises(Gap) as gap:
        engine.apply(CASES, later)
    assert gap.value.expected == 0
    assert engine.apply(CASES, later) == 1


def test_new_reference_data_is_read_and_stale_subjects_are_recomputed(database):
    engine = engine_on(database)
    logged = records([accepted("2026-11-06", number="a", promise=(1, "workday"))])
    engine.apply(CASES, logged)
    assert fetch(engine, "select promise_due_on::text from stream.subject") == [("2026-11-09",)]
    load(
        database,
        {"schedule_assignment": [{"scope_type": "authority", "scope_code": "jdz", "schedule": "every_day"}]},
        loaded_by="test",
    )

    with pytest.raises(StaleRulebook):
        engine.apply(CASES, records([accepted("2026-11-06", number="b", promise=(1, "workday"))], first=1))
    engine.apply(CASES, records([accepted("2026-11-06", number="b", promise=(1, "workday"))], first=1))
    assert fetch(engine, "select promise_due_on::text from stream.subject order by subject_key") == [
        ("2026-11-09",),
        ("2026-11-07",),
    ]
    assert engine.recompute(CASES)
    assert not engine.recompute(CASES)
    assert fetch(engine, "select distinct promise_due_on::text from stream.subject") == [("2026-11-07",)]
    [(as_of,)] = fetch(engine, "select max(as_of) from stream.subject")
    assert (
        stored_cells(engine)
        == batch_fold(
            engine, logged + records([accepted("2026-11-06", number="b", promise=(1, "workday"))], first=1), as_of
        )[0]
    )


def test_a_topic_made_anew_or_repartitioned_is_refused(database):
    engine_on(database).store.close()
    engine = engine_on(database)
    with pytest.raises(WrongTopic, match="made anew"):
        engine.assign(CASES, topic_id="another", partitions=1)
    with pytest.raises(WrongTopic, match="partitions"):
        engine.assign(CASES, topic_id=TOPIC_ID, partitions=2)


def test_one_case_with_a_hundred_thousand_records_is_set_aside(database):
    engine = engine_on(database)
    flood = [document("step_completed", "2026-11-02", number="flood", node="x", id=f"f{n}") for n in range(100_000)]
    logged = records([accepted("2026-11-02", number="a"), accepted("2026-11-02", number="flood"), *flood])
    for poll in in_polls(logged, 5000):
        engine.apply(CASES, poll)

    assert fetch(engine, "select subject_key, state from stream.subject order by 1") == [
        ("jdz|a", "accepted"),
        ("jdz|flood", "oversized"),
    ]
    refused = fetch(engine, "select code, count(*) from stream.dead_letter group by code")
    assert refused == [("subject_oversized", 100_001 - 2001)]
    assert fetch(engine, "select sum(cases) from stream.measures") == [(1,)]


def test_a_lost_answer_to_commit_is_looked_up(database):
    engine = engine_on(database)
    write, answers = engine.store.write, iter([True, False])

    def write_and_lose(*arguments, **named):
        epoch = write(*arguments, **named)
        if next(answers, False):
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return epoch

    engine.store.write = write_and_lose
    logged = records(a_history(10))
    taken = with_retries(engine, CASES, lambda: engine.apply(CASES, logged), stopping=threading.Event())
    drain(engine)

    assert taken == 0  # the second try found everything written
    assert stored_cells(engine) == batch_fold(engine, logged, NOW)[0]


def test_arrival_in_the_past_cannot_turn_the_clock_back(database):
    engine = engine_on(database)
    engine.apply(CASES, records([accepted("2026-11-02", number="a")]), end=End(1, NOW))
    engine.apply(CASES, records([accepted("2026-11-02", number="b")], first=1, arrived=ARRIVAL - timedelta(days=3)))
    assert fetch(engine, "select as_of from stream.clock") == [(NOW,)]


def test_what_an_older_engine_read_is_read_again(database):
    engine = engine_on(database)
    engine.apply(CASES, records([accepted("2026-11-06", number="a", promise=(1, "workday"))]))
    with engine.store.connection.transaction():
        engine.store.connection.execute("update stream.subject set engine_version = 0, promise_due_on = null")
    engine.store.close()
    again = engine_on(database)
    assert again.recompute(CASES)
    assert not again.recompute(CASES)
    assert fetch(again, "select promise_due_on::text, engine_version > 0 from stream.subject") == [("2026-11-09", True)]
