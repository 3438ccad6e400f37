"""A gate: Great Expectations on one side of dbt; every result recorded, critical ones decide."""

import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, text

from expectations.report import make_offline


class Check(NamedTuple):
    """One expectation and what it found."""

    gate: str
    suite: str
    name: str
    severity: str
    is_met: bool
    observed: dict[str, Any]

    @property
    def stops(self) -> bool:
        return not self.is_met and self.severity == "critical"


def run_gate(gate: str, *, url: str, folder: Path, run_id: str) -> list[Check]:
    """Runs a gate ('before' or 'after') and writes its report into `folder`; imports Great Expectations."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    os.environ["GOVPULSE_GX_URL"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _run(gate, folder, run_id)
    finally:
        del os.environ["GOVPULSE_GX_URL"]


def record(engine: Engine, run_id: str, checks: list[Check]) -> None:
    """Writes the results into ops.check_result."""
    import json  # noqa: PLC0415 - beside its one use

    statement = text(
        """insert into ops.check_result (run_id, gate, suite, check_name, severity, is_met, observed)
           values (:run, :gate, :suite, :name, :severity, :is_met, cast(:observed as jsonb))"""
    )
    with engine.begin() as connection:
        for check in checks:
            connection.execute(
                statement,
                {**check._asdict(), "run": run_id, "observed": json.dumps(check.observed, default=str)},
            )


def _run(gate: str, folder: Path, run_id: str) -> list[Check]:
    import great_expectations as gx  # noqa: PLC0415 - seven seconds
    from great_expectations.checkpoint import UpdateDataDocsAction  # noqa: PLC0415

    from expectations.suites import GATES  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(folder))
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_or_update_postgres(name="govpulse", connection_string="${GOVPULSE_GX_URL}")
    definitions = []
    for table in GATES[gate]():
        name = f"{gate}.{table.name}"
        asset = source.add_table_asset(name=name, schema_name=table.schema, table_name=table.name)
        batch = asset.add_batch_definition_whole_table("all")
        suite = context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=list(table.expectations)))
        definitions.append(
            context.validation_definitions.add_or_update(gx.ValidationDefinition(name=name, data=batch, suite=suite))
        )
    checkpoint = context.checkpoints.add_or_update(
        gx.Checkpoint(
            name=gate,
            validation_definitions=definitions,
            actions=[UpdateDataDocsAction(name="docs")],
            result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
        )
    )
    outcome = checkpoint.run(run_id=gx.RunIdentifier(run_name=run_id))
    make_offline(folder / "gx" / "uncommitted" / "data_docs" / "local_site")
    return [
        _check(gate, str(found.suite_name), result)
        for found in outcome.run_results.values()
        for result in found.results
    ]


def _check(gate: str, suite: str, result: Any) -> Check:
    configuration = result.expectation_config
    observed = {
        name: value
        for name, value in (result.result or {}).items()
        if name in ("element_count", "unexpected_count", "observed_value") and value is not None
    }
    if result.exception_info and result.exception_info.get("raised_exception"):
        observed["error"] = str(result.exception_info.get("exception_message"))[:500]
    elif any(
        isinstance(info, dict) and info.get("raised_exception") for info in (result.exception_info or {}).values()
    ):
        observed["error"] = str(next(iter(result.exception_info.values())).get("exception_message"))[:500]
    column = configuration.kwargs.get("column")
    name = configuration.description or f"{configuration.type}({column or ''})"
    severity = getattr(configuration.severity, "value", configuration.severity) or "critical"
    return Check(gate, suite.partition(".")[2], name, str(severity), bool(result.success), observed)
