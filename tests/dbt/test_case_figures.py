"""Figures of cases that end twice, without an acceptance or by a decision alone: each authority a story, counted by hand."""

import psycopg
import pytest

from tests.cases import accepted
from tests.dbt.city import NOW, told
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]


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


@pytest.fixture(scope="module")
def warehouse(database_of_the_module, tmp_path_factory):
    url = database_of_the_module
    stories = (never,)
    land(url, [document for story in stories for document in story()], as_of=NOW)
    build(url, tmp_path_factory.mktemp("dbt"), "--exclude", "path:models/marts")
    return url


def november(url, authority, *metrics):
    """Metric and cohort → numerator and denominator, of November and the whole authority."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """select metric_id, cohort, numerator, denominator from candidate.candidate_metrics
               where scope_type = 'authority' and authority = %s and period_type = 'month' and period_start = '2026-11-01'
                   and metric_id = any(%s)""",
            [authority, list(metrics)],
        ).fetchall()
    return {(metric, cohort): (numerator, denominator) for metric, cohort, numerator, denominator in rows}


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
