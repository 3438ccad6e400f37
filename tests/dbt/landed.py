"""Events of any family landed without a broker and without workers: what the warehouse sees of them at an instant."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg

from connectors.landed import Landed
from connectors.landing_store import LandingStore
from connectors.verdicts import judge
from infra.warehouse.cut import take_cut
from infra.warehouse.dbt import Dbt, Node
from streams.domain.events import FOLDED
from streams.settings import Settings
from streams.topics import Topic
from tests.streams.log import records


def land(database: str, told: Iterable[dict[str, Any]], *, as_of: datetime) -> None:
    """Lands the documents on the topics of their families and pretends that workers have read them as of then."""
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for document in told:
        family = document["type"].split(".")[-3]
        by_topic.setdefault(f"events.{family}", []).append(document)
    store = LandingStore(database)
    store.claim({topic: Topic(f"id-{topic}", 1) for topic in by_topic})
    landed = Landed()
    for topic, documents in by_topic.items():
        landed.take(topic, 0, records(documents, arrived=as_of))
    store.write(landed)
    folded = {topic: len(told) for topic, told in by_topic.items() if topic.removeprefix("events.") in FOLDED}
    _consumed(database, folded, as_of)
    while judge(store.connection, list(folded)):
        pass
    store.close()


def _consumed(database: str, ends: dict[str, int], as_of: datetime) -> None:
    with psycopg.connect(database) as connection:
        for topic, end in ends.items():
            connection.execute("insert into stream.position values (%s, 0, %s, 1)", [topic, end])
            connection.execute("insert into stream.clock values (%s, 0, '*', %s)", [topic, as_of])


def build(database: str, home: Any, *selection: str, run_id: str = "r1") -> list[Node]:
    """Cuts, builds and tests; fails with what failed."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into ops.run (run_id, kind, started_at, state) values (%s, 'warehouse_build', now(), 'succeeded')",
            [run_id],
        )
        take_cut(connection, run_id)
    nodes = Dbt(Settings(home=home, database=database), run_id).build(*selection)
    assert [(node.name, node.message) for node in nodes if not node.is_well] == []
    return nodes


def november(url: str, authority: str, *metrics: str) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Metric and cohort → numerator and denominator, of November and the whole authority."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """select metric_id, cohort, numerator, denominator from candidate.candidate_metrics
               where scope_type = 'authority' and authority = %s and period_type = 'month' and period_start = '2026-11-01'
                   and metric_id = any(%s)""",
            [authority, list(metrics)],
        ).fetchall()
    return {(metric, cohort): (numerator, denominator) for metric, cohort, numerator, denominator in rows}
