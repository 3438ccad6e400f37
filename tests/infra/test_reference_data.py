"""Reference data: the official calendar, and loads that are all or nothing."""

from datetime import date, timedelta

import psycopg
import pytest

from connectors.sources.census import authority_rows
from connectors.sources.mapping import load_mapping
from infra.cli.publish import loader
from infra.reference_data import InvalidRows, load, load_folder, load_shipped
from infra.reference_data.shipped import shipped_rulebook
from infra.reference_data.tables import SHIPPED
from streams.reference import read_rulebook
from streams.settings import Settings


def test_the_calendar_agrees_with_the_notices_on_all_2191_days():
    chinese_calendar = pytest.importorskip("chinese_calendar")
    calendar = shipped_rulebook().schedules["cn"].calendar
    days = [date(2021, 1, 1) + timedelta(days=place) for place in range(2191)]
    assert days[-1] == date(2026, 12, 31)
    assert [day for day in days if calendar.is_workday(day) != chinese_calendar.is_workday(day)] == []
    assert not calendar.has_provisional(date(2021, 1, 1), date(2026, 12, 31))


def test_2027_has_no_notice_yet_and_is_provisional():
    calendar = shipped_rulebook().schedules["cn"].calendar
    assert calendar.has_provisional(date(2026, 12, 31), date(2027, 1, 1))
    assert not calendar.is_workday(date(2027, 10, 1))


def test_every_shipped_day_names_its_notice():
    official = [rule for rule in shipped_rulebook().schedules["cn"].calendar.rules.values() if rule.is_official]
    assert len(official) == 2191
    assert all("gov.cn" in rule.notice for rule in official)


def test_92_matters_are_shipped_with_their_basis():
    matters = [matter for versions in shipped_rulebook().matters.values() for matter in versions]
    assert len(matters) == 92
    assert all(matter.basis for matter in matters if matter.statutory is not None)


@pytest.mark.broker
def test_a_load_that_changes_nothing_makes_no_version(database):
    assert not load_shipped(database).is_new
    assert not load_folder(database, SHIPPED, loaded_by="test").is_new


@pytest.mark.broker
def test_a_change_is_a_new_version_and_the_old_one_can_still_be_read(database):
    before = load_shipped(database).version
    day = [
        {"calendar": "cn", "day": "2026-11-25", "is_workday": "false", "status": "official", "name": "x", "notice": "y"}
    ]
    after = load(database, {"calendar_day": day}, loaded_by="test", note="why")
    assert (after.version, after.changes, after.recomputes) == (before + 1, {"calendar_day": (0, 1, 0)}, True)
    with psycopg.connect(database) as connection:
        old, new = read_rulebook(connection, before), read_rulebook(connection)
    assert old.schedules["cn"].calendar.is_workday(date(2026, 11, 25))
    assert not new.schedules["cn"].calendar.is_workday(date(2026, 11, 25))
    assert new.calendar_version == after.version


@pytest.mark.broker
def test_a_new_matter_nobody_has_recomputes_nothing(database):
    rows = [
        {
            "matter_code": "NEW",
            "valid_from": "2026-01-01",
            "name": "x",
            "statutory_value": "5",
            "statutory_unit": "workday",
        }
    ]
    assert not load(database, {"matter": rows}, loaded_by="test").recomputes


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("matter", {"matter_code": "X", "valid_from": "someday", "name": "x"}, "valid_from"),
        (
            "matter",
            {"matter_code": "X", "valid_from": "2026-01-01", "name": "x", "statutory_value": "5"},
            "go together",
        ),
        (
            "matter",
            {
                "matter_code": "X",
                "valid_from": "2026-01-01",
                "name": "x",
                "statutory_value": "-5",
                "statutory_unit": "day",
            },
            "statutory_value",
        ),
        ("matter", {"matter_code": "X", "valid_from": "2026-01-01", "name": "x", "colour": "red"}, "colour"),
        ("schedule", {"schedule": "s", "calendar": "mars", "hours": "default", "zone": "Asia/Shanghai"}, "mars"),
        ("schedule", {"schedule": "s", "calendar": "cn", "hours": "default", "zone": "Asia/Nowhere"}, "Asia/Nowhere"),
        ("schedule_assignment", {"scope_type": "unit", "scope_code": "u", "schedule": "never"}, "never"),
        ("office_hours", {"hours": "default", "opens": "08:00", "closes": "10:00"}, "within another session"),
        ("authority", {"authority": "a", "name": "x", "clock": "sundial"}, "sundial"),
    ],
)
@pytest.mark.broker
def test_a_faulty_row_is_named_and_nothing_is_loaded(database, table, row, said):
    with pytest.raises(InvalidRows, match=said):
        load(database, {table: [row], "unit": [{"unit_code": "u9", "name": "x"}]}, loaded_by="test")
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from reference.unit where unit_code = 'u9'").fetchone() == (0,)


@pytest.mark.broker
def test_what_a_mapping_says_of_its_authority_its_source_and_the_names_of_codes_counts_the_first_time_alone(
    database, tmp_path
):
    mapping = load_mapping("wabo-receipt")
    bring = loader(Settings(home=tmp_path, database=database), mapping.name)
    named = {"unit": [{"unit_code": "u1", "name": "u1"}]}  # as its `[catalogue]` brings the codes of a file
    bring(authority_rows(mapping) | named)
    code = mapping.authority_code
    settings = {"late_pauses_extend": "true", "ledger_closing": "anyone"}
    rights = {"families": "case", "units": "u1", "precedence": "7", "rhythm_minutes": "60"}
    assigned = {"scope_type": "authority", "scope_code": code, "schedule": "every_day"}
    ours = {
        "authority": [{"authority": code, "name": "ours"} | settings],
        "schedule_assignment": [assigned],
        "source": [{"source": mapping.source, "authority": code} | rights],
        "unit": [{"unit_code": "u1", "name": "大厅", "area_code": "360202"}],
    }
    version = load(database, ours, loaded_by="the city").version
    translated = {"source": mapping.source, "field": "data.result", "code": "0", "valid_from": "2020-01-01"}
    bring(authority_rows(mapping) | named)
    assert not load(database, ours, loaded_by="the city").is_new
    bring(authority_rows(mapping) | {"code_map": [translated | {"value": "granted"}]})
    bring(authority_rows(mapping) | {"code_map": [translated | {"value": "refused"}]})
    after = load(database, ours, loaded_by="the city")
    assert (after.is_new, after.version) == (False, version + 2)  # its codes follow the mapping
