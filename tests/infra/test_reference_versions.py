"""Versions: a rule concerns what comes after it, unless somebody says that the past is to be rewritten."""

import csv
import json
from datetime import date

import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli import app, commands, waiting
from infra.reference_data import InvalidRows, load
from infra.reference_data.changes import Difference
from infra.reference_data.versions import changes_in, history, preview
from tests.cases import accepted, document
from tests.streams.log import CASES, engine_on, records

pytestmark = pytest.mark.broker
TODAY = date(2026, 11, 24)
MATTER = {"matter_code": "M007", "name": "x", "statutory_value": "9", "statutory_unit": "workday"}
ALERT = {"rule_id": "AR-03", "clock_id": "promise", "level": "red", "is_breach": "true"}
DAY_OFF = {
    "calendar": "cn",
    "day": "2026-12-07",
    "is_workday": "false",
    "status": "official",
    "name": "x",
    "notice": "y",
}
CODE = {
    "source": "urn:gov:360200:govpulse",
    "field": "data.result",
    "code": "0",
    "valid_from": "2020-01-01",
    "value": "granted",
}


def strictly(url, tables, **named):
    return load(url, tables, loaded_by="test", is_erratum=False, today=TODAY, **named)


@pytest.fixture
def lived(database):
    """A database in which an open and a finished case of M007 were read."""
    engine = engine_on(database)
    told = [
        accepted("2026-11-20", number="open", promise=(20, "workday")),
        accepted("2026-11-02", number="closed", promise=(5, "workday")),
        document("finished", "2026-11-04", number="closed", result="granted"),
    ]
    engine.apply(CASES, records(told))
    engine.store.close()
    return database


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"matter": [MATTER | {"valid_from": "2021-01-01"}]}, r"column valid_from: '2021-01-01': row M007 / 2021-01-01 is in force.*changed; .*--erratum"),
        ({"matter": [MATTER | {"valid_from": "2026-11-01"}]}, r"column valid_from: '2026-11-01': lies in the past .*; .*later valid_from"),
        ({"alert_rule": [ALERT | {"valid_from": "2026-11-01", "unit_code": "u1"}]}, r"alert_rule.csv row 2, column valid_from: '2026-11-01'"),
        ({"alert_rule": [ALERT | {"valid_from": "1990-01-01", "name": "x"}]}, r"row AR-03 / clock_id=promise / red / 1990-01-01 is in force"),
    ],
)  # fmt: skip
def test_the_past_is_not_rewritten_by_accident(lived, tables, said):
    with pytest.raises(InvalidRows, match=said):
        strictly(lived, tables)
    assert len(history(lived)) == 1
    assert load(lived, tables, loaded_by="test").is_erratum


@pytest.mark.parametrize(
    ("tables", "is_erratum"),
    [
        ({"matter": [MATTER | {"valid_from": "2026-11-24"}]}, False),
        ({"matter": [MATTER | {"valid_from": "2027-01-01"}]}, False),
        ({"matter": [MATTER | {"matter_code": "NOBODY", "valid_from": "2020-01-01"}]}, False),
        ({"alert_rule": [ALERT | {"valid_from": "2026-11-01", "unit_code": "nobody"}]}, False),
        ({"code_map": [CODE]}, False),
        ({"unit": [{"unit_code": "u1", "name": "x"}]}, False),
        ({"calendar_day": [DAY_OFF]}, True),
        ({"calendar_day": [DAY_OFF | {"is_workday": "true", "name": "only another name"}]}, False),
        ({"schedule_assignment": [{"scope_type": "unit", "scope_code": "u1", "schedule": "every_day"}]}, True),
    ],
)  # fmt: skip
def test_what_concerns_only_the_future_or_a_calendar_needs_no_word(lived, tables, is_erratum):
    assert strictly(lived, tables).is_erratum == is_erratum


def test_a_rule_of_the_future_may_still_be_changed_or_taken_back(lived):
    strictly(lived, {"matter": [MATTER | {"valid_from": "2027-01-01"}]})
    strictly(lived, {"matter": [MATTER | {"valid_from": "2027-01-01", "statutory_value": "8"}]})
    with psycopg.connect(lived) as connection:
        rows = connection.execute("select * from reference.matter where until_version is null").fetchall()
    assert len(rows) == 93


def test_what_a_version_changed_can_be_read_afterwards(lived):
    row = MATTER | {"valid_from": "2021-01-01", "name": "x", "statutory_value": "4"}
    version = load(
        lived, {"matter": [row], "unit": [{"unit_code": "u1", "name": "局"}]}, loaded_by="eva", note="why"
    ).version
    found = changes_in(lived, version)
    assert Difference("matter", "M007 / 2021-01-01", "statutory_value", "20", "4") in found
    assert Difference("unit", "u1", "", None, '{"unit_code": "u1", "name": "局"}') in found
    newest = history(lived)[0]
    assert (newest["version"], newest["loaded_by"], newest["note"], newest["is_erratum"]) == (2, "eva", "why", True)
    assert newest["changes"] == {"matter": [0, 1, 0], "unit": [1, 0, 0]}


def test_a_preview_counts_and_changes_nothing(lived, tmp_path):
    write(tmp_path, "calendar_day", [DAY_OFF])
    found = preview(lived, tmp_path)
    assert (found.affected.open, found.affected.closed) == (1, 0)
    assert Difference("calendar_day", "cn / 2026-12-07", "is_workday", "true", "false") in found.differences
    write(tmp_path, "calendar_day", [DAY_OFF | {"day": "2026-11-03"}])
    assert (preview(lived, tmp_path).affected.open, preview(lived, tmp_path).affected.closed) == (0, 1)
    assert len(history(lived)) == 1
    with psycopg.connect(lived) as connection:
        assert connection.execute("select count(*) from reference.recompute").fetchone() == (0,)


def test_the_command_line_previews_refuses_and_remembers(lived, tmp_path, monkeypatch):
    monkeypatch.setenv("GOVPULSE_DATABASE", lived)
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:1")
    if not app.registered_groups:
        commands.add_to(app)
    run = CliRunner().invoke
    write(tmp_path, "matter", [MATTER | {"valid_from": "2021-01-01"}])
    told = json.loads(run(app, ["reference", "diff", str(tmp_path), "--json"]).stdout)
    assert told["affected"] == {"open": 1, "closed": 1}
    assert "statutory_value" in {change["column"] for change in told["changes"]}
    assert "1 open and 1 closed subjects" in run(app, ["reference", "diff", str(tmp_path)]).stdout

    refused = run(app, ["reference", "load", str(tmp_path)])
    assert isinstance(refused.exception, InvalidRows)
    loaded = run(app, ["reference", "load", str(tmp_path), "--erratum", "--no-wait", "--note", "§42"])
    assert loaded.exit_code == 0, loaded.output
    assert "version 2 is in force and rewrites the past" in loaded.stdout
    versions = json.loads(run(app, ["reference", "history", "--json"]).stdout)
    assert [row["version"] for row in versions] == [2, 1]
    assert (versions[0]["note"], versions[0]["is_active"]) == ("§42", True)
    assert "statutory_value" in run(app, ["reference", "history", "--changes", "2"]).stdout
    assert "version" in run(app, ["reference", "show"]).stdout
    for version in ("99", "-1", "99999999999999999999"):
        refused = run(app, ["reference", "history", "--changes", version], terminal_width=200)
        assert refused.exit_code == 2
        assert f"there is no version {version}: the newest is 2" in refused.output


def test_the_command_line_notes_a_unit_that_is_not_among_the_units(lived, tmp_path, monkeypatch):
    monkeypatch.setenv("GOVPULSE_DATABASE", lived)
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:1")
    if not app.registered_groups:
        commands.add_to(app)
    write(tmp_path, "unit", [{"unit_code": "u1", "name": "局"}])
    write(tmp_path, "alert_rule", [ALERT | {"valid_from": "2026-11-01", "unit_code": "u[2]"}])
    said = "note: alert_rule.csv row 2, column unit_code: 'u[2]': is no unit of table unit; add it"
    run = CliRunner().invoke
    assert said in run(app, ["reference", "diff", str(tmp_path)]).output
    [note] = json.loads(run(app, ["reference", "diff", str(tmp_path), "--json"]).stdout)["notes"]
    assert f"note: {note}".startswith(said)
    loaded = run(app, ["reference", "load", str(tmp_path), "--erratum", "--no-wait"])
    assert said in loaded.output
    assert loaded.exit_code == 0


def write(folder, table, rows) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_where_no_worker_takes_them_it_says_how_to_start_one(lived, capsys, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.2)
    load(lived, {"calendar_day": [DAY_OFF]}, loaded_by="test")
    waiting.wait_until_read_again(lived)
    assert "1 subjects wait for a worker: start it with 'govpulse up'" in capsys.readouterr().err
