"""Rows of one target follow one another: the one in force is judged, at a deadline the one in force on it."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from infra.contracts.definitions import shipped
from infra.reference_data import load
from infra.warehouse.entries import enter
from tests.dbt.city import NOW, activities, bundles, catalogue
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def later(target_id, metric_id, valid_from, value, *, deadline="", **other):
    """The shipped row of a target with another day, value and deadline."""
    row = next(row for row in shipped("target") if (row["target_id"], row["metric_id"]) == (target_id, metric_id))
    return row | {"valid_from": valid_from, "value": value, "deadline": deadline} | other


@pytest.fixture(scope="module")
def warehouse(database_of_the_module, tmp_path_factory):
    """Targets with later rows, read on 25 November 2026."""
    url = database_of_the_module
    rows = [
        later("T04", "opening_halfday_rate", "2026-11-01", "0.4"),
        later("T04", "opening_halfday_rate", "2027-01-01", "0.95"),
        later("T05", "deregistration_1day_rate", "2027-01-01", "1", issuer="province"),
        later("T14", "matters_online_rate", "2025-01-01", "0.95"),
        later("T15", "resources_attached_rate", "2022-07-01", "0.5", deadline="2022-12-31", period_type="quarter"),
        later("T16", "matters_fully_online_rate", "2026-01-01", "1", deadline="2027-12-31"),
        later("T11", "fair_review_rate", "2022-03-07", "0.6", scope_code="jdz"),
        later("T14", "matters_online_rate", "2026-11-01", "0.1", comparator="=") | {"target_id": "T95"},
        later("T14", "matters_online_rate", "2026-11-01", "0.8", comparator="=") | {"target_id": "T96"},
        later("T08", "suspension_filings", "2026-01-01", "", deadline="2026-06-30") | {"target_id": "T97"},
        later("T08", "suspension_filings", "2026-01-01", "") | {"target_id": "T98"},
    ]
    load(url, {"target": rows}, loaded_by="test")
    for day, value in (("2025-10-31", "-0.4"), ("2026-03-31", "-0.2"), ("2026-10-31", "-0.3")):
        write(url, "T46", value, day)
    write(url, "T08", "4", "2026-10-31")
    for target, day, value in (("T97", "2025-06-30", "1"), ("T97", "2026-10-31", "2"), ("T98", "2025-12-31", "3")):
        write(url, target, value, day)
    land(url, [document for family in (bundles, catalogue, activities) for document in family()], as_of=NOW)
    build(url, tmp_path_factory.mktemp("dbt"))
    return url


def write(url, target_id, value, day):
    said = {"metric_id": None, "entered_by": "a", "evidence": "minutes"}
    enter(url, target_id, value=Decimal(value), as_of=date.fromisoformat(day), **said)


def judged(url, target_id, metric_id, issuer="city"):
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(
            "select * from marts.targets where (target_id, metric_id, issuer, authority) = (%s, %s, %s, 'jdz')",
            [target_id, metric_id, issuer],
        ).fetchall()


def test_of_the_rows_of_a_target_the_last_begun_counts(warehouse):
    [row] = judged(warehouse, "T04", "opening_halfday_rate")
    assert (str(row["valid_from"]), row["target_value"], row["value_now"]) == (
        "2026-11-01",
        Decimal("0.4"),
        Decimal("0.5"),
    )
    assert row["state_now"] == "met"


def test_a_target_that_has_not_begun_is_not_judged(warehouse):
    assert judged(warehouse, "T05", "deregistration_1day_rate", "province") == []
    assert len(judged(warehouse, "T05", "deregistration_1day_rate")) == 1


def test_a_deadline_is_judged_by_the_row_in_force_on_it(warehouse):
    """The nine of ten of August 2022 were enough then; today 95 in a hundred are wanted, and there are all."""
    [row] = judged(warehouse, "T14", "matters_online_rate")
    assert (row["target_value"], row["state_now"]) == (Decimal("0.95"), "met")
    assert (str(row["deadline"]), row["target_value_at_deadline"]) == ("2022-08-31", Decimal("0.9"))
    assert (row["value_at_deadline"], row["state_at_deadline"]) == (Decimal("0.9"), "met")


def test_a_deadline_put_off_before_it_came_is_not_judged(warehouse):
    [row] = judged(warehouse, "T15", "resources_attached_rate")
    assert (str(row["deadline"]), row["value_at_deadline"], row["state_at_deadline"]) == ("2022-12-31", 1, "met")


def test_a_deadline_that_has_passed_stays_where_a_later_row_names_another(warehouse):
    [row] = judged(warehouse, "T16", "matters_fully_online_rate")
    assert (str(row["deadline"]), str(row["passed_deadline"])) == ("2027-12-31", "2022-12-31")
    assert (row["state_now"], row["state_at_deadline"]) == ("at_risk", "missed")


def test_an_authority_s_own_row_stands_before_the_general_one(warehouse):
    [row] = judged(warehouse, "T11", "fair_review_rate")
    assert (row["target_value"], row["state_now"]) == (Decimal("0.6"), "met")


def test_the_gate_misses_no_target_that_has_not_begun(warehouse, tmp_path):
    from expectations.gate import run_gate

    future = later("T12", "electronic_tender_rate", "2027-01-01", "1") | {"target_id": "T99"}
    load(warehouse, {"target": [future]}, loaded_by="test")
    checks = run_gate("after", url=warehouse, folder=tmp_path / "checks", run_id="test")
    assert [check.name for check in checks if check.stops] == []


def test_what_is_entered_by_hand_improves_on_what_was_entered_a_year_before(warehouse):
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            "select target_id, value_now, value_before, state_now from marts.targets where target_id in ('T08', 'T46')"
        ).fetchall()
    assert sorted(rows) == [("T08", 4, None, "by_hand"), ("T46", Decimal("-0.3"), Decimal("-0.4"), "met")]


def test_a_value_of_before_the_target_began_is_compared_with_and_never_judged(warehouse):
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select target_id, value_now, value_before, state_now, value_at_deadline, state_at_deadline
               from marts.targets where target_id in ('T97', 'T98')"""
        ).fetchall()
    assert sorted(rows) == [("T97", 2, 1, "met", None, "by_hand"), ("T98", None, None, "by_hand", None, None)]


def test_what_must_be_equal_and_is_more_is_missed_where_chance_does_not_reach_down_to_it(warehouse):
    """Nine of nine: the interval lies far above a tenth, and holds eight tenths."""
    [missed] = judged(warehouse, "T95", "matters_online_rate")
    [at_risk] = judged(warehouse, "T96", "matters_online_rate")
    assert missed["interval_low"] > missed["target_value"]
    assert at_risk["interval_low"] < at_risk["target_value"] < at_risk["interval_high"]
    assert (missed["state_now"], at_risk["state_now"]) == ("missed", "at_risk")
