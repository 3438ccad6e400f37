"""poll: tables of a source's own database."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers, show_json
from streams.settings import Settings

if TYPE_CHECKING:
    from connectors.polling.run import Heard
    from connectors.polling.sweep import Poll
    from connectors.sources.account import Account
    from connectors.sources.mapping import Mapping


def poll(
    mapping: Annotated[
        list[str],
        typer.Option("--mapping", "-m", help="A shipped mapping's name, or the path of one; once for each table."),
    ],
    database: Annotated[
        str | None,
        typer.Option(
            help="dialect://user@host:port/name; by default GOVPULSE_POLL_DATABASE. Its password: GOVPULSE_POLL_PASSWORD."
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The registered source whose tables they are; by default the mapping's.")
    ] = None,
    every: Annotated[float, typer.Option(min=0.1, help="Look so often, in seconds.")] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Read to the newest row, then stop.")] = False,
    since: Annotated[
        str | None,
        typer.Option(help="Begin above this watermark, however far was read; what was sent is known again by its id."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what the first rows become, and send nothing.")
    ] = False,
    rows: Annotated[int, typer.Option(min=1, help="With --dry-run: so many rows.")] = 20,
    page_rows: Annotated[int, typer.Option(min=1, help="Ask the database for so many rows at a time.")] = 5_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each look at each table.")] = False,
) -> None:
    """Read tables of a source's database (前置库) again and again, and send what is new, until stopped. Nothing is written there.

    How far each table was read is kept in our database and moves only when Kafka has everything up to there.
    Exit code 1 with --once or --dry-run if a row was refused.
    """
    from connectors.polling.database import BadDatabase, Database
    from connectors.polling.run import Job, preview_table
    from connectors.polling.run import poll as run
    from infra.cli.processes import stopping

    settings = settings_with_servers()
    address = database or settings.poll_database
    if not address:
        raise BadDatabase("which database? --database dialect://user@host:port/name, or GOVPULSE_POLL_DATABASE")
    tables = chosen(settings, mapping, source)
    place = Database(address, settings.poll_password)
    try:
        if dry_run:
            _preview([preview_table(one, place, rows=rows) for one in tables], tables, as_json=as_json)
            return
        job = Job(settings=settings, database=place, mappings=tables, since=since, page_rows=page_rows)
        with _screen(as_json=as_json, once=once) as (heard, refused):
            run(job, stopping(), heard, every=every, once=once)
    finally:
        place.close()
    if once and refused():
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(poll)


def chosen(settings: Settings, names: list[str], source: str | None) -> "list[Mapping]":
    """The mappings for their registered source; what they bring of reference data is loaded."""
    import psycopg

    from connectors.doors import registered
    from connectors.polling.run import prepared
    from connectors.sources.census import authority_rows
    from connectors.sources.mapping import load_mapping
    from infra.cli.publish import loader

    found = []
    for name in names:
        mapping = load_mapping(name)
        with psycopg.connect(settings.database) as connection:
            register = registered(connection)
        if source is None and not isinstance(mapping.authority, str):
            loader(settings, mapping.name)(authority_rows(mapping))
            with psycopg.connect(settings.database) as connection:
                register = registered(connection)
        found.append(prepared(mapping, register, source=source))
        loader(settings, mapping.name)({"code_map": authority_rows(found[-1])["code_map"]} if mapping.codes else {})
    return found


def _preview(previews: list[Any], chosen: "list[Mapping]", *, as_json: bool) -> None:
    from infra.cli.mapping import as_plain, tell

    if as_json:
        show_json([{"mapping": one.name} | as_plain(found) for one, found in zip(chosen, previews, strict=True)])
    else:
        for one, found in zip(chosen, previews, strict=True):
            console.print(f"{one.name}: {one.title}", markup=False)
            tell(found, one.tzinfo)
    if any(found.faults for found in previews):
        raise typer.Exit(1)


@contextmanager
def _screen(*, as_json: bool, once: bool) -> "Iterator[tuple[Heard, Callable[[], int]]]":
    """What the poller says, line by line; on a terminal a bar while much is read."""
    from connectors.polling.run import Heard

    refused = 0
    bars = _Bars()

    def swept(one: "Poll", account: "Account") -> None:
        nonlocal refused
        bars.close()
        refused += account.refused_rows + account.refused_events
        if as_json:
            told = account.as_json() | {"source": one.mapping.source, "read_to": str(one.progress.position)}
            print(json.dumps(told, ensure_ascii=False, default=str), flush=True)
        elif account.rows or account.notes or once:
            console.print(f"{_clock()} {shown_line(account)}; read to {one.progress.position}", markup=False)
            tell_faults(account)

    def unmarked(one: "Poll", rows: int) -> None:
        line = f"{one.mapping.name}: {rows:,} rows have no watermark: no look finds them until they get one"
        print(
            json.dumps({"mapping": one.mapping.name, "unmarked_rows": rows}) if as_json else f"{_clock()} {line}",
            flush=True,
        )

    def away(line: str, seconds: float) -> None:
        bars.close()
        said = {"away": line, "again_in_seconds": seconds}
        print(
            json.dumps(said, ensure_ascii=False) if as_json else f"{_clock()} {line}; again in {seconds:.0f} s",
            flush=True,
        )

    try:
        yield Heard(swept, unmarked, away, bars.heard), lambda: refused
    finally:
        bars.close()


class _Bars:
    """A bar while a table is read for the first time."""

    def __init__(self) -> None:
        self._open: Any = None
        self._report: Callable[[int], None] | None = None

    def heard(self, table: str, total: int | None, rows: int) -> None:
        from infra.cli.progress import progress

        if total:
            self.close()
            self._open = progress(table, total)
            self._report = self._open.__enter__()
        elif self._report is not None:
            self._report(rows)

    def close(self) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
        self._open = self._report = None


def shown_line(account: "Account") -> str:
    sent = sum(account.events.values())
    return (
        f"{account.mapping}: {account.rows:,} rows new, {sent:,} events sent ({account.corrected:,} corrections, "
        f"{account.deleted:,} deletions), {account.refused_rows:,} rows refused, {account.unchanged:,} statements "
        f"recognised; {account.seconds:.1f} s"
    )


def tell_faults(account: "Account") -> None:
    """What was refused and why, codes without a translation, and notes."""
    for code, found in sorted(account.rejected.items()):
        console.print(f"  refused: {found.count:,} × {code}", markup=False)
        for fault in found.first:
            column = f"{fault.column}: " if fault.column else ""
            console.print(f"    {column}{fault.detail}", markup=False)
    for column, codes in sorted(account.unmapped.items()):
        said = ", ".join(f"{code!r} ({number:,})" for code, number in codes.items())
        console.print(f"  codes of {column!r} that the mapping does not have: {said}", markup=False)
    for note in account.notes:
        console.print(f"  {note}", markup=False)


def _clock() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")
