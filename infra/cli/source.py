"""source: who tells what, and with which keys."""

import getpass
import re
from typing import Annotated, Any

import typer

from infra.cli.screen import console, notes, settings_with_servers, show_json, show_table
from infra.cli.source_kafka import kafka
from streams.settings import Settings, load_settings

source = typer.Typer(no_args_is_help=True, help="The register of sources: who tells what, and with which keys.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Uri = Annotated[str, typer.Argument(help="The source's URI, such as urn:gov:360200:zjj-gg.", metavar="SOURCE")]
#: What a stretch of time is written in, in minutes.
_MINUTES = {"min": 1, "h": 60, "d": 24 * 60}


@source.command()
def add(
    uri: Uri,
    authority: Annotated[str, typer.Option(help="Whose numbers it tells where an event does not say.")],
    authorities: Annotated[str, typer.Option(help="Further authorities, by blanks; '*' for any.")] = "",
    families: Annotated[str, typer.Option(help="Families of events, by blanks; 'all' for all.")] = "case",
    units: Annotated[str, typer.Option(help="Only of these units, by blanks.")] = "",
    areas: Annotated[str, typer.Option(help="Only of these areas and what lies in them, by blanks.")] = "",
    precedence: Annotated[int, typer.Option(help="Where two sources tell one record, the greater counts.")] = 0,
    zone: Annotated[str, typer.Option(help="Zone of times without an offset; without one they are refused.")] = "",
    calendar: Annotated[str, typer.Option(help="By whose working days it tells, and may be silent (AR-18).")] = "",
    every: Annotated[str, typer.Option(help="At least so often it usually tells something: 15min, 2h, 1d.")] = "",
    as_json: AsJson = False,
) -> None:
    """Register a source, or replace what it may tell; print its key, once, and make its topics. A source shut out is let in again.

    Said again, an option that is left out goes back to its default.
    """
    from infra.reference_data import load
    from infra.reference_data.files import PlacedRow

    row = PlacedRow(
        {
            "source": uri,
            "authority": authority,
            "authorities": authorities,
            "families": "" if families == "all" else families,
            "units": units,
            "areas": areas,
            "precedence": str(precedence),
            "zone": zone,
            "calendar": calendar,
            "rhythm_minutes": _minutes(every),
        }
    )
    row.place = f"source add {uri}"
    settings = settings_with_servers()
    loaded = load(settings.database, {"source": [row]}, loaded_by=getpass.getuser(), note=f"source add {uri}")
    made = _made(uri, only_if_none=True)
    _make_topics(settings, uri)
    _show_key(uri, made, as_json=as_json, version=loaded.version)


@source.command()
def rotate(
    uri: Uri,
    grace: Annotated[str, typer.Option(help="How long the key before it still holds: 30min, 12h, 7d.")] = "7d",
    as_json: AsJson = False,
) -> None:
    """Make a new key, printed once; the one before holds for a while yet, older ones end now."""
    _show_key(uri, _made(uri, grace=grace), as_json=as_json)


@source.command()
def revoke(
    uri: Uri,
    key: Annotated[str | None, typer.Option(help="Only this key, by its id.")] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """End all keys of a source and shut it out of every door; with --key end that key alone."""
    from connectors.source_keys import revoke_key, revoke_source

    with _connected() as connection:
        if key is not None:
            revoke_key(connection, uri, key)
        else:
            revoke_source(connection, uri, revoked_by=getpass.getuser(), reason=reason)
    console.print(f"key {key} of {uri} has ended" if key else f"{uri} is shut out; 'source rotate' lets it in again")


@source.command()
def release(
    uri: Uri,
    reason: Annotated[str, typer.Option(help="Why: what was mended.")] = "",
    by: Annotated[str, typer.Option("--by", help="Your name, for the account of it.")] = "",
) -> None:
    """End the quarantine of a source that flooded: every door takes its events again."""
    from connectors.quarantine import release as end

    who = getpass.getuser()
    with _connected() as connection:
        end(connection, uri, released_by=f"{who} ({by})" if by else who, reason=reason)
    console.print(f"{uri} is released; the doors take its events again within seconds")


@source.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the sources: what each may tell, its keys by id, whether it is shut out or quarantined."""
    from connectors.source_keys import list_sources

    with _connected() as connection:
        rows = list_sources(connection)
    if as_json:
        show_json([row | _topics(row["source"]) for row in rows])
        return
    show_table(
        None,
        ["source", "authorities", "families", "units", "areas", "precedence", "zone", "rhythm (min)", "keys", "inbox"],
        [
            (
                row["source"],
                f"{row['authority']} {row['authorities']}".strip(),
                row["families"] or "all",
                row["units"] or "all",
                row["areas"] or "all",
                row["precedence"],
                row["zone"],
                row["rhythm_minutes"],
                _keys(row),
                _topics(row["source"])["inbox"],
            )
            for row in rows
        ],
        right=frozenset({"precedence", "rhythm (min)"}),
    )


@source.command()
def receipt(uri: Uri, identity: Annotated[str, typer.Argument(help="The event's id.", metavar="ID")]) -> None:
    """Print what became of an event, as JSON. Exit code 1 where nothing of it has landed."""
    import msgspec

    from connectors.gateway.receipts import receipt_of

    with _connected() as connection:
        found = receipt_of(connection, uri, identity)
    show_json(msgspec.to_builtins(found) if found else None)
    if found is None:
        notes.print(f"nothing of {identity!r} by {uri!r} has landed: not received, or not yet", markup=False)
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    source.command()(kafka)
    app.add_typer(source, name="source")


def _connected() -> Any:
    import psycopg

    return psycopg.connect(settings_with_servers().database)


def _made(uri: str, *, grace: str = "7d", only_if_none: bool = False) -> Any:
    """A new key of a registered source; None where it has one and none is wanted beside it."""
    from datetime import timedelta

    from connectors.source_keys import UnknownKey, list_sources, make_key

    with _connected() as connection:
        rows = {row["source"]: row for row in list_sources(connection)}
        if uri not in rows:
            raise UnknownKey(f"source {uri!r} is not registered: 'govpulse source add' does it")
        if only_if_none and rows[uri]["keys"] and not rows[uri]["revoked_at"]:
            return None
        ends = timedelta(minutes=int(_minutes(grace) or 0))
        return make_key(connection, uri, made_by=getpass.getuser(), grace=ends)


def _topics(uri: str) -> dict[str, str]:
    """The topics of a source, with the prefix of the installation."""
    from connectors.inbox.names import inbox_topic, rejected_topic

    settings = load_settings()
    return {"inbox": settings.topic(inbox_topic(uri)), "rejected": settings.topic(rejected_topic(uri))}


def _make_topics(settings: Settings, uri: str) -> None:
    """Makes them, where the broker answers and lets us; says so where not."""
    from kafka.errors import KafkaError

    from connectors.inbox.topics import ensure_inboxes

    try:
        ensure_inboxes(settings, [uri])
    except KafkaError as error:
        notes.print(
            f"the topics of {uri} were not made ({type(error).__name__}): 'govpulse inbox' will try again, "
            f"'govpulse source kafka {uri}' prints the commands",
            markup=False,
        )


def _show_key(uri: str, made: Any, *, as_json: bool, version: int | None = None) -> None:
    if as_json:
        told = {"key": made.key, "key_id": made.key_id, "others_end": made.others_end} if made else {"key": None}
        show_json({"source": uri, "version": version} | told | _topics(uri))
        return
    if version is not None:
        console.print(f"{uri} is registered, version {version} of the reference data")
        topics = _topics(uri)
        console.print(f"by Kafka it writes to {topics['inbox']} and reads {topics['rejected']}", markup=False)
    if made is None:
        console.print("it has a key already; 'govpulse source rotate' makes another")
        return
    console.print(f"its key {made.key_id}, shown this once:\n{made.key}", markup=False)
    if made.others_end is not None:
        console.print(f"the key before it holds until {made.others_end:%Y-%m-%d %H:%M %Z}")


def _minutes(text: str) -> str:
    """'2h' as '120'; '' stays empty."""
    if not text:
        return ""
    found = re.fullmatch(r"(\d{1,6})(min|h|d)", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no stretch of time: write it as 15min, 2h or 1d")
    return str(int(found[1]) * _MINUTES[found[2]])


def _keys(row: dict[str, Any]) -> str:
    if row["revoked_at"]:
        return f"shut out since {row['revoked_at']:%Y-%m-%d %H:%M}"
    keys = [key["key_id"] + (f" until {key['expires_at'][:16]}" if key["expires_at"] else "") for key in row["keys"]]
    if row["quarantined_at"]:
        keys.append(f"QUARANTINED since {row['quarantined_at']:%Y-%m-%d %H:%M}")
    return ", ".join(keys)
