"""Catalogue events feed the same tables as files do, by their day of validity; faulty ones are found, not lost."""

import json
import re

import psycopg
import pytest
from typer.testing import CliRunner

from connectors.landed import Landed
from connectors.landing_store import LandingStore
from connectors.verdicts import judge
from infra.cli import app, commands
from infra.local.doctor import examine
from infra.reference_data.catalogue import follow
from infra.reference_data.refusals import open_refusals
from streams.reference import read_rulebook
from streams.settings import Settings
from streams.topics import Topic
from tests.cases import accepted, china, document
from tests.streams.log import CASES, engine_on, records

pytestmark = pytest.mark.broker
TOPIC = "events.catalogue"
PROMISE, LIMIT = {"value": 3, "unit": "workday"}, {"value": 9, "unit": "workday"}


def told(kind: str, number: str, data, **envelope):
    return document(f"catalogue.{kind}", "2026-11-24", number=number, **envelope) | {"data": data}


def changed(valid_from: str, *, number: str = "M007", **given):
    envelope = {name: given.pop(name) for name in ("operation", "recordkey", "dataversion", "source") if name in given}
    return told(
        "matter_changed", number, {"matter_code": number, "valid_from": valid_from, "name": "新名"} | given, **envelope
    )


def land(database: str, documents, *, first: int = 0) -> None:
    store = LandingStore(database)
    store.claim({TOPIC: Topic("id", 1)})
    landed = Landed()
    landed.take(TOPIC, 0, records(documents, first=first))
    store.write(landed)
    while judge(store.connection, [CASES.topic]):
        pass
    store.close()


def matter_on(database: str, code: str, day: str):
    with psycopg.connect(database) as connection:
        return read_rulebook(connection).matter_on(code, china(day).date())


def ask(database: str, query: str):
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def test_a_changed_matter_holds_from_its_day_on_and_leaves_the_old_limits_before(database):
    unit = told(
        "unit_changed", "u", {"unit_code": "u", "name": "局", "area_code": "360200", "reporting_unit": "bureau"}
    )
    land(database, [changed("2099-01-01", statutory=LIMIT, promise=PROMISE), unit])
    done = follow(database)
    assert (done.taken, done.refused, done.version) == (2, 0, 2)
    before, after = matter_on(database, "M007", "2098-12-31"), matter_on(database, "M007", "2099-01-01")
    assert before.statutory.value == 20
    assert (after.name, after.statutory.value, after.promise.value, after.basis) == ("新名", 9, 3, before.basis)
    assert ask(database, "select name, area_code, reporting_unit from reference.unit") == [("局", "360200", "bureau")]
    [(note, loaded_by)] = ask(database, "select note, loaded_by from reference.version where version = 2")
    assert note.startswith("catalogue events: e")
    assert loaded_by == "catalogue"

    assert follow(database).taken == 0  # nothing is applied twice
    assert ask(database, "select max(version) from reference.version") == [(2,)]


def test_what_an_event_leaves_out_is_what_the_one_before_it_left(database):
    land(database, [changed("2099-01-01", has_fee=False), changed("2099-02-01")])
    assert follow(database).taken == 2
    assert matter_on(database, "M007", "2099-02-01").has_fee is False


def test_a_limit_in_another_unit_leaves_the_longest_extension_open(database):
    workdays = changed("2099-01-01", statutory=LIMIT)
    days = changed("2099-02-01", statutory={"value": 20, "unit": "day"}, recordkey="february")
    land(database, [workdays, days])
    assert follow(database).refused == 0
    assert matter_on(database, "M007", "2099-01-01").extension.value == 10
    assert matter_on(database, "M007", "2099-02-01").extension is None


def test_a_removed_matter_is_there_no_more_from_its_day_on(database):
    gone = {"matter_code": "M007", "valid_from": "2099-01-01"}
    land(database, [told("matter_removed", "M007", gone)])
    follow(database)
    assert matter_on(database, "M007", "2099-01-01") is None
    assert matter_on(database, "M007", "2098-12-31").statutory is not None


def test_an_office_told_ahead_of_its_day_is_refused_until_then(database):
    ahead = {"unit_code": "u", "name": "局", "valid_from": "2099-01-01"}
    begun = {"unit_code": "v", "name": "局", "valid_from": "2026-01-01"}
    land(database, [told("unit_changed", "u", ahead), told("unit_changed", "v", begun)])
    assert follow(database).refused == 1
    [(fault,)] = ask(database, "select faults from ops.catalogue_fault")
    assert "valid_from: '2099-01-01': has not come yet" in fault
    assert ask(database, "select unit_code from reference.unit") == [("v",)]


def test_a_record_that_was_refused_takes_no_row_along_that_others_made(database):
    engine = engine_on(database)
    engine.apply(CASES, records([accepted("2026-11-20")]))
    engine.store.close()
    land(database, [changed("2021-01-01", recordkey="reform", statutory=LIMIT)])  # the day of the shipped row
    assert follow(database).refused == 1
    land(database, [changed("2099-01-01", recordkey="reform", dataversion=2, statutory=LIMIT)], first=1)
    assert (follow(database).taken, refused(database)) == (1, [])
    assert matter_on(database, "M007", "2026-11-20").statutory.value == 20
    land(database, [changed("2099-01-01", recordkey="reform", dataversion=3, operation="D")], first=2)
    follow(database, is_erratum=True)
    assert matter_on(database, "M007", "2099-01-01").statutory.value == 20


def test_a_faulty_event_is_a_finding_and_the_others_count(database):
    too_much = {"value": 30, "unit": "workday"}
    faulty = changed("2099-01-01", number="M012", statutory=LIMIT, promise=too_much)
    land(
        database,
        [
            faulty,
            changed("2099-01-01", statutory=LIMIT),
        ],
    )
    done = follow(database)
    assert (done.taken, done.refused) == (1, 1)
    [(fault,)] = ask(database, "select faults from ops.catalogue_fault")
    assert "column promise_value: '30': is above the statutory limit" in fault


def test_a_record_that_was_corrected_or_taken_back_leaves_no_row_of_what_it_told_before(database):
    land(database, [changed("2099-01-01", recordkey="reform", statutory=LIMIT)])
    follow(database)
    assert matter_on(database, "M007", "2099-02-01").statutory.value == 9
    land(database, [changed("2099-06-01", recordkey="reform", dataversion=2, statutory=LIMIT)], first=1)
    assert follow(database).taken == 1
    assert matter_on(database, "M007", "2099-02-01").statutory.value == 20
    assert matter_on(database, "M007", "2099-06-01").statutory.value == 9
    land(database, [changed("2099-06-01", recordkey="reform", dataversion=3, operation="D")], first=2)
    assert follow(database).taken == 1
    assert matter_on(database, "M007", "2099-06-01").statutory.value == 20


def test_an_event_does_not_rewrite_the_past_unless_it_is_said_to(database):
    engine = engine_on(database)
    engine.apply(CASES, records([accepted("2026-11-20")]))
    engine.store.close()
    land(database, [changed("2026-11-01", statutory=LIMIT)])
    assert follow(database).refused == 1
    assert [refusal.type for refusal in refused(database)] == ["catalogue.matter_changed"]
    assert follow(database).refused == 0  # it is said once
    land(database, [changed("2026-11-02", statutory=LIMIT, recordkey="later")], first=1)
    assert follow(database, is_erratum=True).taken == 2  # what was refused before, too
    assert refused(database) == []
    assert matter_on(database, "M007", "2026-11-01").statutory.value == 9


def refused(database: str):
    with psycopg.connect(database) as connection:
        return open_refusals(connection)


def test_a_refusal_is_open_until_the_record_is_told_better_or_somebody_forgets_it(database, tmp_path, monkeypatch):
    """`doctor` says so as long as it is."""
    too_much = {"value": 30, "unit": "workday"}
    faulty = changed("2099-01-01", statutory=LIMIT, promise=too_much, dataversion=1, recordkey="2099-01-01")
    other = changed("2099-01-01", number="M012", statutory=LIMIT, promise=too_much)
    land(database, [faulty, other])
    assert follow(database).refused == 2
    settings = Settings(home=tmp_path, database=database)
    [(_, is_well, detail)] = [finding for finding in examine(settings) if finding[0] == "catalogue"]
    assert not is_well
    assert re.match(r"2 events refused, such as .*promise_value: '30'.*; 'govpulse reference faults' shows", detail)

    land(
        database,
        [changed("2099-01-01", statutory=LIMIT, promise=PROMISE, dataversion=2, recordkey="2099-01-01")],
        first=2,
    )
    assert follow(database).taken == 1
    [left] = refused(database)
    assert left.id == other["id"]

    monkeypatch.setenv("GOVPULSE_DATABASE", database)
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:1")
    if not app.registered_groups:
        commands.add_to(app)
    run = CliRunner().invoke
    assert [one["id"] for one in json.loads(run(app, ["reference", "faults", "--json"]).stdout)] == [left.id]
    assert "promise no more than the law allows" in run(app, ["reference", "faults"]).stdout
    assert run(app, ["reference", "faults", "--forget", left.id]).exit_code == 0
    assert "was taken" in run(app, ["reference", "faults"]).stdout
    assert "no event" in run(app, ["reference", "faults", "--forget", left.id]).output
    assert next(finding for finding in examine(settings) if finding[0] == "catalogue")[1]
