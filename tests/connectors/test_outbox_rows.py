"""Rows of an outbox: the events they state, the recipes that make them, the statements that read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import mysql, oracle, postgresql

from connectors.publisher.check import Check
from connectors.publisher.messages import Refusal
from connectors.publisher.outbox.queue import OutboxQueue, table_of
from connectors.publisher.outbox.rows import RECIPES, Row, event_of
from tests.connectors.publishing import SOURCE

AT = datetime(2026, 11, 24, 1, 2, tzinfo=UTC)


def row(**given):
    told = {"outbox_id": 1, "event_type": "case.accepted", "subject": "a", "authority": None, "occurred_at": AT,
            "record_key": None, "data_version": 1, "operation": "U", "data": {"matter_code": "M7", "unit_code": "u"},
            "created_at": AT}  # fmt: skip
    return Row(**told | given)


def test_a_row_becomes_the_event_that_a_builder_makes():
    from connectors.publisher.events import case, deleted

    built = case.accepted(subject="a", time=AT, matter_code="M7", unit_code="u", dataversion=1, recordedtime=AT)
    assert event_of(row(), zone=None) == built | {"operation": "U"}
    as_text = row(data='{"matter_code": "M7", "unit_code": "u"}')  # as most drivers give JSON
    assert event_of(as_text, zone=None) == built | {"operation": "U"}
    gone = event_of(row(data=None, operation="D", data_version=2), zone=None)
    assert gone == deleted(built, dataversion=2)


def test_an_instant_without_an_offset_is_in_the_zone_of_the_database():
    naive = row(occurred_at=datetime(2026, 11, 24, 9, 2))  # noqa: DTZ001 - as MySQL gives it
    assert event_of(naive, zone=ZoneInfo("Asia/Shanghai"))["time"] == "2026-11-24T09:02:00+08:00"
    check = Check(SOURCE, None)
    assert check.checked(event_of(naive, zone=None), now=AT).code == "time_without_zone"


def test_what_a_row_does_not_say_is_named():
    visit = row(event_type="case.visited", data={})
    assert event_of(visit, zone=None) == Refusal(
        "missing_field", "recordkey", "the record key of case.visited is visit/{which}: say 'which', or the whole key: write it into record_key"
    )  # fmt: skip
    assert event_of(row(event_type="case.visited", data={}, record_key="visit/2"), zone=None)["recordkey"] == "visit/2"
    assert event_of(row(data="{"), zone=None).code == "not_json"
    assert event_of(row(data="[1]"), zone=None).code == "wrong_type"
    strange = event_of(row(event_type="case.eaten"), zone=None)
    assert Check(SOURCE, None).checked(strange, now=AT).code == "unknown_type"


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_the_columns_that_the_poller_reads_and_writes(name):
    recipe = RECIPES[name].read_text()
    table = recipe.partition("create table govpulse_outbox (")[2].partition("\n)")[0]
    for column in table_of().columns:
        assert f"\n    {column.name} " in table, column.name
    assert "insert into govpulse_outbox (event_type, subject, occurred_at, data)" in recipe


@pytest.mark.parametrize("dialect", [postgresql.dialect(), mysql.dialect(), oracle.dialect()], ids=lambda one: one.name)
def test_the_pollers_statements_are_told_in_every_dialect(dialect):
    """No row limit in the statement that locks: Oracle has none there (ORA-02014)."""
    statements = []

    class Recorder:
        def execute(self, statement):
            statements.append(" ".join(str(statement.compile(dialect=dialect)).split()))
            return self

        def scalars(self):
            return self

        def all(self):
            return [1]

        def mappings(self):
            return Nothing()

    class Nothing:
        def all(self):
            return []

    queue = OutboxQueue(None, Check(SOURCE, None))
    queue._connection = Recorder()
    queue._locked(500)
    unlocked, locking = statements
    assert locking.endswith("FOR UPDATE SKIP LOCKED")
    assert "LIMIT" not in locking
    assert "FETCH" not in locking
    assert "FOR UPDATE" not in unlocked
    assert "LIMIT" in unlocked or "FETCH FIRST" in unlocked
