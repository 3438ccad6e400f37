"""poll: tables of a source's own database."""

import json
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from infra.cli.screen import console, notes, settings_with_servers, show_json
from streams.settings import Settings

if TYPE_CHECKING:
    from connectors.polling.run import Heard
    from connectors.polling.sweep import Poll
    from connectors.sources.account import Account
    from connectors.sources.mapping import Mapping

#: Off a terminal long reading says so often how far it is.
SECONDS_BETWEEN_LINES = 30.0


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
        with _Screen(as_json=as_json, once=once) as screen:
            run(job, stopping(), screen.heard(), every=every, once=once)
    finally:
        place.close()
    if once and screen.refused:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(poll)


def chosen(settings: Settings, names: list[str], source: str | None) -> "list[Mapping]":
    """The mappings for their registered source; what they bring of reference data is loaded."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # ten lines a second while a broker is away
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


class _Screen:
    """What the poller says, line by line; on a terminal a bar while a table is read for the first time. A context."""

    def __init__(self, *, as_json: bool, once: bool) -> None:
        self._as_json, self._once = as_json, once
        self._bars = _Bars()
        self.refused = 0

    def heard(self) -> "Heard":
        from connectors.polling.run import Heard

        return Heard(self._swept, self._unmarked, self._away, self._bars.heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.close()

    def _swept(self, one: "Poll", account: "Account") -> None:
        self._bars.close()
        self.refused += account.refused_rows + account.refused_events
        read_to = str(one.progress.position)
        if self._as_json:
            self._say("", account.as_json() | {"source": one.mapping.source, "read_to": read_to})
        elif account.rows or account.notes or self._once:
            self._say(f"{shown_line(account)}; read to {read_to}", {})
            tell_faults(account)

    def _unmarked(self, one: "Poll", rows: int) -> None:
        line = f"{one.mapping.name}: {rows:,} rows have no watermark: no look finds them until they get one"
        self._say(line, {"mapping": one.mapping.name, "unmarked_rows": rows})

    def _away(self, line: str, seconds: float) -> None:
        self._bars.close()
        self._say(f"{line}; again in {seconds:.0f} s", {"away": line, "again_in_seconds": seconds})

    def _say(self, line: str, told: dict[str, Any]) -> None:
        if self._as_json:
            print(json.dumps(told, ensure_ascii=False, default=str), flush=True)
        else:
            print(f"{datetime.now().astimezone():%H:%M:%S} {line}", flush=True)


class _Bars:
    """How far a first look at a table is: a bar on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._open: Any = None
        self._report: Callable[[int], None] | None = None
        self._total = self._done = 0
        self._told = 0.0

    def heard(self, table: str, total: int | None, rows: int) -> None:
        from infra.cli.progress import progress

        if total:
            self.close()
            self._open = progress(table, total)
            self._report = self._open.__enter__()
            self._total, self._done, self._told = total, 0, time.monotonic()
        elif self._report is not None:
            self._report(rows)
            self._done += rows
            if not notes.is_terminal and time.monotonic() - self._told > SECONDS_BETWEEN_LINES:
                notes.print(f"{table}: {self._done:,} of {self._total:,} rows", markup=False)
                self._told = time.monotonic()

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
