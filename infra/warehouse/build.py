"""Builds the warehouse: gate → dbt → gate → stream = warehouse → publish → record. Nothing is published past a failed gate."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from sqlalchemy import create_engine

from expectations.gate import Check, record, run_gate
from expectations.reconcile import Comparison, reconcile
from infra.warehouse.cut import take_cut
from infra.warehouse.dbt import Dbt, Node
from streams.alone import is_alone
from streams.settings import Settings

#: "ware" as a number: one build a database.
LOCK = 0x77617265
Report = Callable[[str], None]


class BuildFailed(Exception):
    """The build stopped before publishing; the message says where and why."""


class Built(Struct):
    """What a build did."""

    run_id: str
    events: int = 0
    models: int = 0
    tests: int = 0
    checks: list[Check] = []
    comparisons: list[Comparison] = []
    seconds: dict[str, float] = {}
    report: str = ""
    failure: str = ""

    @property
    def warnings(self) -> list[Check]:
        return [check for check in self.checks if not check.is_met and not check.stops]


def build(settings: Settings, report: Report) -> Built:
    """Builds and publishes; a Built whose `failure` is not empty was not published. One build at a time."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    built = Built(run_id)
    with psycopg.connect(settings.database, autocommit=True, application_name="govpulse warehouse") as connection:
        if not is_alone(connection, LOCK):
            raise BuildFailed("another build is running on this database: wait for it")
        connection.execute(
            "insert into ops.run (run_id, kind, started_at, state) values (%s, 'warehouse_build', now(), 'running')",
            [run_id],
        )
        built.events = take_cut(connection, run_id)
        try:
            built.failure = _steps(settings, built, report, connection)
        except BaseException:
            _finish(connection, built, "failed")
            raise
        _finish(connection, built, "failed" if built.failure else "succeeded")
    return built


def _steps(settings: Settings, built: Built, report: Report, connection: psycopg.Connection[Any]) -> str:
    """Runs the steps until one fails; returns what failed."""
    folder = settings.home / "checks"
    engine = create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://", 1))
    built.report = str(folder / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html")
    dbt: Dbt | None = None

    def gate(name: str) -> str:
        checks = run_gate(name, url=settings.database, folder=folder, run_id=built.run_id)
        built.checks += checks
        record(engine, built.run_id, checks)
        return _stopping(name, checks)

    def models(*selection: str) -> str:
        nonlocal dbt
        dbt = dbt or Dbt(settings, built.run_id)
        nodes = dbt.build(*selection)
        built.models += sum(node.failures is None for node in nodes)
        built.tests += sum(node.failures is not None for node in nodes)
        _record_nodes(connection, built.run_id, nodes)
        return _failed(nodes)

    def compare() -> str:
        built.comparisons = reconcile(engine, built.run_id, warehouse="candidate")
        checks = [_check(comparison) for comparison in built.comparisons]
        built.checks += checks
        record(engine, built.run_id, checks)
        return _stopping("stream = warehouse", checks)

    steps: tuple[tuple[str, Callable[[], str]], ...] = (
        ("gate before", lambda: gate("before")),
        ("dbt", lambda: models("--exclude", "path:models/marts")),
        ("gate after", lambda: gate("after")),
        ("stream = warehouse", compare),
        ("publish", lambda: models("--select", "path:models/marts")),
    )
    try:
        for name, step in steps:
            report(name)
            began = time.monotonic()
            failure = step()
            built.seconds[name] = round(time.monotonic() - began, 2)
            if failure:
                return failure
    finally:
        engine.dispose()
    return ""


def _stopping(gate: str, checks: list[Check]) -> str:
    stopping = [f"{check.suite}: {check.name}" for check in checks if check.stops]
    return f"gate {gate}: {'; '.join(stopping)}" if stopping else ""


def _failed(nodes: list[Node]) -> str:
    failed = [
        f"{node.name}: {(node.message or node.status).strip().splitlines()[0]}"
        for node in nodes
        if not node.is_well and node.status != "skipped"
    ]
    return f"dbt: {'; '.join(failed)}" if failed else ""


def _check(comparison: Comparison) -> Check:
    observed = {
        "compared": comparison.compared,
        "pending": comparison.pending,
        "only_stream": comparison.only_stream,
        "only_warehouse": comparison.only_warehouse,
        "different": {name: number for name, number in comparison.different.items() if number},
        "examples": comparison.examples[:5],
    }
    return Check(
        "reconcile", comparison.name, "流数一致 · stream = warehouse", "critical", comparison.is_equal, observed
    )


def _record_nodes(connection: psycopg.Connection[Any], run_id: str, nodes: list[Node]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into ops.dbt_result (run_id, node, status, seconds, failures, message)
               values (%s, %s, %s, %s, %s, %s) on conflict (run_id, node) do nothing""",
            [(run_id, node.name, node.status, node.seconds, node.failures, node.message) for node in nodes],
        )


def _finish(connection: psycopg.Connection[Any], built: Built, state: str) -> None:
    detail = msgspec.json.encode({"events": built.events, "seconds": built.seconds, "failure": built.failure}).decode()
    connection.execute(
        "update ops.run set finished_at = now(), state = %s, detail = %s where run_id = %s",
        [state, detail, built.run_id],
    )


def latest_published(settings: Settings) -> str | None:
    """The newest build that was published."""
    with psycopg.connect(settings.database) as connection:
        row = connection.execute(
            """select run_id from ops.run where kind = 'warehouse_build' and state = 'succeeded'
               order by started_at desc limit 1"""
        ).fetchone()
    return row[0] if row else None


def report_path(settings: Settings) -> Path:
    return settings.home / "checks" / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html"
