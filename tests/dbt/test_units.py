"""The office that decides a case, and the one that reports for it."""

import psycopg
import pytest

from infra.reference_data import load
from tests.cases import accepted
from tests.dbt.city import NOW
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def test_a_case_is_reported_under_the_office_that_its_own_names_or_under_that_itself(database, tmp_path):
    offices = [
        {"unit_code": "window", "name": "开发区窗口", "reporting_unit": "bureau"},
        {"unit_code": "bureau", "name": "市场监管局"},
    ]
    load(database, {"unit": offices}, loaded_by="test")
    land(
        database,
        [accepted("2026-11-02", number=f"n-{unit}", unit_code=unit) for unit in ("window", "bureau", "other")],
        as_of=NOW,
    )
    build(database, tmp_path, "--exclude", "path:models/marts")
    with psycopg.connect(database) as connection:
        rows = connection.execute("select unit_code, reporting_unit from candidate.candidate_cases").fetchall()
    assert sorted(rows) == [("bureau", "bureau"), ("other", "other"), ("window", "bureau")]
