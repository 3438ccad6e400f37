"""The Kafka door on a real Kafka and PostgreSQL: what is admitted is on the log, what is refused tells its source why."""

import asyncio
import json

import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from msgspec.structs import replace

from connectors.inbox.names import inbox_topic
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import ensure_topics
from connectors.landing import land
from connectors.lines import publish_lines
from connectors.source_keys import revoke_source
from infra.reference_data import load
from streams import bare, wire
from tests.cases import document
from tests.conftest import fresh_database
from tests.connectors.gateways import registered
from tests.connectors.inboxes import binary, lying_on, producer, refused, take_in_once, write
from tests.connectors.test_publish import NOW
from tests.streams.test_worker import ask, run_until

pytestmark = pytest.mark.broker
HALL, BUREAU = "urn:gov:360200:hall", "urn:gov:360200:zjj-gg"


def told(number: str, *, source: str = HALL, name: str = "accepted", **given):
    data = {"matter_code": "M007", "unit_code": "u1"} if name == "accepted" else {}
    return document(name, "2026-11-23", source=source, number=number, **data) | given


@pytest.fixture
def hall(settings):
    """Topics, and two sources that have theirs."""
    ensure_topics(settings)
    for source in (HALL, BUREAU):
        registered(settings, source)
    ensure_inboxes(settings, [HALL, BUREAU])
    return settings


def test_both_modes_end_on_the_log_as_proper_events(hall):
    event = told("b", recordkey="受理", dataversion=3)
    gone = told("c", name="finished", operation="D")
    write(hall, HALL, told("a"), binary(event), binary(gone))
    write(hall, BUREAU, told("d", source=BUREAU))
    assert take_in_once(hall) == (4, 0)
    assert take_in_once(hall) == (0, 0)  # what was read is committed
    found = {record.key: json.loads(record.value) for record in lying_on(hall, "events.case")}
    assert set(found) == {b"jdz|a", b"jdz|b", b"jdz|c", b"jdz|d"}
    binary_one = found[b"jdz|b"]
    assert (binary_one["recordkey"], binary_one["dataversion"], binary_one["data"]) == ("受理", 3, event["data"])
    assert {one["door"] for one in found.values()} == {"kafka"}
    assert all(not record.headers for record in lying_on(hall, "events.case"))
    assert refused(hall, HALL) == []


def test_a_source_is_told_why_and_where_and_nobody_else_is(hall):
    number = "360202198001011234"
    load(
        hall.database,
        {"source": [{"source": HALL, "authority": "jdz", "families": "case", "units": "u1", "areas": "360202"}]},
        loaded_by="test",
    )
    write(
        hall,
        HALL,
        told("1", source=BUREAU),
        told("2", authority="sz"),
        document("demand.registered", "2026-11-23", source=HALL, kind="complaint", unit_code="u1"),
        told("3", data={"matter_code": "M007", "unit_code": "u2"}),
        told("4", data={"matter_code": "M007", "unit_code": "u1", "area_code": "360281"}),
        told("5", time=f"{number} 张三", id=f"id-{number}"),
        told("6", data={"matter_code": "M007", "unit_code": "u1", "area_code": "360202"}),
        partition=0,
    )
    assert take_in_once(hall) == (1, 6)
    said = refused(hall, HALL)
    assert [(one["code"], one["field"], one["place"]["offset"]) for one in said] == [
        ("foreign_source", "source", 0),
        ("authority_not_allowed", "authority", 1),
        ("family_not_allowed", "type", 2),
        ("unit_not_allowed", "data.unit_code", 3),
        ("area_not_allowed", "data.area_code", 4),
        ("bad_time", "time", 5),
    ]
    assert all(one["message"]["zh"] and one["message"]["en"] for one in said)
    assert {(one["source"], one["place"]["topic"]) for one in said} == {(HALL, hall.topic(inbox_topic(HALL)))}
    assert said[5]["id"] == "id-" + "#" * 18
    everything = [
        record.value for topic in ("rejected", "rejected.urn.gov.360200.hall") for record in lying_on(hall, topic)
    ]
    assert len(everything) == 12
    assert not any("张三".encode() in value for value in everything[6:])
    assert not any(number.encode() in value for value in everything[6:])
    assert refused(hall, BUREAU) == []
    ours = [json.loads(record.value) for record in lying_on(hall, "rejected")]
    assert {(one["source"], one["door"]) for one in ours} == {(HALL, "kafka")}
    assert {one["place"]["offset"] for one in ours} == set(range(6))
    assert [record.key for record in lying_on(hall, "events.case")] == [b"jdz|6"]


def test_a_source_that_was_shut_out_is_refused(hall):
    with psycopg.connect(hall.database) as connection:
        revoke_source(connection, HALL, revoked_by="test")
    write(hall, HALL, told("a"))
    write(hall, BUREAU, told("b", source=BUREAU))
    assert take_in_once(hall) == (1, 1)
    assert [one["code"] for one in refused(hall, HALL)] == ["revoked_source"]


POISON = [
    (b"\xff\xfe\x00", "not_json"),
    (b"\x00", "not_json"),
    (b"", "not_json"),
    (None, "not_json"),
    (b"17", "wrong_type"),
    (b"[]", "wrong_type"),
    (b"{}", "missing_field"),
    (b"[" * 100_000, "too_deep"),
    (b'{"a":' * 100_000, "too_deep"),
    (b"x" * (10 * 2**20), "too_large"),
    (b'{"specversion":"1.0","id":"' + b"x" * (2 * 2**20) + b'"}', "too_large"),
    (json.dumps(told("nul", id="a\x00b")).encode(), "nul_character"),
    (json.dumps(told("\ud800")).encode(), "not_json"),
    ((b"{", [("ce_specversion", b"1.0")]), "not_json"),
    ((None, [("ce_specversion", b"1.0")]), "missing_field"),
    ((b"{}", [("ce_specversion", b"1.0"), ("ce_id", b"\xff")]), "bad_header"),
    ((b"{}", [("ce_specversion", b"1.0"), ("ce_specversion", b"2.0"), ("", b"")]), "unknown_value"),
    (json.dumps(told("heart", type="cn.gov.approval.source.clock_advanced.v1")).encode(), None),
]


def test_poison_never_stops_it(hall):
    write(hall, HALL, *(value for value, _ in POISON), told("a"), partition=1)
    assert take_in_once(hall) == (1, len(POISON))
    said = refused(hall, HALL)
    expected = [code for _, code in POISON]
    assert [one["code"] if code else None for one, code in zip(said, expected, strict=True)] == expected
    assert [record.key for record in lying_on(hall, "events.case")] == [b"jdz|a"]


class NoText(str):
    """A header's name that no library of Python's would write, but one of C's may."""

    __slots__ = ()

    def encode(self, *_) -> bytes:
        return b"\xff"


def test_a_record_that_cannot_be_taken_apart_is_refused_and_stepped_over(hall):
    out = producer(hall, linger_ms=500)
    topic = hall.topic(inbox_topic(HALL))
    for number, headers in enumerate([[], [], [(NoText("x"), b"y")], []]):  # one batch
        out.send(topic, wire.encode(told(f"a{number}")), headers=headers, partition=0)
    out.flush()
    out.send(topic, wire.encode(told("b")), partition=0)
    out.send(topic, wire.encode(told("c")), partition=1)
    out.close()
    assert take_in_once(hall) == (4, 2)
    assert [(one["code"], one["place"]["offset"]) for one in refused(hall, HALL)] == [
        ("unreadable_record", 2),
        ("unreadable_record", 3),
    ]
    assert {record.key for record in lying_on(hall, "events.case")} == {b"jdz|a0", b"jdz|a1", b"jdz|b", b"jdz|c"}


def test_what_the_broker_does_not_take_is_refused_and_the_rest_goes_on(hall):
    admin = KafkaAdminClient(bootstrap_servers=hall.bootstrap)
    limit = {"max.message.bytes": "300000"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, hall.topic("events.case"), limit)])
    admin.close()
    big = told("big", name="correction_requested", data={"items": ["补" * 2000] * 60})
    write(hall, HALL, told("a"), big, told("b"), partition=2)
    assert take_in_once(hall) == (2, 1)
    assert [(one["code"], one["place"]["offset"]) for one in refused(hall, HALL)] == [("too_large", 1)]
    assert {record.key for record in lying_on(hall, "events.case")} == {b"jdz|a", b"jdz|b"}


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd", "snappy"])
def test_a_source_may_pack_as_it_likes(hall, codec):
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=hall.bootstrap, compression_type=codec) as out:
            for number in range(20):
                await out.send(hall.topic(inbox_topic(HALL)), wire.encode(told(f"{codec}{number}")))

    asyncio.run(send())
    assert take_in_once(hall) == (20, 0)


FIGURES = """select subject_key, state, promise_due_at, statutory_due_at, used_workdays, is_on_time, is_overdue, findings
             from stream.subject order by 1"""


def lived(settings) -> tuple[list, list]:
    """The figures of two cases, and the verdicts on what they were told in."""
    both = [("finished",), ("accepted",)]
    asyncio.run(
        run_until(
            bare.run, settings, lambda: ask(settings, "select state from stream.subject order by subject_key") == both
        )
    )
    asyncio.run(land(settings, asyncio.Event(), once=True))
    verdicts = ask(settings, "select id, verdict, count(*) from raw.event group by 1, 2 order by 1, 2")
    return ask(settings, FIGURES), verdicts


def test_what_comes_by_the_inbox_counts_as_what_is_published(hall, postgres_url, template):
    events = [
        told("a", time="2026-11-02T09:00:00+08:00", id="1", recordkey="accepted"),
        told("a", time="2026-11-03T09:00:00+08:00", id="2", recordkey="accepted", dataversion=2),
        told("a", name="finished", time="2026-11-10T09:00:00+08:00", id="3"),
        told("b", time="2026-11-02T09:00:00+08:00", id="4"),
        told("b", time="2026-11-02T09:00:00+08:00", id="4"),
    ]
    write(hall, HALL, *events[:2], binary(events[2]), *events[3:])
    assert take_in_once(hall) == (5, 0)
    with fresh_database(postgres_url, template) as database:
        other = replace(hall, database=database, topic_prefix=f"{hall.topic_prefix}other.")
        ensure_topics(other)
        registered(other, HALL)
        lines = [json.dumps(event).encode() for event in events]
        assert publish_lines(other, lines, marks=False, now=NOW)["sent"] == 5
        figures, verdicts = lived(hall)
        assert lived(other) == (figures, verdicts)
    assert [row[0] for row in figures] == ["jdz|a", "jdz|b"]
    assert verdicts == [(id_, "accepted", 1) for id_ in "1234"] + [("4", "duplicate", 1)]
