"""Published figures of every family, counted by hand from small stories."""

from datetime import timedelta
from decimal import Decimal
from json import loads

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from infra.cli import metrics, targets
from tests.dbt.by_hand import NOVEMBER
from tests.dbt.city import EVERYTHING, NOW
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture(scope="module")
def warehouse(database_of_the_module, tmp_path_factory):
    """A database in which every family was landed and built, and the tests of dbt passed."""
    url = database_of_the_module
    land(url, [document for family in EVERYTHING for document in family()], as_of=NOW)
    build(url, tmp_path_factory.mktemp("dbt"))
    return url


def figures(url, *, authority="jdz", scope=None, period_type="month", period_start="2026-11-01"):
    """Metric and cohort → numerator and denominator; `scope` as (type, code), else the whole authority."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """select metric_id, cohort, numerator, denominator from marts.metrics
               where authority = %s and scope_type = %s and scope_code = %s and period_type = %s and period_start = %s""",
            [authority, *(scope or ("authority", authority)), period_type, period_start],
        ).fetchall()
    return {(metric, cohort): (numerator, denominator) for metric, cohort, numerator, denominator in rows}


def test_every_family_is_counted_as_by_hand(warehouse):
    found = figures(warehouse)
    assert {key: found.get(key) for key in NOVEMBER} == NOVEMBER


def test_payments_are_summed_and_an_approval_overrules_the_refusal_before_it(warehouse):
    """Paid 1000, 400, 1000, 400, 1000 of 1000 approved and 2000 due each; in full on 25, 6 and 12 November."""
    found = figures(warehouse, authority="instalments")
    assert found[("payout_paid_share", "standing")] == (3800, 5000)
    assert found[("payout_amount_share", "standing")] == (3800, 10_000)
    assert found[("payout_on_time_rate", "accepted")] == (2, 5)
    assert found[("payout_complete_rate", "standing")] == (3, 5)
    assert found[("payout_payment_workdays_mean", "finished")] == (16 + 3 + 5, 3)
    assert found[("payout_review_workdays_mean", "finished")] == (3, 1)
    assert found[("payouts", "finished")] == (3, None)


def test_any_change_to_difficult_after_the_fourth_day_counts(warehouse):
    assert figures(warehouse, authority="reclassified")[("demand_reclassified_rate", "accepted")] == (3, 5)


def test_the_first_close_since_the_last_reopening_counts(warehouse):
    found = figures(warehouse, authority="closed-twice", period_start="2026-08-01")
    assert found[("inspection_on_time_rate", "accepted")] == (1, 2)
    now = figures(warehouse, authority="closed-twice")
    assert now[("ledger_amount_share", "standing")] == (70 + 80, 200)


def test_the_catalogue_stands_as_it_stood_then(warehouse):
    """Eight of ten in July, nine at the end of August, and at the end of the year one removed and the last one online."""
    told_of = {
        month: figures(warehouse, period_start=f"2022-{month}-01")[("matters_online_rate", "standing")]
        for month in ("07", "08", "12")
    }
    assert told_of == {"07": (8, 10), "08": (9, 10), "12": (9, 9)}
    assert figures(warehouse, period_start="2022-12-01")[("matters_fully_online_rate", "standing")] == (6, 9)
    assert figures(warehouse, period_start="2022-08-01")[("resources_attached_rate", "standing")] == (1, 2)
    assert figures(warehouse, period_start="2022-12-01")[("resources_attached_rate", "standing")] == (2, 2)


def test_a_correction_is_late_after_the_days_of_its_matter(warehouse):
    assert figures(warehouse, authority="papers")[("correction_late_rate", "told")] == (2, 3)


def test_a_document_is_given_twice_while_the_first_is_valid(warehouse):
    """Two of seven: on the tenth and on its last day; not within a case, the day after, of another, or of no validity."""
    rate = ("repeated_material_rate", "told")
    assert figures(warehouse, authority="documents")[rate] == (2, 7)
    assert figures(warehouse, authority="elsewhere")[rate] == (0, 1)
    assert rate not in figures(warehouse, authority="wordless")


def test_a_case_leaves_the_published_flow_of_its_day_by_a_step_that_is_not_in_it(warehouse):
    """One of three; not judged: without steps, without a published flow, still open."""
    assert figures(warehouse, authority="flows")[("flow_deviation_rate", "finished")] == (1, 3)


def test_approved_in_a_minute_is_of_the_matters_on_the_list(warehouse):
    found = figures(warehouse, authority="instant")
    assert found[("instant_approval_rate", "finished")] == (1, 2)
    assert found[("matters_instant_approval", "standing")] == (1, None)


def test_old_debts_and_inspections_are_not_the_same_figures(warehouse):
    """The two of October stand still in November; one of them is an old debt."""
    october, november = (figures(warehouse, period_start=f"2026-{month}-01") for month in ("10", "11"))
    assert (october[("ledger_stale", "standing")], november[("ledger_stale", "standing")]) == ((0, None), (2, None))
    assert (october[("old_debt_stale", "standing")], november[("old_debt_stale", "standing")]) == ((0, None), (1, None))
    assert october[("ledger_closed_rate", "standing")] == (0, 2)
    assert ("inspection_closed_rate", "standing") not in october


def test_a_kind_of_bundle_once_completed_is_there_for_good(warehouse):
    """Birth in December, companies in November: January does not begin from nothing."""
    kinds = {
        period: figures(warehouse, period_type=kind, period_start=period).get(("bundle_kinds", "standing"))
        for kind, period in (("year", "2025-01-01"), ("month", "2026-03-01"), ("year", "2026-01-01"))
    }
    assert kinds == {"2025-01-01": (1, None), "2026-03-01": (1, None), "2026-01-01": (2, None)}


def test_one_matter_has_one_standard_or_not(warehouse):
    for scope in (None, ("area", "north")):
        found = figures(warehouse, authority="guide", scope=scope, period_start="2022-12-01")
        assert found[("matters_uniform_rate", "standing")] == (1, 2)


def test_what_was_cut_is_cut_from_the_baseline(warehouse):
    cut = ("matters_one_visit_rate", "materials_cut", "steps_cut", "visits_cut")
    told_of = {
        month: [
            figures(warehouse, authority="guide", period_start=f"2022-{month}-01")[(one, "standing")] for one in cut
        ]
        for month in ("04", "12")
    }
    assert told_of == {"04": [(0, 2), (0, 14), (0, 18), (0, 4)], "12": [(2, 2), (4, 14), (2, 18), (2, 4)]}


def test_projects_are_approved_side_by_side_and_inspected_together(warehouse):
    found = figures(warehouse, authority="projects")
    assert found[("parallel_approval_rate", "finished")] == (1, 2)
    assert found[("joint_completion_rate", "finished")] == (1, 2)
    # ten children of 30 日 each in all, used 7, 5 and 3 working days; 2026 has 248 working days
    assert found[("bundle_saving_naive", "finished")] == (300 - 15, 300)
    limits = round(Decimal(300) * 248 / 365, 6)
    assert found[("bundle_saving", "finished")] == (limits - 15, limits)


def test_a_project_takes_the_days_on_which_a_child_of_it_is_under_way_net_of_its_hearings(warehouse):
    """3, 17 and 18 November of the one, 16 and 17 of the other; twelve days passed."""
    found = figures(warehouse, authority="hearings")
    assert found[("stage_workdays_mean", "finished")] == (4, 1)


def test_children_of_which_nobody_knows_the_stage_are_not_of_one_stage(warehouse):
    assert ("parallel_approval_rate", "finished") not in figures(warehouse, authority="hearings")


def test_every_published_compression_has_its_official_style_figure_beside_it(warehouse):
    """Wherever a limit is divided, the number as printed is divided too (domain §4.3)."""
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select distinct metric_id from marts.metrics
               where metric_id ~ '(compression|saving|within_promise)' and metric_id !~ '_naive$'"""
        ).fetchall()
        alone = connection.execute(
            """select f.metric_id, f.authority, f.scope_type, f.scope_code, f.period_type, f.period_start, f.cohort
               from marts.metrics as f
               where f.metric_id ~ '(compression|saving|within_promise)' and f.metric_id !~ '_naive$' and not exists (
                   select from marts.metrics as n
                   where n.metric_id = f.metric_id || '_naive'
                       and (n.authority, n.scope_type, n.scope_code, n.period_type, n.period_start, n.cohort)
                           = (f.authority, f.scope_type, f.scope_code, f.period_type, f.period_start, f.cohort))"""
        ).fetchall()
    assert len(rows) == 7
    assert alone == []


@pytest.fixture
def govpulse(warehouse, monkeypatch):
    """Runs a line of arguments; gives what is printed, or read from it."""
    monkeypatch.setenv("GOVPULSE_DATABASE", warehouse)
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:1")
    app = typer.Typer()
    app.callback()(lambda: None)
    metrics.add_to(app)
    targets.add_to(app)

    def run(*line, json=False):
        output = CliRunner().invoke(app, [*line, "--json"] if json else line).output
        return loads(output) if json else output

    return run


def test_the_command_line_shows_the_official_style_figure_beside_a_compression_alone(govpulse):
    shown = govpulse("metrics", "promise_compression", json=True)
    assert [
        (one["cohort"], one["value"], one["as_printed"]) for one in shown["figures"] if one["authority"] == "table"
    ] == [("accepted", "0.504704", "0.583333")]
    assert "as printed" in govpulse("metrics", "promise_compression")
    assert "as printed" not in govpulse("metrics", "on_time_rate")


def test_rates_have_intervals_and_ratios_none(warehouse):
    with psycopg.connect(warehouse) as connection:
        wrong = connection.execute(
            """select metric_id from marts.metrics inner join reference.metric using (metric_id)
               where is_rate <> (interval_low is not null) or (is_rate and not value between 0 and 1)"""
        ).fetchall()
    assert wrong == []


def test_nobody_is_ranked_by_few_cases_nor_by_a_sum_of_days(warehouse):
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select metric_id, scope_code, cohort, is_rankable from marts.metrics
               where period_type = 'month' and (authority = 'table' or (authority = 'jdz' and scope_code = 'jdz'))"""
        ).fetchall()
    found = {tuple(row[:3]): row[3] for row in rows}
    assert found["instant_rate", "A", "accepted"]
    assert not found["instant_rate", "B", "accepted"]
    assert not found["on_time_rate", "jdz", "finished"]
    # 33 days of four cases; 100 cases, a count
    assert not found["actual_compression", "jdz", "finished"]
    assert not found["cases", "table", "accepted"]
    assert not found["opening_minutes_median", "jdz", "finished"]
    assert None not in found.values()


def test_a_quantile_says_of_how_many_and_is_never_ranked(warehouse):
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select metric_id, numerator, denominator, value, interval_low, is_rankable from marts.metrics
               where scope_type = 'authority' and scope_code = 'alike' and period_type = 'month'
                   and metric_id ~ '^used_workdays'"""
        ).fetchall()
    assert sorted(rows) == [
        ("used_workdays_mean", 30, 30, 1, None, True),
        ("used_workdays_median", None, 30, 1, None, False),
        ("used_workdays_p90", None, 30, 1, None, False),
    ]


def test_n_is_a_number_of_things_and_a_sum_has_its_own_heading(govpulse):
    [median] = [
        one for one in govpulse("metrics", "used_workdays_median", json=True)["figures"] if one["authority"] == "jdz"
    ]
    assert (median["n"], median["divided_by"]) == ("4.000000", None)
    [ratio] = [
        one for one in govpulse("metrics", "actual_compression", json=True)["figures"] if one["authority"] == "jdz"
    ]
    assert (ratio["n"], ratio["divided_by"]) == (None, "33.000000")
    assert "divided by" in govpulse("metrics", "actual_compression")
    assert "divided by" not in govpulse("metrics", "used_workdays_median")
    board = {
        (one["target_id"], one["metric_id"]): one["n"] for one in govpulse("targets", "--authority", "jdz", json=True)
    }
    assert board["T04", "opening_halfday_rate"] == "2.000000"
    assert board["T25", "payout_paid_share"] is None


def test_a_published_table_gets_a_new_column_and_keeps_the_views_that_hang_on_it(warehouse, tmp_path):
    """As on a database that was built before the column was there."""
    with psycopg.connect(warehouse) as connection:
        connection.execute("create view public.kept as select metric_id, value from marts.metrics")
        connection.execute("alter table marts.metrics drop column is_rankable")
        before = connection.execute("select 'marts.metrics'::regclass::oid").fetchone()
    build(warehouse, tmp_path, "--select", "metrics", run_id="grown")
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select 'marts.metrics'::regclass::oid").fetchone() == before
        assert connection.execute(
            """select count(*) = (select count(*) from kept), bool_or(is_rankable), bool_and(is_rankable)
               from marts.metrics"""
        ).fetchone() == (True, True, False)
        told = connection.execute(
            """select col_description('marts.metrics'::regclass, attnum) from pg_attribute
               where attrelid = 'marts.metrics'::regclass and attname in ('metric_id', 'is_rankable') order by attname"""
        ).fetchall()
    assert "least_n" in told[0][0]
    assert "on_time_rate: 按时办结率" in told[1][0]
    assert "withdrawn returned" in told[1][0]


def test_targets_are_judged_now_and_at_their_deadline(warehouse):
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select target_id, issuer, metric_id, value_at_deadline, state_at_deadline, value_now, state_now, denominator
               from marts.targets where authority in ('jdz', '')"""
        ).fetchall()
    found = {tuple(row[:3]): tuple(row[3:]) for row in rows}
    assert found["T14", "city", "matters_online_rate"] == (Decimal("0.9"), "met", 1, "met", 9)
    assert found["T15", "city", "resources_attached_rate"] == (Decimal("0.5"), "missed", 1, "met", 2)
    assert found["T16", "city", "matters_fully_online_rate"][:2] == (Decimal("0.666667"), "missed")
    assert found["T04", "city", "opening_halfday_rate"] == (None, None, Decimal("0.5"), "missed", 2)
    assert found["T04", "province", "opening_oneday_rate"] == (None, None, 1, "met", 2)
    assert found["T45", "city", "demand_contact_rate"][2:] == (Decimal("0.75"), "missed", 4)
    # as a year before, and no number was set that it could miss
    assert found["T20", "city", "matters_complete_rate"][3] == "at_risk"
    assert found["T23", "city", "bundle_kinds"][2:4] == (2, "missed")
    assert found["T58", "city", "survey_rounds"] == (None, None, None, "by_hand", None)
    assert found["T12", "city", "electronic_tender_rate"][3] == "no_data"
    assert {target for target, *_ in found} == {f"T{number:02}" for number in range(1, 64)} - {
        "T36",
        "T43",
        "T44",
        "T51",
    }


def test_of_what_nobody_tells_nothing_follows(warehouse):
    """Authority table tells no visits, ratings or commitments: it has no rates of them, good or bad."""
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute("select distinct metric_id from marts.metrics where authority = 'table'").fetchall()
    silent = {
        "zero_visit_rate",
        "one_visit_rate",
        "fully_online_rate",
        "rated_rate",
        "commitment_rate",
        "tolerant_rate",
    }
    assert silent & {metric for (metric,) in rows} == set()


def test_the_gate_after_doubts_metrics_and_targets(warehouse, tmp_path):
    from expectations.gate import run_gate

    checks = run_gate("after", url=warehouse, folder=tmp_path / "checks", run_id="test")
    assert [check.name for check in checks if check.stops] == []
    assert {"candidate_metrics", "candidate_targets"} <= {check.suite for check in checks}


def test_the_gate_before_finds_codes_on_no_list_where_there_is_no_subject(warehouse, tmp_path):
    from expectations.gate import run_gate

    checks = run_gate("before", url=warehouse, folder=tmp_path / "checks", run_id="test")
    [codes] = [check for check in checks if "代码都在清单内" in check.name]
    assert (codes.is_met, codes.severity) == (False, "warning")
    assert codes.observed["observed_value"] == 1


def test_an_entry_by_hand_is_versioned_and_judged(warehouse, tmp_path):
    from infra.warehouse.entries import enter

    for value in ("0.5", "1"):
        enter(
            warehouse,
            "T56",
            metric_id=None,
            value=Decimal(value),
            as_of=(NOW - timedelta(days=1)).date(),
            entered_by="a",
            evidence="minutes",
        )
    build(warehouse, tmp_path, run_id="r2")
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            "select value_now, state_now, entered_by, evidence from marts.targets where target_id = 'T56' order by day desc limit 1"
        ).fetchall()
        kept = connection.execute("select version, value from ops.target_entry order by version").fetchall()
    assert rows == [(1, "met", "a", "minutes")]
    assert kept == [(1, Decimal("0.5")), (2, 1)]
