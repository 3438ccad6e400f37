"""source accounts: what became of every record of a source on a day."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table
from infra.cli.source import source
from streams.settings import Settings

if TYPE_CHECKING:
    from connectors.accounts import Gap, SourceAccount

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
#: The platform's state must not wait longer for its accounts.
PATIENCE = "3s"
COLUMNS = {
    "source": "source",
    "received": "received",
    "accepted": "accepted",
    "duplicate": "duplicate",
    "conflict": "conflict",
    "rejected": "rejected",
    "dead_lettered": "dead",
    "pending": "pending",
    "p95_lateness_seconds": "late (P95)",
    "silent_since": "silent since",
}


def accounts(
    uri: Annotated[str | None, typer.Argument(help="One source; all where none is given.", metavar="[SOURCE]")] = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of receipt, in the source's zone; today by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what became of every record of a day: received = accepted + duplicate + conflict + rejected + dead + pending.

    Exit code 1 where that does not hold to the record, or landing passed over one.
    """
    import psycopg

    from connectors.accounts import accounts as read
    from connectors.accounts import gaps

    with psycopg.connect(settings_with_servers().database) as connection:
        found = read(connection, day=day.date() if day else None, source=uri)
        if uri is not None and not any(one.received for one in found):
            _must_be_registered(connection, uri)
        missing = gaps(connection, since=datetime.now(UTC) - timedelta(days=2))
    if as_json:
        show_json({"accounts": [plain(one) for one in found], "gaps": [gap_as_json(one) for one in missing]})
    else:
        show_accounts(found)
        _show_details(found)
    for line in faults(found, missing):
        console.print(line, markup=False)
    if faults(found, missing):
        raise typer.Exit(1)


def _must_be_registered(connection: Any, uri: str) -> None:
    """Naughts are an answer only of a source that there is."""
    from connectors.source_keys import UnknownKey, list_sources

    if uri != "unknown" and uri not in {row["source"] for row in list_sources(connection)}:
        raise UnknownKey(f"source {uri!r} is not registered: 'govpulse source list' shows which are")


def add_to(_: typer.Typer) -> None:
    source.command()(accounts)


def todays(settings: Settings) -> "list[SourceAccount] | None":
    """The accounts of today; None where the database does not tell them in time."""
    import psycopg

    from connectors.accounts import accounts as read

    if not settings.database:
        return None
    try:
        with psycopg.connect(settings.database, connect_timeout=3) as connection:
            connection.execute("select set_config('statement_timeout', %s, true)", [PATIENCE])
            return read(connection)
    except psycopg.Error:
        return None


def plain(account: "SourceAccount") -> dict[str, Any]:
    """An account for JSON."""
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(account)
    return told | {"is_balanced": account.is_balanced}


def gap_as_json(gap: "Gap") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(gap)
    return told


def show_accounts(found: "Iterable[SourceAccount]") -> None:
    """A row a source."""
    show_table(
        None,
        list(COLUMNS.values()),
        [tuple(_cell(name, getattr(one, name)) for name in COLUMNS) for one in found],
        right=frozenset(COLUMNS.values()) - {"source", "silent since"},
    )


def faults(found: "Iterable[SourceAccount]", missing: "Iterable[Gap]" = ()) -> list[str]:
    """What does not balance, a line each."""
    lines = [
        f"does NOT balance: {one.source} on {one.day}: {one.received} received, {one.became} accounted for"
        for one in found
        if not one.is_balanced
    ]
    return lines + [
        f"does NOT balance: {gap.topic}/{gap.partition}: landing passed {gap.passed} records and wrote {gap.rows}"
        for gap in missing
    ]


def _show_details(found: "Iterable[SourceAccount]") -> None:
    for one in found:
        for what, counts in (
            ("by door", one.doors),
            ("not taken", one.reasons),
            ("unknown fields", one.unknown_fields),
        ):
            if counts:
                told = ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items()))
                console.print(f"{one.source}: {what}: {told}", markup=False)


def _cell(name: str, value: int | str | date | datetime | None) -> Any:
    """Counts with separators, lateness as people say it."""
    if name == "p95_lateness_seconds" and isinstance(value, int):
        return _span(value)
    return f"{value:,}" if isinstance(value, int) else value


def _span(seconds: int) -> str:
    size, unit = next((one for one in ((86400, "d"), (3600, "h"), (60, "min")) if abs(seconds) >= 2 * one[0]), (1, "s"))
    return f"{round(seconds / size)} {unit}"
