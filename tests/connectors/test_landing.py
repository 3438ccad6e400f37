"""Landing on a real Kafka and PostgreSQL: every occurrence once, with its verdict."""

import asyncio
from collections import Counter

import psycopg
import pytest

from connectors.kafka import Delivery, ensure_topics
from connectors.landed import Landed
from connectors.landing import land
from connectors.landing_store import Fenced, LandingStore
from streams import bare, wire
from streams.topics import describe
from tests.cases import accepted, china, document
from tests.streams.log import mark
from tests.streams.test_worker import ask, run_until, send

pytestmark = pytest.mark.broker


def land_all(settings) -> int:
    return asyncio.run(land(settings, asyncio.Event(), once=True))


def work_all(settings, events: int) -> None:
    asyncio.run(
        run_until(
            bare.run,
            settings,
            lambda: ask(settings, "select coalesce(sum(next_offset), 0) from stream.position") == [(events,)],
        )
    )


def verdicts(settings) -> Counter:
    return Counter(dict(ask(settings, "select verdict, count(*) from raw.event group by 1")))


def test_every_occurrence_lands_once_with_its_verdict(settings):
    ensure_topics(settings)
    first = [accepted("2026-11-02", number=f"n{n}", id=f"a{n}") for n in range(20)]
    send(settings, [*first, *first[:5]])
    send(settings, [accepted("2026-11-03", number="n7", id="a7")])  # the same id, another body
    send(
        settings,
        [
            document("finished", "2026-11-04", number="n8", recordkey="f"),
            document("finished", "2026-11-05", number="n8", recordkey="f", dataversion=2),
        ],
    )
    with Delivery(settings) as delivery:
        delivery.send("events.case", b"jdz|x", b"\xff not utf-8")
        delivery.send("events.case", b"another|key", wire.encode(accepted("2026-11-02", number="k")))
        marks = delivery.send_marks(["events.case"], "old", wire.encode(mark("old", china("2011-10-14"))))
    assert land_all(settings) == 30 + marks
    assert verdicts(settings) == {"pending": 28, "dead_lettered": 2}  # the worker has not been there yet

    work_all(settings, 30 + marks)
    assert land_all(settings) == 0
    assert verdicts(settings) == {"accepted": 22, "duplicate": 5, "conflict": 1, "dead_lettered": 2}
    assert ask(settings, "select data_version from raw.event where is_superseded order by 1") == [(1,), (1,)]
    assert ask(settings, "select reason from raw.event where verdict = 'dead_lettered' order by 1") == [
        ("key_mismatch: subject",),
        ("not_json",),
    ]
    assert ask(settings, "select distinct authority, up_to from raw.mark") == [("old", china("2011-10-14"))]


def test_a_second_landing_is_fenced(settings):
    ensure_topics(settings)
    topics = describe(settings, [settings.topic("events.case")])
    one, other = LandingStore(settings.database), LandingStore(settings.database)
    one.claim(topics)
    other.claim(topics)
    landed = Landed()
    landed.next_offsets[settings.topic("events.case"), 0] = 5
    with pytest.raises(Fenced):
        one.write(landed)
    assert one.is_alone()
    assert not other.is_alone()
    one.close()
    other.close()


def test_a_crash_between_copy_and_commit_lands_nothing_twice(settings):
    ensure_topics(settings)
    send(settings, [accepted("2026-11-02", number=f"n{n}") for n in range(50)])
    with psycopg.connect(settings.database, autocommit=True) as connection:
        connection.execute(
            "create function raw.crash() returns trigger language plpgsql as $$ begin raise exception using errcode = '57P01'; end $$"
        )
        connection.execute(
            "create constraint trigger crash after update on raw.position deferrable initially deferred for each row execute function raw.crash()"
        )

        async def crash_then_heal() -> int:
            task = asyncio.create_task(land(settings, asyncio.Event(), once=True))
            await asyncio.sleep(1.5)
            connection.execute("drop trigger crash on raw.position")
            return await task

        assert asyncio.run(crash_then_heal()) >= 50
    assert ask(settings, 'select count(*), count(distinct (partition, "offset")) from raw.event') == [(50, 50)]
