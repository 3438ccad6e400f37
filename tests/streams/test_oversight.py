"""What `oversee` remembers of sources beside their stories (`tests/stories/oversight`), on a real PostgreSQL."""

import psycopg
import pytest

from connectors.source_keys import revoke_source
from infra.reference_data import load
from streams.oversight import oversee
from streams.reference import read_rulebook
from tests.cases import SOURCE, SOURCE_ROW, china

pytestmark = pytest.mark.broker


def look(database: str, at) -> int:
    with psycopg.connect(database, autocommit=True) as connection:
        return oversee(connection, read_rulebook(connection), at)


def standing(database: str):
    with psycopg.connect(database) as connection:
        return connection.execute(
            "select rule_id, family, subject_key from stream.signal where partition = -1 and until is null order by 1"
        ).fetchall()


def hear(database: str, at, *, source: str = SOURCE, offset: int) -> None:
    """Something arrives from a source."""
    with psycopg.connect(database) as connection:
        connection.execute("select raw.ensure_month(%s)", [at])
        connection.execute(
            """insert into raw.event (topic, partition, "offset", arrived_at, verdict, source, type, authority)
               values ('events.source', 0, %s, %s, 'accepted', %s, 'source.heartbeat', 'jdz')""",
            [offset, at, source],
        )


def silences(database: str):
    with psycopg.connect(database) as connection:
        return connection.execute(
            "select since, until from stream.signal where rule_id = 'AR-18' order by since"
        ).fetchall()


def test_a_silence_is_found_after_an_absence_of_the_overseer_too(database):
    load(database, {"source": [SOURCE_ROW]}, loaded_by="test")
    hear(database, china("2026-10-16 16:00"), offset=0)
    assert look(database, china("2026-10-16 16:01")) == 0
    hear(database, china("2026-10-20 09:00"), offset=1)
    assert look(database, china("2026-12-01 10:00")) == 1
    assert silences(database) == [(china("2026-10-20 10:00"), None)]


def test_nothing_is_expected_of_who_is_shut_out_or_registered_no_more(database):
    load(database, {"source": [SOURCE_ROW]}, loaded_by="test")
    hear(database, china("2026-10-16 16:00"), offset=0)
    hear(database, china("2026-10-16 16:00"), offset=1, source="urn:gov:360200:nobody")
    assert look(database, china("2026-10-19 10:00")) == 1
    assert standing(database) == [("AR-18", "source", SOURCE)]
    with psycopg.connect(database) as connection:
        revoke_source(connection, SOURCE, revoked_by="test")
    assert look(database, china("2026-10-19 10:01")) == 1
    assert standing(database) == []


def test_a_changed_row_of_a_source_is_no_new_registration(database):
    load(database, {"source": [SOURCE_ROW | {"rhythm_minutes": "120"}]}, loaded_by="test")
    with psycopg.connect(database) as connection:
        connection.execute("update reference.version set loaded_at = %s", [china("2026-11-20 10:00")])
    load(database, {"source": [SOURCE_ROW | {"rhythm_minutes": "60"}]}, loaded_by="test")
    assert look(database, china("2026-11-20 13:00")) == 1
    assert silences(database) == [(china("2026-11-20 13:00"), None)]


def enter(database: str, *, unit: str, replayed: bool) -> None:
    """Thirty cases of a unit, accepted on a Monday and finished on the next day, all told on the Wednesday."""
    arrived = china("2026-10-21 10:00")
    with psycopg.connect(database) as connection:
        connection.execute("select raw.ensure_month(%s)", [arrived])
        connection.execute(
            """insert into stream.subject (
                   family, partition, subject_key, authority, state, unit_code, is_deemed_accepted, is_provisional_due,
                   is_overdue, is_past_statutory, findings, records, derived, engine_version, rulebook_version,
                   last_offset, as_of)
               select 'case', 0, 'jdz|' || %(unit)s || n, 'jdz', 'finished', %(unit)s, false, false,
                   false, false, '{}', '', '', 1, 1, 0, %(at)s
               from generate_series(1, 30) as n""",
            {"unit": unit, "at": arrived},
        )
        connection.execute(
            """insert into raw.event (topic, partition, "offset", arrived_at, verdict, type, authority, subject_key,
                   event_at, record_key, data_version, operation, replay_of)
               select 'events.' || %(unit)s, 0, row_number() over (), %(at)s, 'accepted', what.type, 'jdz',
                   'jdz|' || %(unit)s || n, what.at + n * interval '1 second', what.type, 1, 'U', %(replay)s
               from generate_series(1, 30) as n
               cross join (values ('case.accepted', %(accepted)s), ('case.finished', %(finished)s)) as what (type, at)""",
            {
                "unit": unit,
                "at": arrived,
                "accepted": china("2026-10-19 10:00"),
                "finished": china("2026-10-20 10:00"),
                "replay": "events.case/0/1" if replayed else None,
            },
        )


def test_dead_letters_that_were_mended_are_no_late_entries(database):
    enter(database, unit="mended", replayed=True)
    enter(database, unit="late", replayed=False)
    assert look(database, china("2026-10-21 10:10")) == 1
    assert standing(database) == [("AR-17", "unit", "jdz|late")]


def test_what_a_marked_authority_tells_afterwards_says_nothing(database):
    load(database, {"authority": [{"authority": "jdz", "name": "x", "clock": "marked"}]}, loaded_by="test")
    enter(database, unit="late", replayed=False)
    assert look(database, china("2026-10-21 10:10")) == 0
