"""How PostgreSQL goes about the models: nothing is read whole for every row of something else.

A CTE that is named twice is kept as it is, without an index: looked up row by row it costs the square of its rows,
which no small test feels and a year of a city does not survive.
"""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from expectations import reconcile
from tests.dbt.landed import build, land
from tests.dbt.test_metrics import EVERYTHING, NOW

pytestmark = [pytest.mark.broker, pytest.mark.slow]
_ALIAS, _TEXT = re.compile(r"\b([a-z_][a-z0-9_]*)\.[a-z_]"), re.compile(r"'[^']*'")
#: CTEs of some dozen rows of reference data, whatever the city does.
_FEW = {("int_case_rules", "rules")}


def looked_up(plan: dict[str, Any]) -> Iterator[str]:
    """The CTEs that are searched by a value of another row."""
    if plan["Node Type"] == "CTE Scan":
        own = plan["Alias"].rpartition("_")[0] or plan["Alias"]
        others = set(_ALIAS.findall(_TEXT.sub("", plan.get("Filter", "")))) - {plan["Alias"], own}
        if others:
            yield plan["CTE Name"]
    for part in plan.get("Plans", ()):
        yield from looked_up(part)


def searched(connection: psycopg.Connection, query: str) -> list[str]:
    [(plans,)] = connection.execute("explain (format json) " + query).fetchall()
    return [found for one in plans for found in looked_up(one["Plan"])]


def test_no_model_searches_a_cte_for_every_row(database_of_the_module, tmp_path_factory):
    url, home = database_of_the_module, tmp_path_factory.mktemp("dbt")
    land(url, [document for family in EVERYTHING for document in family()], as_of=NOW)
    build(url, home)
    compiled = home / "dbt" / "target" / "compiled" / "govpulse" / "models"
    models = [path for name in ("intermediate", "candidate") for path in sorted((compiled / name).glob("*.sql"))]
    assert len(models) > 60
    with psycopg.connect(url) as connection:
        connection.execute("set jit = off")
        found = {(path.stem, cte) for path in models for cte in searched(connection, path.read_text())}
        assert found == _FEW
        for compared in (reconcile._cases, reconcile._signals):
            query = compared("candidate.candidate_").replace(":run", "'r1'").replace(":patience", "'1 minute'")
            [(plans,)] = connection.execute("explain (format json) " + query).fetchall()
            assert "SubPlan" not in str(plans), "a search for every case"


def test_such_a_search_is_seen(database):
    with psycopg.connect(database) as connection:
        connection.execute("create temporary table stop as select 1 as key, 2 as at")
        query = """with stops as materialized (select * from stop)
            select s.key, (select min(r.at) from stops as r where r.key = s.key) from stop as s"""
        assert searched(connection, query) == ["stops"]
        assert searched(connection, query.replace("as materialized", "as not materialized")) == []
