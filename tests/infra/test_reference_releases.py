"""Releases: shipped rows that nobody touched follow; what a city loaded stays, and is named."""

import csv
import json
import logging
import shutil
import sys

import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli import app, commands
from infra.local.platform import prepare_database
from infra.reference_data import InvalidRows, load, load_shipped
from infra.reference_data.tables import SHIPPED
from infra.reference_data.versions import changes_in, history
from streams.settings import Settings

pytestmark = pytest.mark.broker
LOAD = sys.modules[load.__module__]
REPAIR = {
    "clock_id": "rating_repair",
    "valid_from": "1990-01-01",
    "family": "case",
    "name": "差评整改",
    "name_en": "repair after a bad rating",
    "start": "case.rated",
    "start_when": "level>=4",
    "stop": "case.rating_rectified",
    "cleared_by": "case.rating_revisited",
    "limit_value": "10",
    "limit_unit": "workday",
}
AUTHORITY = {"authority": "jdz", "name": "景德镇市", "pause_day_rule": "inclusive"}


class Folder:
    """A shipped folder of a later release."""

    def __init__(self, path) -> None:
        self.path = path

    def rewrite(self, table: str, change) -> None:
        """Every row as `change` returns it; None: the row is gone."""
        path = self.path / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = list(reader.fieldnames or ()), [dict(row) for row in reader]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in map(change, rows) if row is not None)

    def set(self, table: str, column: str, value: str, **key: str) -> None:
        def change(row):
            is_it = all(row[name] == wanted for name, wanted in key.items())
            return row | {column: value} if is_it else row

        self.rewrite(table, change)

    def drop(self, table: str, **key: str) -> None:
        self.rewrite(table, lambda row: None if all(row[name] == wanted for name, wanted in key.items()) else row)

    def add(self, table: str, row) -> None:
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        with (self.path / f"{table}.csv").open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, columns, lineterminator="\n").writerow(row)


@pytest.fixture
def release(tmp_path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "shipped")
    monkeypatch.setattr(LOAD, "SHIPPED", tmp_path / "shipped")
    return Folder(tmp_path / "shipped")


def ask(database: str, query: str):
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def limits(database: str) -> dict[str, int]:
    query = "select clock_id, limit_value from reference.clock_rule where until_version is null and matter_code = ''"
    return dict(ask(database, query))


def test_what_a_city_changed_stays_and_is_named_and_the_rest_follows(database, release):
    load(database, {"clock_rule": [REPAIR], "authority": [AUTHORITY]}, loaded_by="eva")
    release.set("clock_rule", "limit_value", "20", clock_id="rating_repair")
    release.set("clock_rule", "limit_value", "12", clock_id="payout_review")
    release.set("calendar_day", "name", "冬至", calendar="cn", day="2026-12-22")
    done = load_shipped(database)
    assert (limits(database)["rating_repair"], limits(database)["payout_review"]) == (10, 12)
    assert ask(database, "select pause_day_rule from reference.authority where until_version is null") == [
        ("inclusive",)
    ]
    assert done.changes == {"clock_rule": (0, 1, 0), "calendar_day": (0, 1, 0)}
    assert [row.partition(";")[0] for row in done.kept if "basis" not in row] == [
        "authority, jdz, column pause_day_rule: 'inclusive' stays, as eva loaded it (version 2)",
        "clock_rule, rating_repair / 1990-01-01, column limit_value: '10' stays, as eva loaded it (version 2)",
    ]
    assert any(row.endswith("; the release has '20'") for row in done.kept)
    assert {(one.table, one.column) for one in changes_in(database, 3)} == {
        ("clock_rule", "limit_value"),
        ("calendar_day", "name"),
    }
    assert not load_shipped(database).is_new


def test_a_release_adds_and_takes_back_but_not_what_somebody_else_loaded(database, release):
    new = {
        "matter_code": "M200",
        "valid_from": "2027-01-01",
        "name": "新",
        "statutory_value": "5",
        "statutory_unit": "workday",
    }
    mine = {"matter_code": "M091", "valid_from": "2021-01-01", "name": "市里的", "statutory_value": "7", "statutory_unit": "workday"}  # fmt: skip
    own = {"matter_code": "OWN", "valid_from": "2021-01-01", "name": "自己的"}
    load(database, {"matter": [mine, own]}, loaded_by="eva")
    release.add("matter", new)
    release.drop("matter", matter_code="M090")
    release.drop("matter", matter_code="M091")
    done = load_shipped(database)
    codes = {code for (code,) in ask(database, "select matter_code from reference.matter where until_version is null")}
    assert {"M200", "M091", "OWN"} <= codes
    assert "M090" not in codes
    assert done.kept == (
        "matter, M091 / 2021-01-01: stays, as eva loaded it (version 2); the release has it no longer",
    )

    release.add("matter", new | {"matter_code": "M090", "valid_from": "2021-01-01"})
    assert load_shipped(database).changes == {"matter": (1, 0, 0)}  # what a release took back another may bring again


def test_what_a_city_removed_does_not_come_back(database, release):
    only = {"hours": "default", "opens": "08:30", "closes": "17:00"}
    load(database, {"office_hours": [only]}, loaded_by="eva", replaces=True)
    release.set("clock_rule", "limit_value", "12", clock_id="payout_review")
    kept = load_shipped(database).kept
    assert ask(database, "select opens::text from reference.office_hours where until_version is null") == [
        ("08:30:00",)
    ]
    assert len(kept) == 2
    assert kept[0].endswith(": stays removed, as eva left it (version 2); the release has it")


def test_a_release_that_does_not_fit_the_citys_rows_leaves_the_platform_running(database, release, caplog, tmp_path):
    stage = REPAIR | {"clock_id": "own", "matter_code": "M091"}
    load(database, {"clock_rule": [stage]}, loaded_by="eva")
    release.drop("matter", matter_code="M091")
    with pytest.raises(
        InvalidRows, match="clock_rule in force, own / matter_code=M091 / 1990-01-01, column matter_code"
    ):
        load_shipped(database)
    with caplog.at_level(logging.WARNING):
        prepare_database(Settings(home=tmp_path, database=database))
    assert "'M091': is not defined; add it to table matter" in caplog.text
    assert history(database)[0]["version"] == 2


def test_up_logs_and_the_command_line_prints_what_stays(database, release, caplog, tmp_path, monkeypatch):
    load(database, {"clock_rule": [REPAIR]}, loaded_by="eva")
    release.set("clock_rule", "limit_value", "20", clock_id="rating_repair")
    with caplog.at_level(logging.WARNING):
        prepare_database(Settings(home=tmp_path, database=database))
    said = "clock_rule, rating_repair / 1990-01-01, column limit_value: '10' stays, as eva loaded it"
    assert said in caplog.text

    monkeypatch.setenv("GOVPULSE_DATABASE", database)
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:1")
    if not app.registered_groups:
        commands.add_to(app)
    run = CliRunner().invoke
    release.set("clock_rule", "limit_value", "12", clock_id="payout_review")
    assert said in run(app, ["reference", "load", "--no-wait"]).output
    release.set("clock_rule", "limit_value", "13", clock_id="payout_review")
    told = json.loads(run(app, ["reference", "load", "--no-wait", "--json"]).stdout)
    assert any(row.startswith(said) for row in told["kept"])


def test_a_row_that_an_older_release_took_keeps_no_other_row_out(database, monkeypatch):
    """A check that is new finds it: said with every load until it is mended, refused no more."""
    with monkeypatch.context() as before:
        before.setattr(LOAD, "faults_of", lambda _: [])
        load(database, {"target": [_target() | {"metric_id": "never"}]}, loaded_by="eva")
    result = load(database, {"unit": [{"unit_code": "u1", "name": "x"}]}, loaded_by="eva")
    assert result.is_new
    assert any("has no such metric" in note for note in result.notes)
    with pytest.raises(InvalidRows, match="T91"):
        load(database, {"target": [_target() | {"target_id": "T91", "metric_id": "never"}]}, loaded_by="eva")


def _target() -> dict[str, str]:
    return {
        "target_id": "T90", "issuer": "city", "metric_id": "on_time_rate", "scope_type": "authority", "quotation": "q",
        "paragraph": "p", "responsible": "r", "comparator": ">=", "value": "0.9", "valid_from": "2022-03-07", "class": "A",
    }  # fmt: skip
