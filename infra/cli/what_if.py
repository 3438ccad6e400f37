"""what-if: the on-time rate that a matter's finished cases would have had under another promise."""

from collections import Counter
from typing import Annotated

import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table


def what_if(
    matter: Annotated[str, typer.Option(help="Code of the matter.")],
    promise: Annotated[str, typer.Option(help="3wd, 20d, 2mo, 4h, 90min, 1hd or onspot.")],
    unit: Annotated[str | None, typer.Option(help="Only cases that this unit decided.")] = None,
    most: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="At most so many cases, the newest first.")
    ] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how many of a matter's finished cases would have kept another promise: read again, case by case.

    Every case counts that was accepted, ended and is not excluded, whether it had a promise or not.
    """
    import msgspec
    import psycopg

    from infra.cli.due import limit_of
    from infra.cli.subjects import count_finished, finished_cases
    from streams.domain.limits import Limit
    from streams.domain.reading import read
    from streams.domain.what_if import promising, with_promise
    from streams.reference import read_rulebook

    other = msgspec.convert(limit_of(promise), Limit)
    was: Counter[bool | None] = Counter()
    would: Counter[bool | None] = Counter()
    with psycopg.connect(settings_with_servers().database) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        there_are = count_finished(connection, matter, unit)
        rulebook = promising(read_rulebook(connection), matter, other)
        for case, as_of, was_on_time in finished_cases(connection, matter, unit, most=most):
            was[was_on_time] += 1
            would[read(with_promise(case, other), rulebook, as_of).is_on_time] += 1
    total = was.total()
    if not total:
        raise typer.BadParameter(
            f"no finished case of matter {matter!r} that was accepted; 'govpulse sql' shows what there is"
        )
    rows = [_row("as promised", was), _row(f"under {promise}", would)]
    if as_json:
        names = ("promise", "finished", "on_time", "rate", "interval_low", "interval_high")
        show_json(
            {
                "matter_code": matter,
                "unit_code": unit,
                "finished": there_are,
                "read": total,
                "is_cut": total < there_are,
                "without_promise": was[None],
                "results": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
        return
    table = [(*row[:3], *_shares(*row[3:])) for row in rows]
    columns = ["", "finished", "on time", "rate", "95 % interval"]
    show_table(f"Matter {matter}", columns, table, right=frozenset(columns[1:]))
    if total < there_are:
        console.print(f"the newest {total} of {there_are} finished cases: --most {there_are} reads all")
    if was[None]:
        console.print(f"{was[None]} had no promise: judged under {promise} alone")
    if total < LEAST_N:
        console.print(f"fewer than {LEAST_N} cases: too few to decide by")


#: Fewer are not ranked, nor decided by (`reference` §11.4).
LEAST_N = 30


Row = tuple[str, int, int, float | None, float | None, float | None]


def _row(name: str, judged: Counter[bool | None]) -> Row:
    """(name, judged, on time, rate, lower, upper); the last three None where nothing was judged."""
    kept, number = judged[True], judged[True] + judged[False]
    return (name, number, kept, *(interval(kept, number) if number else (None, None, None)))


def _shares(rate: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    if rate is None:
        return "", ""
    return f"{rate:.1%}", f"{low:.1%} – {high:.1%}"


def interval(hits: int, total: int) -> tuple[float, float, float]:
    """(rate, lower, upper): the Wilson score interval at 95 % (Wilson 1927)."""
    z = 1.96
    rate = hits / total
    centre, spread = rate + z * z / (2 * total), z * ((rate * (1 - rate) + z * z / (4 * total)) / total) ** 0.5
    scale = 1 + z * z / total
    return round(rate, 6), round((centre - spread) / scale, 6), round((centre + spread) / scale, 6)


def add_to(app: typer.Typer) -> None:
    app.command("what-if")(what_if)
