"""From silence nothing follows; what is refused is owed no longer; what the law counts from papers was accepted when it was."""

import pytest

from infra.reference_data import load
from tests.cases import accepted, china
from tests.dbt.city import NOW, told
from tests.dbt.landed import build, land, november

pytestmark = [pytest.mark.broker, pytest.mark.slow]
USCC = "91360200MA3500002X"


def done(authority, number, begun="2026-11-02", /, *, matter="M007", ended="2026-11-04", **given):
    yield accepted(begun, number=number, authority=authority, matter_code=matter, **given)
    yield told("finished", ended, number, authority=authority, result="granted")


def channels():
    """Of `tells` one case of two came online and a document was beyond the guide; `silent` says neither of anything."""
    yield from done("tells", "c1", channel="online")
    yield from done("tells", "c2")
    for authority, said in (("tells", {"is_in_guide": False}), ("silent", {})):
        yield from done(authority, "c3", applicant={"kind": "person", "is_foreign": True})
        yield told("material_received", "2026-11-02", "c3", authority=authority, kind="copy", by="upload", **said)


def openings():
    """All is online, and of visits nobody says a word."""
    yield told(
        "bundle.opened",
        "2026-11-02",
        "b",
        authority="silent",
        kind="company_opening",
        unit_code="u1",
        mandatory=["M001"],
    )
    yield told(
        "bundle.child_changed", "2026-11-04", "b", authority="silent", recordkey="c", child="silent|b1", matter_code="M001",
        channel="online", accepted_at=china("2026-11-02").isoformat(), finished_at=china("2026-11-04").isoformat(),
    )  # fmt: skip


def places():
    """One of three was accepted elsewhere: only then the place is told."""
    yield from done("places", "p1", area_code="360281", accept_area_code="360222")
    yield from done("places", "p2", area_code="360281")
    yield from done("places", "p3", area_code="360281")


def spots():
    """A limit of 当场 beside one of twenty working days that were all used."""
    yield from done("spots", "s1", matter="M077", ended="2026-11-02 11:00", promise=(1, "workday"))
    yield from done("spots", "s2", "2026-10-12", ended="2026-11-09 11:00", promise=(20, "workday"))


def papers():
    """The law counts from the papers; accepted two days later and finished at that instant, or five minutes after."""
    for number, ended in (("r1", "2026-11-04 10:00"), ("r2", "2026-11-04 10:05")):
        yield told("received", "2026-11-02 09:00", number, authority="papers")
        yield accepted("2026-11-04 10:00", number=number, authority="papers", matter_code="M003")
        yield told("step_started", "2026-11-04 10:03", number, authority="papers", node="n", sn=1, system="back")
        yield told("finished", ended, number, authority="papers", result="granted")


def money():
    """Of one pair a number is refused after its approval, another is paid in full."""
    given = {"authority": "money", "unit_code": "u1", "policy": "p", "uscc": USCC}
    yield told("payout.eligible", "2026-11-02", "m1", amount=1000, **given)
    for number in ("m1", "m2"):
        yield told("payout.applied", "2026-11-03", number, **given)
        yield told("payout.approved", "2026-11-04", number, authority="money", amount=1000)
    yield told("payout.rejected", "2026-11-05", "m1", authority="money", reason="twice")
    yield told("payout.paid", "2026-11-06", "m2", authority="money", amount=1000)


def nights():
    """Contacted after 48 hours where 24 hours run day and night."""
    yield told(
        "demand.registered",
        "2026-11-23 10:00",
        "d",
        authority="nights",
        unit_code="u1",
        kind="finance",
        **{"class": "general"},
    )
    yield told("demand.contacted", "2026-11-25 09:00", "d", authority="nights")


@pytest.fixture(scope="module")
def warehouse(database_of_the_module, tmp_path_factory):
    url = database_of_the_module
    rows = {
        "matter": [
            {
                "matter_code": "M003", "valid_from": "2021-01-01", "name": "x", "statutory_value": "20",
                "statutory_unit": "workday", "clock_start": "receive",
            }
        ],
        "clock_rule": [
            {
                "clock_id": "demand_contact", "valid_from": "2026-01-01", "family": "demand", "name": "联系", "name_en": "contact",
                "start": "demand.registered", "stop": "demand.contacted demand.replied demand.closed", "limit_value": "24",
                "limit_unit": "hour", "is_wall_time": "true",
            }
        ],
    }  # fmt: skip
    load(url, rows, loaded_by="t")
    stories = (channels, openings, places, spots, papers, money, nights)
    land(url, [event for story in stories for event in story()], as_of=NOW)
    build(url, tmp_path_factory.mktemp("dbt"), "--exclude", "path:models/marts")
    return url


def test_from_silence_nothing_follows(warehouse):
    names = ("online_rate", "mobile_rate", "foreign_online_rate", "beyond_guide_rate", "opening_online_rate")
    assert november(warehouse, "silent", *names) == {}
    assert november(warehouse, "tells", *names) == {
        ("online_rate", "accepted"): (1, 3),
        ("mobile_rate", "accepted"): (0, 3),
        ("foreign_online_rate", "accepted"): (0, 1),
        ("beyond_guide_rate", "accepted"): (1, 1),
    }


def test_a_place_is_told_only_where_it_differs(warehouse):
    assert november(warehouse, "places", "cross_area_rate") == {("cross_area_rate", "accepted"): (1, 3)}


def test_nothing_is_a_share_of_a_limit_on_the_spot(warehouse):
    found = november(warehouse, "spots", "actual_compression", "without_limit_cases", "promise_compression")
    assert found["actual_compression", "finished"] == (0, 20)
    assert found["without_limit_cases", "finished"] == (1, None)
    assert found["promise_compression", "finished"][1] == 1


def test_what_was_accepted_after_its_papers_was_accepted_then(warehouse):
    found = november(warehouse, "papers", "zero_duration_rate", "handover_minutes_mean")
    assert found == {("zero_duration_rate", "finished"): (1, 2), ("handover_minutes_mean", "accepted"): (6, 2)}


def test_money_that_was_refused_is_owed_no_longer(warehouse):
    assert november(warehouse, "money", "payout_paid_share", "payout_complete_rate") == {
        ("payout_paid_share", "standing"): (1000, 1000),
        ("payout_complete_rate", "standing"): (1, 1),
    }


def test_hours_may_run_day_and_night(warehouse):
    assert november(warehouse, "nights", "demand_contact_rate") == {("demand_contact_rate", "accepted"): (0, 1)}
