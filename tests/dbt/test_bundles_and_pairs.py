"""What counts of bundles, of enterprises and their policies, of types of case, and of a target that is long past."""

import psycopg
import pytest

from infra.reference_data import load
from tests.cases import accepted, china
from tests.dbt.city import NOW, told
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]
ONE, OTHER = "91360200MA3500002X", "91360200MA350001X1"


def child(bundle, matter, began="2026-11-02", ended="2026-11-04", /, *, authority, **given):
    """A finished child, told on the day after its end."""
    return told(
        "bundle.child_changed", "2026-11-24 12:00", bundle, authority=authority, recordkey=matter, child=f"{authority}|{bundle}-{matter}",
        matter_code=matter, accepted_at=china(began).isoformat(), finished_at=china(ended).isoformat(), **given,
    )  # fmt: skip


def opened(bundle, /, *, authority, kind="one_thing", **given):
    return told("bundle.opened", "2026-11-02", bundle, authority=authority, kind=kind, unit_code="u1", **given)


def openings():
    """A company whose optional tax card somebody fetched at the window; one all of whose parts came online; one withdrawn."""
    for number, optional in (
        ("fetched", {"channel": "window", "visits": 2}),
        ("online", {"channel": "online"}),
        ("twice", {"channel": "online"}),
    ):
        where = {"authority": "openings"}
        yield opened(number, kind="company_opening", mandatory=["M001"], **where)
        yield child(number, "M001", channel="online", **where)
        yield child(number, "M075", "2026-11-02", "2026-11-20", **optional, **where)
    again = child("twice", "M075", channel="window", visits=1, result="withdrawn", authority="openings")
    yield again | {"recordkey": "withdrawn"}


def savings():
    """One child that the law allows twenty working days, and one of which it says nothing; a bundle of such alone."""
    yield opened("b1", authority="savings", code="birth")
    yield child("b1", "M007", authority="savings")
    yield child("b1", "M086", "2026-11-02", "2026-11-24", authority="savings")
    yield opened("b2", authority="savings", code="birth")
    yield child("b2", "M086", authority="savings")


def kinds():
    """Birth at the window in November, and online the month before; death at the window; marriage by its children."""
    for number, code, day, channel, of_child in (
        ("k1", "birth", "2026-10-08", "online", None),
        ("k2", "birth", "2026-11-04", "window", None),
        ("k3", "death", "2026-11-04", "window", "online"),
        ("k4", "marriage", "2026-11-04", None, "mobile"),
        ("k5", "divorce", "2026-11-04", None, "window"),
    ):
        given = {"channel": channel} if channel else {}
        yield opened(number, authority="kinds", code=code, **given)
        yield child(
            number, "M007", day, day, authority="kinds", **({"channel": of_child} if of_child else {})
        )  # fmt: skip
    yield opened("s1", authority="silent", code="birth")
    yield child("s1", "M007", authority="silent")


def guides():
    """The guides of two single matters ask for three visits, nine documents, seven steps; the bundle for one, two, three."""
    where = {"authority": "guides"}
    for matter, visits, materials, steps in (("M007", 2, 5, 4), ("M006", 1, 4, 3), ("M005", None, None, None)):
        guide = {"visits": visits, "materials": materials, "steps": steps}
        yield told(
            "catalogue.matter_changed", "2026-01-01", matter, recordkey="m", matter_code=matter, valid_from="2026-01-01", name=matter,
            **{name: value for name, value in guide.items() if value is not None}, **where,
        )  # fmt: skip
    yield opened("g", code="birth", **where)
    for matter, visits in (("M007", 1), ("M006", 0), ("M005", 3)):
        case = {"number": f"g-{matter}", **where}
        yield accepted("2026-11-02", matter_code=matter, **case)
        for place in range(visits):
            yield told("visited", "2026-11-03", case["number"], recordkey=f"v{place}", **where)
        yield told("finished", "2026-11-04", case["number"], result="granted", **where)
        yield child("g", matter, visits=visits, **where)
    for number, by in (("g-M007", "upload"), ("g-M007", "shared"), ("g-M006", "upload"), ("g-M005", "upload")):
        yield told("material_received", "2026-11-02", number, recordkey=f"m-{by}", kind=by, by=by, **where)
    for number, node in (("g-M007", "accept"), ("g-M007", "decide"), ("g-M007", "decide"), ("g-M006", "accept")):
        yield told("step_completed", "2026-11-03", number, node=node, **where)


def types():
    """Told as promised, kept and late; told as instant, late; of no type on the spot; open and late; of no list."""
    for number, case_type, promise, ended in (
        ("t1", "promise", (5, "workday"), "2026-11-04"),
        ("t2", "promise", (1, "workday"), "2026-11-04"),
        ("t3", None, (5, "workday"), "2026-11-04"),
        ("t4", "instant", (1, "workday"), "2026-11-04"),
        ("t5", None, (0, "onspot"), "2026-11-02"),
        ("t6", "unmapped", (5, "workday"), "2026-11-04"),
        ("t7", "promise", (5, "workday"), None),
        ("t8", "instant", (0, "onspot"), None),
    ):
        given = {"case_type": case_type} if case_type else {}
        yield accepted("2026-11-02", number=number, authority="types", promise=promise, **given)
        if ended:
            yield told("finished", f"{ended} 16:00", number, authority="types", result="granted")


def payouts():
    """Paid under another number; twice eligible; of no code; of two policies; paid without being eligible."""
    for event, day, number, given in (
        ("eligible", "03", "EL1", {"policy": "p", "uscc": ONE, "amount": 1000, "unit_code": "u1"}),
        ("applied", "04", "PAY1", {"policy": "p", "uscc": ONE, "amount": 900, "unit_code": "u2"}),
        ("approved", "05", "PAY1", {"amount": 900}),
        ("paid", "06", "PAY1", {"amount": 900}),
        ("eligible", "03", "EL2", {"policy": "q", "uscc": ONE, "amount": 500, "unit_code": "u1"}),
        ("eligible", "04", "EL3", {"policy": "q", "uscc": ONE, "amount": 400, "unit_code": "u1"}),
        ("applied", "04", "PAY2", {"policy": "q", "uscc": OTHER, "amount": 500, "unit_code": "u2"}),
        ("paid", "06", "PAY2", {"amount": 500}),
    ):
        yield told(f"payout.{event}", f"2026-11-{day}", number, authority="pairs", **given)
    for number in ("N1", "N2"):
        yield told("payout.eligible", "2026-11-03", number, authority="codeless", policy="p", unit_code="u1", amount=10)
    yield told("payout.paid", "2026-11-04", "N2", authority="codeless", amount=10)


def matters():
    """Twenty matters that could not be had online in 2022, and cannot today."""
    for place in range(20):
        yield told(
            "catalogue.matter_changed", "2022-01-01", f"s{place}", authority="still", matter_code=f"s{place}", valid_from="2022-01-01",
            name="x", is_online=False, materials=3,
        )  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(database_of_the_module, tmp_path_factory):
    url = database_of_the_module
    load(url, {"authority": [{"authority": "still", "name": "still"}]}, loaded_by="test")
    stories = (openings, savings, kinds, guides, types, payouts, matters)
    land(url, [document for story in stories for document in story()], as_of=NOW)
    build(url, tmp_path_factory.mktemp("dbt"), "--exclude", "path:models/marts")
    return url


def figures(url, authority, *metrics, period=("month", "2026-11-01"), scope=None):
    """Metric and cohort → numerator and denominator, of the authority or of a (type, code)."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """select metric_id, cohort, numerator, denominator from candidate.candidate_metrics
               where authority = %s and scope_type = %s and scope_code = %s and period_type = %s and period_start = %s
                   and metric_id = any(%s)""",
            [authority, *(scope or ("authority", authority)), *period, list(metrics)],
        ).fetchall()
    return {(metric, cohort): (numerator, denominator) for metric, cohort, numerator, denominator in rows}


def test_a_company_is_opened_wholly_online_only_if_nobody_came_for_an_optional_part(warehouse):
    """Nor for one that was withdrawn, unless it was filed again."""
    found = figures(warehouse, "openings", "opening_online_rate", "opening_oneday_rate", "bundles")
    assert found["opening_online_rate", "finished"] == (2, 3)
    # when it is done says the mandatory part: two working days, not the fourteen of the other
    assert found["opening_oneday_rate", "finished"] == (0, 3)
    with psycopg.connect(warehouse) as connection:
        days = connection.execute("select workdays from intermediate.int_bundles where kind = 'company_opening'")
        assert {number for (number,) in days} == {2}


def test_a_child_without_a_limit_is_left_out_of_both_sides_and_counted(warehouse):
    found = figures(
        warehouse, "savings", "bundle_saving", "bundle_saving_naive", "bundle_children_without_limit", "bundles"
    )
    assert found == {
        ("bundle_saving", "finished"): (18, 20),
        ("bundle_saving_naive", "finished"): (18, 20),
        ("bundle_children_without_limit", "finished"): (2, None),
        ("bundles", "accepted"): (2, None),
        ("bundles", "finished"): (2, None),
    }


def test_a_kind_of_bundle_counts_once_one_was_completed_online(warehouse):
    """By the channel of the whole before those of its parts."""
    october, november = (
        figures(warehouse, "kinds", "bundle_kinds", period=("month", f"2026-{month}-01")) for month in ("10", "11")
    )
    assert october == {("bundle_kinds", "standing"): (1, None)}
    assert november == {("bundle_kinds", "standing"): (2, None)}
    assert figures(warehouse, "silent", "bundle_kinds") == {}


def test_a_bundle_is_compared_with_the_guides_of_its_single_matters(warehouse):
    found = figures(warehouse, "guides", "bundle_visits_cut", "bundle_materials_cut", "bundle_steps_cut")
    assert found == {
        ("bundle_visits_cut", "finished"): (2, 3),
        ("bundle_materials_cut", "finished"): (7, 9),
        ("bundle_steps_cut", "finished"): (4, 7),
    }
    assert figures(warehouse, "savings", "bundle_visits_cut", "bundle_materials_cut", "bundle_steps_cut") == {}


def test_promised_cases_and_those_done_on_the_spot_are_in_time_apart(warehouse):
    found = figures(warehouse, "types", "on_time_rate", "on_time_rate_promise", "on_time_rate_instant")
    assert found == {
        ("on_time_rate", "finished"): (4, 6),
        ("on_time_rate", "accepted"): (4, 8),
        ("on_time_rate_promise", "finished"): (2, 3),
        ("on_time_rate_promise", "accepted"): (2, 4),
        ("on_time_rate_instant", "finished"): (1, 2),
        ("on_time_rate_instant", "accepted"): (1, 3),
    }


def test_an_enterprise_and_a_policy_are_one_pair_by_whatever_numbers(warehouse):
    """Where it belongs says its eligibility: u1 told it, u2 paid. The amount told first is due."""
    pairs = {("payout_complete_rate", "standing"): (1, 2), ("payout_amount_share", "standing"): (900, 1500)}
    metrics = ("payout_complete_rate", "payout_amount_share")
    assert figures(warehouse, "pairs", *metrics) == pairs
    assert figures(warehouse, "pairs", *metrics, scope=("unit", "u1")) == pairs
    assert figures(warehouse, "pairs", *metrics, scope=("unit", "u2")) == {}
    assert figures(warehouse, "codeless", *metrics) == {
        ("payout_complete_rate", "standing"): (1, 2),
        ("payout_amount_share", "standing"): (10, 20),
    }


def test_a_number_missed_long_past_its_deadline_is_missed_though_nothing_has_changed(warehouse):
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select metric_id, value_before, value_now, state_now from candidate.candidate_targets
               where authority = 'still' and metric_id in ('matters_online_rate', 'matters_complete_rate')"""
        ).fetchall()
    # of the other no number was set
    assert sorted((metric, before == now, state) for metric, before, now, state in rows) == [
        ("matters_complete_rate", True, "at_risk"),
        ("matters_online_rate", True, "missed"),
    ]
