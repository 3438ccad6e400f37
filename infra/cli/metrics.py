"""metrics: what is published, and how each figure is made."""

from typing import Annotated, Any

import typer

from infra.cli.screen import console, plain, settings_with_servers, show_json, show_table

_DEFINITIONS = """
    select metric_id, name, name_en, formula, formula_en, cohort, exclusions, unit, is_rate, better, computed, families, reads,
           least_n, source, note
    from reference.metric where until_version is null order by metric_id
"""
_FIGURES = """
    select distinct on (authority, cohort) authority, cohort, period_start, numerator, denominator, value, interval_low,
           interval_high, as_of, sources_missing
    from marts.metrics
    where metric_id = %s and scope_type = 'authority' and period_type = 'month'
    order by authority, cohort, period_start desc
"""


def metrics(
    metric_id: Annotated[str | None, typer.Argument(help="One metric; all where none is given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is published and how it is made; of one metric also its newest monthly figures."""
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(settings_with_servers().database, row_factory=dict_row) as connection:
        rows = connection.execute(_DEFINITIONS).fetchall()
        if metric_id is None:
            _show_all(rows, as_json)
            return
        row = next((row for row in rows if row["metric_id"] == metric_id), None)
        if row is None:
            raise typer.BadParameter(_unknown(metric_id, rows))
        built = connection.execute("select to_regclass('marts.metrics') is not null as is_built").fetchone()
        found = connection.execute(_FIGURES, [metric_id]).fetchall() if built and built["is_built"] else []
    if as_json:
        show_json(row | {"figures": found})
    else:
        _show_one(row, found)


def _unknown(metric_id: str, rows: list[dict[str, Any]]) -> str:
    import difflib

    near = difflib.get_close_matches(metric_id, [row["metric_id"] for row in rows], n=1)
    return f"{metric_id!r} is no metric" + (f"; did you mean {near[0]}?" if near else ": see 'govpulse metrics'")


def _show_all(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(rows)
        return
    show_table(
        None,
        ["metric", "name", "", "cohort", "unit", "computed"],
        [tuple(row[name] for name in ("metric_id", "name", "name_en", "cohort", "unit", "computed")) for row in rows],
    )


def _show_one(row: dict[str, Any], found: list[dict[str, Any]]) -> None:
    console.print(f"{row['metric_id']}  {row['name']} · {row['name_en']}", markup=False)
    console.print(f"  {row['formula']}\n  {row['formula_en']}", markup=False)
    for name in ("cohort", "exclusions", "unit", "better", "computed", "families", "reads", "source", "note"):
        if row[name]:
            console.print(f"  {name}: {row[name]}", markup=False)
    console.print(f"  nobody is ranked below n = {row['least_n']}", markup=False)
    if found:
        show_table(
            None,
            ["authority", "cohort", "month", "numerator", "n", "value", "low", "high", "missing"],
            [_line(one) for one in found],
            right=frozenset({"numerator", "n", "value", "low", "high"}),
        )


def _line(one: dict[str, Any]) -> tuple[Any, ...]:
    figures = ("numerator", "denominator", "value", "interval_low", "interval_high")
    return (
        one["authority"],
        one["cohort"],
        one["period_start"],
        *(plain(one[name]) for name in figures),
        " ".join(one["sources_missing"]),
    )


def add_to(app: typer.Typer) -> None:
    app.command()(metrics)
