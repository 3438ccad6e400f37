"""warehouse build, check, reconcile: the warehouse, and what doubts it."""

from typing import Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table, steps

warehouse = typer.Typer(no_args_is_help=True, help="The warehouse that analysts ask.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@warehouse.command()
def build(as_json: AsJson = False) -> None:
    """Check what was landed, build, check again, compare with the stream, publish. Exit code 1 if it was stopped."""
    from infra.warehouse.build import build as run

    settings = settings_with_servers()
    with steps() as report:
        built = run(settings, report)
    if as_json:
        show_json(as_plain(built))
    else:
        tell(built)
    if built.failure:
        raise typer.Exit(1)


def check(gate: Annotated[str, typer.Argument(help="before or after.")] = "before", as_json: AsJson = False) -> None:
    """Run the checks of one gate now, without building. Exit code 1 if a critical one is not met."""
    from expectations.gate import run_gate

    if gate not in ("before", "after"):
        raise typer.BadParameter(f"{gate!r} is no gate: before or after")
    settings = settings_with_servers()
    checks = run_gate(gate, url=settings.database, folder=settings.home / "checks", run_id="by-hand")
    if as_json:
        show_json([one._asdict() for one in checks])
    else:
        show_table(
            None,
            ["", "severity", "table", "what"],
            [("met" if one.is_met else "NOT MET", one.severity, one.suite, one.name) for one in checks],
        )
    if any(one.stops for one in checks):
        raise typer.Exit(1)


def reconcile(as_json: AsJson = False) -> None:
    """Compare stream and warehouse at the cut of the last build. Exit code 1 if they differ."""
    from sqlalchemy import create_engine

    from expectations.reconcile import reconcile as compare
    from infra.cli.screen import NotRunning
    from infra.warehouse.build import latest_published

    settings = settings_with_servers()
    run_id = latest_published(settings)
    if run_id is None:
        raise NotRunning("nothing was built yet: 'govpulse warehouse build'")
    engine = create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://", 1))
    found = compare(engine, run_id)
    engine.dispose()
    if as_json:
        show_json([_plain(comparison) for comparison in found])
    else:
        show_table(
            f"stream = warehouse at the cut of {run_id}",
            ["", "compared", "pending", "only stream", "only warehouse", "different"],
            [_row(comparison) for comparison in found],
        )
    if not all(comparison.is_equal for comparison in found):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.add_typer(warehouse, name="warehouse")
    app.command()(check)
    app.command()(reconcile)


def tell(built: Any) -> None:
    """What a build did, in a few lines."""
    met = sum(one.is_met for one in built.checks)
    console.print(
        f"{built.events:,} messages before the cut · dbt: {built.models} models, {built.tests} tests"
        f" · checks: {met} of {len(built.checks)} met"
    )
    for one in built.warnings:
        console.print(f"  warning: {one.suite}: {one.name} {one.observed or ''}", markup=False)
    if built.comparisons:
        show_table(
            None,
            ["stream = warehouse", "compared", "pending", "only stream", "only warehouse", "different"],
            [_row(one) for one in built.comparisons],
        )
    if built.failure:
        console.print(f"STOPPED, nothing was published: {built.failure}", markup=False)
    console.print(f"report: {built.report}")


def as_plain(built: Any) -> dict[str, Any]:
    return {
        "run_id": built.run_id,
        "is_published": not built.failure,
        "failure": built.failure,
        "events": built.events,
        "models": built.models,
        "tests": built.tests,
        "checks": [one._asdict() for one in built.checks],
        "comparisons": [_plain(one) for one in built.comparisons],
        "seconds": built.seconds,
        "report": built.report,
    }


def _plain(comparison: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(comparison) | {"is_equal": comparison.is_equal}


def _row(comparison: Any) -> tuple[Any, ...]:
    different = {name: number for name, number in comparison.different.items() if number}
    return (
        comparison.name,
        comparison.compared,
        comparison.pending,
        comparison.only_stream,
        comparison.only_warehouse,
        ", ".join(f"{name} {number}" for name, number in different.items()) or 0,
    )
