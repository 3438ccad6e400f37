"""Figures of cases that end twice, without an acceptance or by a decision alone: each authority a story, counted by hand."""

import psycopg
import pytest

from infra.reference_data import load
from tests.cases import SOURCE_ROW, accepted, china, document
from tests.dbt.city import NOW, told
from tests.dbt.landed import build, land, november

pytestmark = [pytest.mark.broker, pytest.mark.slow]
EARLY = "urn:gov:360200:early"


def case(authority, number):
    """Tells of one case."""

    def tell(event, at, **given):
        return told(event, f"2026-11-{at}", number, authority=authority, **given)

    return tell


def begun(authority, number, at="02", **given):
    return accepted(f"2026-11-{at}", number=number, authority=authority, matter_code="M006", **given)


def never():
    """Not accepted; withdrawn before anybody accepted it; granted, though nobody did; an ordinary one."""
    for number in ("n1", "n2", "n4"):
        tell = case("never", number)
        yield tell("applied", "02", matter_code="M006", unit_code="u1")
        yield tell("received", "02")
    yield case("never", "n1")("not_accepted", "03")
    yield case("never", "n2")("finished", "03", result="withdrawn")
    yield case("never", "n4")("finished", "03", result="granted")
    yield begun("never", "n3", promise=(5, "workday"))
    yield case("never", "n3")("finished", "03", result="granted")


def answered():
    """A correction asked for after the acceptance, after a refusal, and after an acceptance that came too late."""
    for number, event, at in (("k1", "accepted", "03"), ("k2", "not_accepted", "03"), ("k3", "accepted", "12")):
        tell = case("answered", number)
        about = {"matter_code": "M007", "unit_code": "u1"}
        yield tell("applied", "02", **about)
        yield tell("received", "02")
        yield tell(event, at, **(about if event == "accepted" else {}))
        yield tell("correction_requested", "18", round=1)


def again():
    """Two finished on one day, one of them open again; one refused, reopened and withdrawn; one withdrawn at first."""
    for number, result, reopened, last in (
        ("r1", "granted", None, None),
        ("r2", "granted", "09", None),
        ("r3", "refused", "09", "withdrawn"),
        ("r4", "withdrawn", None, None),
    ):
        tell = case("again", number)
        yield begun("again", number)
        yield tell("correction_requested", "02 11:00", round=1)
        yield tell("finished", "04", recordkey="first", result=result)
        if reopened:
            yield tell("reopened", reopened)
        if last:
            yield tell("finished", "10", recordkey="last", result=last)


def rated():
    """Called and repaired after the first bad rating, never after the second; and one that was called after its own."""
    for number, second in (("b1", True), ("b2", False)):
        tell = case("rated", number)
        yield begun("rated", number)
        yield tell("finished", "03 09:00", result="granted")
        yield tell("rated", "03", recordkey="one", level=5)
        yield tell("rating_contacted", "03 14:00")
        yield tell("rating_rectified", "04 14:00")
        if second:
            yield tell("rated", "05", recordkey="two", level=5)


def closed():
    """Finished within minutes, reopened and finished again; the same with a hearing, before and while it was closed."""
    for number, hearings in (("p1", ()), ("p2", (("02 11:00", "03 09:00"), ("05 10:00", "17 09:00")))):
        tell = case("closed", number)
        yield begun("closed", number, promise=(10, "workday"))
        for sn, (start, end) in enumerate(hearings):
            yield tell("special_started", start, recordkey=f"s{sn}", sn=sn, kind="hearing", basis="行政许可法 45")
            yield tell("special_ended", end, recordkey=f"e{sn}", sn=sn)
        yield tell("finished", "02 10:03" if not hearings else "03", recordkey="first", result="granted")
        yield tell("reopened", "16")
        yield tell("finished", "18", recordkey="last", result="granted")


def licensed():
    """An electronic licence an hour before the decision, an hour after it, and between decision and finish."""
    for number, issued, finished in (("e1", "09:00", None), ("e2", "11:00", None), ("e3", "11:00", "12:00")):
        tell = case("licensed", number)
        yield begun("licensed", number)
        yield tell("licence_issued", f"04 {issued}", is_electronic=True)
        yield tell("decided", "04", decision="granted")
        if finished:
            yield tell("finished", f"04 {finished}", result="granted")


def bundles():
    """What a source tells of a bundle, and what the platform tells it of a child."""
    yield told("bundle.opened", "2026-11-02", "b", authority="derived", kind="one_thing", code="birth", unit_code="u1")
    yield told(
        "bundle.child_changed", "2026-11-03", "b", authority="derived", recordkey="c", child="derived|c", matter_code="M001",
        accepted_at=china("2026-11-02").isoformat(),
    )  # fmt: skip


def morning():
    """One source tells an event of the month's first morning, another one later; of UTC's month before, nothing else."""
    yield begun("jdz", "m1", "01 07:30", source=EARLY)
    yield begun("jdz", "m2")
    yield document(
        "catalogue.resource_changed", "2026-11-01 07:30", number="d", authority="directory", directory="d",
        share_type="conditional", is_attached=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(database_of_the_module, tmp_path_factory):
    url = database_of_the_module
    load(url, {"source": [SOURCE_ROW, {"source": EARLY, "authority": "jdz"}]}, loaded_by="t")
    stories = (never, answered, again, rated, closed, licensed, bundles, morning)
    land(url, [document for story in stories for document in story()], as_of=NOW)
    build(url, tmp_path_factory.mktemp("dbt"), "--exclude", "path:models/marts")
    return url


def test_cases_that_were_never_accepted_are_counted_and_judge_nothing(warehouse):
    found = november(
        warehouse, "never", "cases", "excluded_cases", "overdue_rate", "on_time_rate", "used_workdays_mean"
    )
    assert found == {
        ("cases", "accepted"): (1, None),
        ("cases", "finished"): (4, None),
        ("excluded_cases", "finished"): (2, None),
        ("overdue_rate", "finished"): (0, 1),
        ("on_time_rate", "finished"): (1, 1),
        ("on_time_rate", "accepted"): (1, 1),
        ("used_workdays_mean", "finished"): (1, 1),
    }


def test_a_correction_after_an_answer_in_time_is_no_notice(warehouse):
    assert november(warehouse, "answered", "correction_late_rate") == {("correction_late_rate", "told"): (1, 1)}


def test_a_case_that_is_open_again_was_finished_and_reopened(warehouse):
    """By the first stop: two of four were reopened; of three that ended, one did so at once."""
    assert november(warehouse, "again", "reopened_rate", "finished_at_once_rate") == {
        ("reopened_rate", "finished"): (2, 4),
        ("finished_at_once_rate", "finished"): (1, 3),
    }


def test_a_call_before_a_rating_does_not_answer_it(warehouse):
    """The second rating was not called about in time, and its repair is not due yet."""
    assert november(warehouse, "rated", "bad_rating_contacted_rate", "bad_rating_rectified_rate") == {
        ("bad_rating_contacted_rate", "finished"): (1, 2),
        ("bad_rating_rectified_rate", "finished"): (1, 1),
    }


def test_a_reopening_neither_pauses_a_case_nor_makes_it_entered_afterwards(warehouse):
    """Two and three working days under way, of the three two in hearings; the first finish came at once, and a day later."""
    assert november(warehouse, "closed", "pause_share", "backfilled_rate") == {
        ("pause_share", "finished"): (2, 5),
        ("backfilled_rate", "finished"): (1, 2),
    }


def test_a_licence_comes_with_the_finish_or_with_a_decision_without_one(warehouse):
    rate = "electronic_licence_rate"
    assert november(warehouse, "licensed", rate) == {(rate, "finished"): (2, 3)}


def test_what_the_platform_tells_itself_is_no_news_of_a_source(warehouse):
    assert november(warehouse, "derived", "realtime_rate") == {("realtime_rate", "told"): (0, 1)}


def test_the_first_morning_of_a_month_belongs_to_it(warehouse):
    """In China November begins while it is October in UTC."""
    with psycopg.connect(warehouse) as connection:
        missing = connection.execute(
            """select period_start::text from intermediate.int_sources_missing
               where authority = 'jdz' and period_type = 'month' and %s = any(sources_missing)""",
            [EARLY],
        ).fetchall()
        months = connection.execute(
            "select period_start::text from intermediate.int_metric_days where authority = 'directory' and period_type = 'month'"
        ).fetchall()
    assert missing == []
    assert months == [("2026-11-01",)]
