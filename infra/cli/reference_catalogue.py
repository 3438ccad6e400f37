"""reference follow, reference faults: what events of family catalogue change, and which of them could not be taken."""

import logging
from typing import Annotated

import typer

from infra.cli.reference import AsJson, reference
from infra.cli.screen import console, settings_with_servers, show_json, show_table

log = logging.getLogger(__name__)


@reference.command()
def follow(
    once: Annotated[bool, typer.Option("--once", help="Stop when all landed events are applied.")] = False,
    erratum: Annotated[
        bool, typer.Option("--erratum", help="The past may be rewritten; what was refused is tried again.")
    ] = False,
) -> None:
    """Load what landed events of family catalogue say of matters and units, until stopped."""
    import psycopg

    from infra.cli.processes import logging_as_set, stopping
    from infra.reference_data.catalogue import follow as follow_events

    settings, asked = logging_as_set(settings_with_servers()), stopping()
    while not asked.is_set():
        try:
            done = follow_events(settings.database, is_erratum=erratum)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if once:
                raise
            log.warning("follow: %s; again soon", str(error).strip().splitlines()[0])
        else:
            if done.taken or done.refused:
                version = "no new version" if done.version is None else f"version {done.version} is in force"
                console.print(f"{done.taken} events taken, {done.refused} refused ('reference faults'); {version}")
        if once:
            return
        asked.wait(settings.follow_seconds)


@reference.command()
def faults(
    forget: Annotated[str | None, typer.Option(help="Look at the event with this id no more.")] = None,
    as_json: Annotated[bool, AsJson] = False,
) -> None:
    """Show the catalogue events that could not be loaded, and why. Told better, they go by themselves."""
    import msgspec
    import psycopg

    from infra.reference_data import refusals

    url = settings_with_servers().database
    if forget is not None:
        if not refusals.forget(url, forget):
            raise typer.BadParameter(f"no event {forget!r} was refused; 'govpulse reference faults' shows which were")
        console.print(f"{forget} is forgotten", markup=False)
        return
    with psycopg.connect(url) as connection:
        found = refusals.open_refusals(connection)
    if as_json:
        show_json(msgspec.to_builtins(found))
    elif not found:
        console.print("every event of the catalogue was taken, or told better since")
    else:
        show_table(
            None,
            ["event", "type", "source", "since", "why"],
            [(one.id, one.type, one.source, one.found_at, one.faults) for one in found],
        )
        console.print(
            "send it again as it should be, or take it in with 'govpulse reference follow --erratum --once', "
            "or 'govpulse reference faults --forget EVENT'",
            markup=False,
        )


def add_to(app: typer.Typer) -> None:
    """They are verbs of `reference`, which adds itself."""
