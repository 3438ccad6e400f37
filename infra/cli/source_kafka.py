"""source kafka: a source's rights on the broker, as commands or done at once."""

from typing import Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers, show_json
from streams.settings import Settings


def kafka(
    uri: Annotated[str, typer.Argument(help="The source's URI.", metavar="SOURCE")],
    apply: Annotated[bool, typer.Option("--apply", help="Do it; print the new password, once.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take its user's rights and password away.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the commands that make a source's topics, user (SCRAM) and rights on the broker; with --apply do it.

    It may write its inbox and read what was refused of it, nothing else. The broker must have an authorizer.
    """
    from connectors.inbox.rights import commands, grant, rights_of, user_of, withdraw

    if apply and remove:
        raise typer.BadParameter("--apply and --remove contradict each other")
    settings = settings_with_servers()
    _check(settings, uri)
    user = user_of(settings, uri)
    if remove:
        withdraw(settings, uri)
        console.print(f"{user} has no right and no password any more; its topics stay", markup=False)
        return
    password = grant(settings, uri) if apply else None
    told: dict[str, Any] = {"source": uri, "user": user, "commands": commands(settings, uri)}
    if as_json:
        rights = [{"kind": one.kind, "name": one.name, "operation": one.operation} for one in rights_of(settings, uri)]
        show_json(told | {"rights": rights} | ({"password": password} if password else {}))
    elif password:
        console.print(f"user {user}, its password, shown this once:\n{password}", markup=False)
    else:
        print("\n".join(told["commands"]))


def _check(settings: Settings, uri: str) -> None:
    import psycopg

    from connectors.doors import registered
    from connectors.source_keys import UnknownKey

    with psycopg.connect(settings.database) as connection:
        if registered(connection).known(uri) is None:
            raise UnknownKey(f"source {uri!r} is not registered: 'govpulse source add' does it")
