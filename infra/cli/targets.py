"""targets: the scoreboard of the policy, and what is entered of it by hand."""

from datetime import datetime
from typing import Annotated, Any

import typer

from infra.cli.screen import NotRunning, console, plain, settings_with_servers, show_json, show_table

targets = typer.Typer(help="The targets of the policy: how they stand.")

#: The newest day of every authority; where none of them has a value, a target stands once.
_BOARD = """
    with newest as (
        select *, value_now is not null or value_at_deadline is not null as has_value,
               case when scope_type <> 'authority' then scope_code end as narrower
        from (select *, max(day) over (partition by authority) as newest_day from marts.targets) as t
        where day = newest_day
    ),
    board as (
        select *, bool_or(has_value) over same as any_value, row_number() over (same order by authority) as place
        from newest
        window same as (partition by target_id, issuer, metric_id, scope_type, narrower)
    )
    select target_id, issuer, metric_id, scope_type, scope_code, authority, quotation, paragraph, responsible, target_class,
           comparator, target_value, period_type, period_start, valid_from, deadline, passed_deadline, target_value_at_deadline,
           value_at_deadline, state_at_deadline, value_now, state_now, value_before, interval_low, interval_high, denominator,
           unit, case when unit <> 'ratio' then denominator end as n, sources_missing, as_of, value_on, entered_by, evidence
    from board
    left join (select metric_id, unit from reference.metric where until_version is null) as m using (metric_id)
    where authority = %(authority)s
        or (%(authority)s is null and (authority = '' or has_value or (not any_value and place = 1)))
    order by target_id, issuer, metric_id, scope_code, authority
"""


@targets.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    authority: Annotated[str | None, typer.Option(help="Only this issuer of numbers.")] = None,
) -> None:
    """Show every target: value and n, what is wanted, how it stands, and whose data are missing."""
    if context.invoked_subcommand is not None:
        return
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(settings_with_servers().database, row_factory=dict_row) as connection:
        built = connection.execute("select to_regclass('marts.targets') is not null as is_built").fetchone()
        if not built or not built["is_built"]:
            raise NotRunning("nothing was built yet: 'govpulse warehouse build'")
        rows = connection.execute(_BOARD, {"authority": authority}).fetchall()
    if as_json:
        show_json(rows)
        return
    show_table(
        None,
        ["target", "by", "whose", "metric", "value", "n", "divided by", "wanted", "now", "deadline", "then", "missing"],
        [_line(row) for row in rows],
        right=frozenset({"value", "n", "divided by"}),
    )


@targets.command()
def enter(
    target_id: Annotated[str, typer.Argument(help="Target, such as T56.")],
    value: Annotated[str, typer.Option(help="The value.")],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day the value is of.")],
    evidence: Annotated[str, typer.Option(help="What shows it: a document, its number, a link.")],
    metric: Annotated[str | None, typer.Option(help="Which metric, where a target has several by hand.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Enter the value of a target that no event tells; earlier ones are kept. It counts from the next build on."""
    import getpass

    from infra.reference_data.goals import figure
    from infra.warehouse.entries import enter as write

    if as_of.date() > datetime.now().astimezone().date():
        raise typer.BadParameter(f"--as-of {as_of:%Y-%m-%d} has not come yet")
    if not evidence.strip():
        raise typer.BadParameter("--evidence says what shows the value; it cannot be empty")
    try:
        number = figure(value)
    except ValueError as error:
        raise typer.BadParameter(f"--value {value!r} {error}") from None
    entry = write(
        settings_with_servers().database,
        target_id,
        metric_id=metric,
        value=number,
        as_of=as_of.date(),
        entered_by=getpass.getuser(),
        evidence=evidence.strip(),
    )
    if as_json:
        from msgspec.structs import asdict

        show_json(asdict(entry))
    else:
        console.print(
            f"{entry.target_id} {entry.metric_id} = {plain(entry.value)} of {entry.as_of}, version {entry.version};"
            " it counts from the next 'govpulse warehouse build'"
        )


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    narrower = f" {row['scope_code']}" if row["scope_type"] not in ("authority", "city") else ""
    return (
        row["target_id"],
        row["issuer"],
        row["authority"] + narrower,
        row["metric_id"],
        plain(row["value_now"]),
        plain(row["n"]),
        plain(row["denominator"] if row["n"] is None else None),
        _wanted(row),
        row["state_now"],
        row["deadline"],
        _then(row),
        " ".join(row["sources_missing"]),
    )


def _then(row: dict[str, Any]) -> str | None:
    """How it stood at the last deadline, which is named where another is to come."""
    state: str | None = row["state_at_deadline"]
    return (
        state if row["passed_deadline"] == row["deadline"] else f"{state} ({row['passed_deadline']})" if state else None
    )


def _wanted(row: dict[str, Any]) -> str:
    if row["comparator"] == "improves":
        return "better than a year before"
    if row["target_value"] is None:
        return "no number is given"
    return f"{row['comparator']} {plain(row['target_value'])}"


def add_to(app: typer.Typer) -> None:
    app.add_typer(targets, name="targets")
