"""What nobody opened counts where it ends, and nowhere else."""

import psycopg
import pytest

from tests.dbt.city import NOW, told
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def test_a_demand_and_an_item_that_nobody_opened_count_where_they_end(database, tmp_path):
    land(
        database,
        [
            told("demand.registered", "2026-11-02", "d1", unit_code="u1", kind="finance", **{"class": "general"}),
            told("demand.closed", "2026-11-04", "d1"),
            told("demand.closed", "2026-11-05", "d2"),
            told("ledger.opened", "2026-11-02", "l1", kind="old_debt", unit_code="u1"),
            told("ledger.verified", "2026-11-03", "l2", by_ref=f"hmac:{'a' * 64}"),
            told("ledger.closed", "2026-11-04", "l2"),
        ],
        as_of=NOW,
    )
    build(database, tmp_path, "--exclude", "path:models/marts")
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            """select metric_id, cohort, numerator, denominator from candidate.candidate_metrics
               where scope_type = 'authority' and period_type = 'month'
                   and metric_id in ('demands', 'demand_on_time_rate', 'ledger_items', 'ledger_closed_rate')"""
        ).fetchall()
    assert sorted(rows) == [
        ("demand_on_time_rate", "finished", 1, 1),
        ("demands", "accepted", 1, None),
        ("demands", "finished", 2, None),
        ("ledger_closed_rate", "standing", 0, 1),
        ("ledger_items", "accepted", 1, None),
        ("ledger_items", "finished", 1, None),
    ]
