"""outbox: events that a source's program writes into a table of its own database, and the poller that sends them."""

import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.screen import console, show_json
from streams.settings import Settings

outbox = typer.Typer(no_args_is_help=True, help="The transactional outbox: a table in a source's own database.")
Database = Annotated[
    str, typer.Option(help="SQLAlchemy's URL of the database; with a password better give --database-file.")
]
DatabaseFile = Annotated[Path | None, typer.Option(help="A file that holds the URL.", exists=True, dir_okay=False)]
TableName = Annotated[str, typer.Option(help="The table, 'schema.name' too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@outbox.command()
def sql(dialect: Annotated[str, typer.Argument(help="postgresql, mysql, mariadb or oracle.")]) -> None:
    """Print the table, its index, and an insert to be made in the transaction of the business."""
    from connectors.publisher.outbox.rows import RECIPES

    if dialect not in RECIPES:
        raise typer.BadParameter(f"no recipe for {dialect!r}; there are {', '.join(RECIPES)}")
    print(RECIPES[dialect].read_text(encoding="utf-8"), end="")


@outbox.command()
def poll(
    source: Annotated[str, typer.Option(help="The source's URI, such as urn:gov:360200:zjj-gg.")],
    database: Database = "",
    database_file: DatabaseFile = None,
    gateway: Annotated[str, typer.Option(help="Send to this HTTP gateway.")] = "",
    key_file: Annotated[
        Path | None, typer.Option(help="A file that holds the source's key.", exists=True, dir_okay=False)
    ] = None,
    topic: Annotated[str, typer.Option(help="Or to this Kafka topic; the broker by GOVPULSE_KAFKA.")] = "",
    authority: Annotated[str, typer.Option(help="Who issued the numbers, where a row does not say.")] = "",
    table: TableName = "govpulse_outbox",
    zone: Annotated[str, typer.Option(help="Zone of instants that the database keeps without an offset.")] = "",
    is_deleting: Annotated[
        bool, typer.Option("--delete", help="Delete what was received, instead of marking it.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.05, help="Look so often whether there is something new.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing waits that another poller has not.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send what is written into an outbox table, in order, until stopped. Several may run: one sends, the others stand by.

    Exit code 1 with --once where something was refused: the column 'refused' says why.
    """
    from connectors.publisher.sending import Sender
    from infra.cli.processes import logging_as_set, stopping
    from streams.settings import load_settings

    settings = logging_as_set(load_settings())
    queue = _queue(_url(database, database_file), source, authority, table=table, zone=zone, is_deleting=is_deleting)
    door = _door(settings, gateway, key_file, topic)
    queue.check_table()
    asked = stopping()
    try:
        Sender(queue, door).run(asked, threading.Event(), idle=seconds, once=once)
    finally:
        queue.let_go()
        door.close()
    told = {"sent": queue.sent, "refused": queue.refused}
    if as_json:
        show_json(told)
    else:
        console.print(f"{queue.sent} sent, {queue.refused} refused")
    if once and queue.refused:
        raise typer.Exit(1)


@outbox.command()
def status(
    database: Database = "",
    database_file: DatabaseFile = None,
    table: TableName = "govpulse_outbox",
    as_json: AsJson = False,
) -> None:
    """Say how many rows wait and how many were refused. Exit code 1 where any was refused."""
    queue = _queue(_url(database, database_file), "urn:nobody", "", table=table)
    queue.check_table()
    waiting, refused, oldest = queue.waiting()
    if as_json:
        show_json({"waiting": waiting, "refused": refused, "oldest": oldest})
    else:
        since = f", the oldest is row {oldest}" if waiting else ""
        remedy = ": the column 'refused' says why" if refused else ""
        console.print(f"{waiting} wait{since}; {refused} refused{remedy}", markup=False)
    if refused:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.add_typer(outbox, name="outbox")


def _url(database: str, database_file: Path | None) -> str:
    if bool(database) == (database_file is not None):
        raise typer.BadParameter("say where the table is: --database-file or --database, one of them")
    return database or (database_file.read_text(encoding="utf-8").strip() if database_file else "")


def _queue(url: str, source: str, authority: str, *, table: str, zone: str = "", is_deleting: bool = False) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    import sqlalchemy

    from connectors.publisher.check import Check
    from connectors.publisher.outbox.queue import OutboxQueue

    try:
        known = ZoneInfo(zone) if zone else None
        engine = sqlalchemy.create_engine(_driven(url), pool_pre_ping=True, pool_size=1)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"no zone {zone!r}: write it as Asia/Shanghai") from None
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise typer.BadParameter(f"the database's URL: {type(error).__name__}: {error}") from None
    return OutboxQueue(engine, Check(source, authority or None), table=table, zone=known, is_deleting=is_deleting)


def _driven(url: str) -> str:
    """PostgreSQL by the driver that is installed here."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _door(settings: Settings, gateway: str, key_file: Path | None, topic: str) -> Any:
    if gateway and key_file and not topic:
        from connectors.publisher.http_door import HttpDoor

        return HttpDoor(gateway, key_file)
    if topic and not gateway:
        from connectors.publisher.kafka_door import KafkaDoor

        return KafkaDoor(topic, **settings.kafka_client())
    raise typer.BadParameter("say where to send: --gateway with --key-file, or --topic")
