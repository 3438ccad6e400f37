"""metrics: what is published, and how each figure is made."""

from decimal import Decimal
from typing import Annotated, Any

import typer

from infra.cli.screen import console, plain, settings_with_servers, show_json, show_table

_DEFINITIONS = """
    select metric_id, name, name_en, formula, formula_en, cohort, exclusions, unit, is_rate, better, computed, families, reads,
           least_n, source, note
    from reference.metric where until_version is null order by metric_id
"""
_FIGURES = """
    select distinct on (m.authority, m.cohort) m.authority, m.cohort, m.period_start, m.numerator, m.denominator, m.value,
           case when m.unit <> 'ratio' then m.denominator end as n, case when m.unit = 'ratio' then m.denominator end as divided_by,
           n.value as as_printed, m.interval_low, m.interval_high, m.as_of, m.sources_missing
    from marts.metrics as m
    left join marts.metrics as n
        on n.metric_id = m.metric_id || '_naive'
        and (n.authority, n.scope_type, n.scope_code, n.period_type, n.period_start, n.cohort)
            = (m.authority, m.scope_type, m.scope_code, m.period_type, m.period_start, m.cohort)
    where m.metric_id = %s and m.scope_type = 'authority' and m.period_type = 'month'
    order by m.authority, m.cohort, m.period_start desc
"""
#: Column of a figure → its heading; `as_printed` (原口径) beside compressions alone, `n` where things are counted, else
#: by what (Σ days, yuan, a mean over matters) is divided.
_COLUMNS = {
    "authority": "authority",
    "cohort": "cohort",
    "period_start": "month",
    "numerator": "numerator",
    "n": "n",
    "divided_by": "divided by",
    "value": "value",
    "as_printed": "原口径 as printed",
    "interval_low": "low",
    "interval_high": "high",
    "sources_missing": "missing",
}
_WHERE_TOLD = ("numerator", "n", "divided_by", "as_printed", "interval_low", "interval_high")


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
        shown = [name for name in _COLUMNS if name not in _WHERE_TOLD or any(one[name] is not None for one in found)]
        show_table(
            None,
            [_COLUMNS[name] for name in shown],
            [tuple(_cell(one[name]) for name in shown) for one in found],
            right=frozenset(_COLUMNS.values()) - {"authority", "cohort", "month", "missing"},
        )


def _cell(value: Any) -> Any:
    match value:
        case list():
            return " ".join(value)
        case None | Decimal():
            return plain(value)
        case _:
            return value


def add_to(app: typer.Typer) -> None:
    app.command()(metrics)
