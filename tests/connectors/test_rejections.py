"""What the doors refused lands once, as little of it as explains the refusal, and stands in the receipt."""

import asyncio
import json
from datetime import UTC, datetime

import psycopg
import pytest

from connectors.admission import Door, Rejected, rejection
from connectors.gateway.receipts import receipt_of
from connectors.kafka import Delivery, ensure_topics
from connectors.landing import land
from connectors.lines import publish_lines
from connectors.rejections import COLUMNS, row
from infra.reference_data import load
from tests.cases import accepted
from tests.streams.test_worker import ask

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HALL = "urn:gov:360200:hall"
PERSON = "360202198001011234"


def told(number: str, **attributes) -> dict:
    return accepted("2026-11-02", number=number, source=HALL) | attributes


def landed(value: bytes | None) -> dict:
    return dict(zip(COLUMNS, row("rejected", 0, 7, arrived_at=NOW, value=value), strict=True))


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff",
        b"[]",
        b'{"code": 1}',
        b'{"code": "x", "size": -1}',
        b"[" * 10_000,
        b'{"code": "x", "at": "2026"}',
    ],
)
def test_a_record_that_no_door_wrote_is_counted_all_the_same(value):
    assert (landed(value)["code"], landed(value)["source"]) == ("not_json", None)


def test_what_lands_fits_into_the_database():
    refused = Rejected("unknown_value", "data.kind", "a\x00" * 1000, HALL)
    kept = landed(rejection(Door("http", b"k"), b'{"id": "7\\u0000"}', refused, now=NOW))
    assert (kept["code"], kept["field"], kept["id"], kept["door"], kept["refused_at"]) == (
        "unknown_value", "data.kind", "7", "http", NOW,
    )  # fmt: skip
    assert not any("\x00" in text for text in kept.values() if isinstance(text, str))
    assert len(kept["detail"]) <= 500


def test_the_id_of_a_message_that_is_too_long_to_be_kept_is_kept():
    document = told("a", id="long-1", data={"matter_code": "x" * 100_000})
    value = rejection(Door("file", b"k"), json.dumps(document).encode(), Rejected("too_large", None, "", HALL), now=NOW)
    assert landed(value)["id"] == "long-1"


def land_all(settings) -> int:
    return asyncio.run(land(settings, asyncio.Event(), once=True))


@pytest.mark.broker
def test_refusals_land_once_beside_what_was_taken_and_stand_in_the_receipt(settings):
    ensure_topics(settings)
    load(settings.database, {"source": [{"source": HALL, "authority": "jdz"}]}, loaded_by="test")
    lines = [
        told("a", id="1"),
        told("b", id="2", time="2026-11-02"),
        told("c", id="3") | {PERSON: PERSON, "data": {"matter_code": 7, PERSON: PERSON, "applicant": {"ref": PERSON}}},
        told("d", id="4", source="urn:nobody"),
    ]
    outcome = publish_lines(
        settings, [*(json.dumps(one).encode() for one in lines), PERSON.encode(), b"{"], marks=False, now=NOW
    )
    assert (outcome["sent"], outcome["rejected"]) == (1, 5)
    with Delivery(settings) as delivery:
        delivery.send("rejected", None, b"\xff")

    assert land_all(settings) == 7
    assert land_all(settings) == 0
    found = ask(
        settings, "select source, id, code, field, door from raw.rejection order by code, source, id, door nulls first"
    )
    assert found == [
        (HALL, "2", "bad_time", "time", "publish"),
        (None, None, "not_json", None, None),
        (None, None, "not_json", None, "publish"),
        (None, "4", "unknown_source", "source", "publish"),
        (HALL, "3", "wrong_type", "data.matter_code", "publish"),
        (None, None, "wrong_type", None, "publish"),
    ]
    assert PERSON not in str(ask(settings, "select * from raw.rejection"))
    positions = "select sum(next_offset), sum(judged_to) from raw.position where topic like '%%rejected'"
    assert ask(settings, positions) == [(6, 6)]

    with psycopg.connect(settings.database) as connection:
        receipt = receipt_of(connection, HALL, "2")
        assert receipt_of(connection, "urn:gov:360200:other", "2") is None
    assert receipt.verdict == "rejected"
    [one] = receipt.occurrences
    assert (one.verdict, one.code, one.field, one.door, one.subject) == (
        "rejected",
        "bad_time",
        "time",
        "publish",
        None,
    )

    # mended, the receipt binds what was taken, and still tells what was not
    publish_lines(settings, [json.dumps(told("b", id="2")).encode()], marks=False, now=NOW)
    land_all(settings)
    with psycopg.connect(settings.database) as connection:
        receipt = receipt_of(connection, HALL, "2")
    assert receipt.verdict == "pending"
    assert [one.verdict for one in receipt.occurrences] == ["rejected", "pending"]


@pytest.mark.broker
def test_a_crash_lands_no_refusal_twice_and_none_without_its_offset(settings):
    ensure_topics(settings)
    publish_lines(settings, [b"{"] * 300, marks=False, now=NOW)
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
            assert connection.execute("select count(*) from raw.rejection").fetchone() == (0,)
            connection.execute("drop trigger crash on raw.position")
            return await task

        assert asyncio.run(crash_then_heal()) >= 300
    found = ask(settings, 'select count(*), count(distinct (partition, "offset")) from raw.rejection')
    assert found == [(300, 300)]
    assert ask(settings, "select sum(next_offset) from raw.position where topic like '%%rejected'") == [(300,)]
