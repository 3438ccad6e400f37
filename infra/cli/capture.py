"""capture: what Debezium captured of a source's database."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.poll import chosen, shown_line, tell_faults
from infra.cli.screen import console, settings_with_servers

if TYPE_CHECKING:
    from connectors.sources.account import Account


def capture(
    mapping: Annotated[
        list[str],
        typer.Option("--mapping", "-m", help="A shipped mapping's name, or the path of one; once for each table."),
    ],
    prefix: Annotated[str, typer.Option(help="The connector's topic.prefix: its topics are 'prefix.schema.table'.")],
    source: Annotated[
        str | None, typer.Option(help="The registered source whose tables they are; by default the mapping's.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing came for five seconds.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each table that told something.")
    ] = False,
) -> None:
    """Turn rows that Debezium captured into Kafka into events, by the mappings that 'poll' uses, until stopped.

    How to set up the connector: docs/databases.md.
    """
    from connectors.polling.capture import capture as run
    from infra.cli.processes import stopping

    settings = settings_with_servers()

    def heard(account: "Account") -> None:
        if as_json:
            print(json.dumps(account.as_json(), ensure_ascii=False, default=str), flush=True)
        else:
            console.print(shown_line(account), markup=False)
            tell_faults(account)

    run(settings, chosen(settings, mapping, source), prefix, stopping(), heard=heard, once=once)


def add_to(app: typer.Typer) -> None:
    app.command()(capture)
