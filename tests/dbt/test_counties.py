"""One matter in several counties: who pauses it more often than the others."""

import psycopg
import pytest

from tests.cases import accepted
from tests.dbt.city import NOW, told
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def cases():
    """Of M007 the north pauses one of two, the south none; one of M003 has no area."""
    for number, matter, area, is_paused in (
        ("n1", "M007", "north", True),
        ("n2", "M007", "north", False),
        ("s1", "M007", "south", False),
        ("x1", "M003", None, True),
    ):
        yield accepted("2026-11-02", number=number, matter_code=matter, area_code=area, promise=(5, "workday"))
        if is_paused:
            yield told("special_started", "2026-11-03", number, sn=1, kind="survey", basis="行政许可法 45")
            yield told("special_ended", "2026-11-04", number, sn=1)
        yield told("finished", "2026-11-06 16:00", number, result="granted")


def test_special_procedures_are_compared_by_county_and_matter(database, tmp_path):
    land(database, list(cases()), as_of=NOW)
    build(database, tmp_path, "--exclude", "path:models/marts")
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            """select scope_type, scope_code, numerator, denominator from candidate.candidate_metrics
               where metric_id = 'special_rate' and period_type = 'month' and scope_type in ('matter', 'matter_area')"""
        ).fetchall()
        others = connection.execute(
            "select distinct metric_id from candidate.candidate_metrics where scope_type = 'matter_area'"
        ).fetchall()
    assert sorted(rows) == [
        ("matter", "M003", 1, 1),
        ("matter", "M007", 1, 3),
        ("matter_area", "M007@north", 1, 2),
        ("matter_area", "M007@south", 0, 1),
    ]
    assert others == [("special_rate",)]
