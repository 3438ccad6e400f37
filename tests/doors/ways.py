"""The doors: each brings a week's messages to the platform as a source of that kind would."""

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition
from psycopg import sql
from sqlalchemy import make_url

from connectors.inbox.names import inbox_topic
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import Delivery
from connectors.publisher import HttpDoor, Publisher
from connectors.publisher.outbox.rows import RECIPES
from connectors.source_keys import make_key
from connectors.sources.simulated.city import AUTHORITY
from streams.settings import Settings
from tests.chaos.installation import Processes, environment
from tests.connectors.fronts import Front
from tests.connectors.gateways import BATCH, gateway
from tests.doors.week import Door, by_source, folder_of


def by_lines(running: Processes, messages: list[bytes]) -> None:
    """`govpulse publish FILE`: events as JSON lines."""
    path = folder_of(running, "lines") / "week.jsonl"
    path.write_bytes(b"\n".join(messages))
    govpulse(running, "publish", str(path))


def by_http(running: Processes, messages: list[bytes]) -> None:
    """The HTTP door, in batches, every source with its key."""
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with gateway(running.settings, running.home / "serve.log") as door:
        for source, told in parts.items():
            with door.client(keys[source]) as client:
                for first in range(0, len(told), 400):
                    body = b"[" + b",".join(told[first : first + 400]) + b"]"
                    while (
                        answer := client.post("/v1/events", content=body, headers={"content-type": BATCH})
                    ).status_code == 429:
                        time.sleep(0.2)  # a week of long ago waits for what happens now
                    assert answer.status_code == 202, answer.text


def key_of(running: Processes, source: str) -> str:
    with psycopg.connect(running.settings.database) as connection:
        return make_key(connection, source, made_by="test").key


def by_publisher(running: Processes, messages: list[bytes]) -> None:
    """The publisher of Python sources: a spool on the disk, then the HTTP door."""
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with gateway(running.settings, running.home / "serve.log") as door:
        for source, told in parts.items():
            spool = folder_of(running, "spools") / f"{source.rpartition(':')[2]}.db"
            with Publisher(spool, HttpDoor(door.url, keys[source]), source=source) as publisher:
                publisher.publish_all(msgspec.json.decode(message) for message in told)
                assert publisher.flush(60)
                assert publisher.refused() == []


def by_inbox(running: Processes, messages: list[bytes]) -> None:
    """`govpulse inbox`: every source writes into its own topic."""
    settings, parts = running.settings, by_source(messages)
    ensure_inboxes(settings, parts)
    running.verbs = running.verbs | {"inbox": "inbox"}
    running.keep_alive()
    with Delivery(settings) as delivery:
        for source, told in parts.items():
            for message in told:
                delivery.send(inbox_topic(source), None, message)
    wait_for_inbox(settings, parts)


def wait_for_inbox(settings: Settings, sources: Iterable[str], *, seconds: float = 90) -> None:
    """Until everything that lies in the inboxes was admitted."""
    deadline = time.monotonic() + seconds
    with closing(KafkaConsumer(**settings.kafka_client(), group_id=settings.group("inbox"))) as consumer:
        names = [settings.topic(inbox_topic(source)) for source in sources]
        places = [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name)]
        ends = consumer.end_offsets(places)
        while any((consumer.committed(place) or 0) < end for place, end in ends.items()):
            assert time.monotonic() < deadline, "the inbox is not emptied"
            time.sleep(0.2)


def by_outbox(running: Processes, messages: list[bytes]) -> None:
    """The transactional outbox of every source's own database, and its poller."""
    recipe = RECIPES["postgresql"].read_text().partition("-- the poller's user")[0]
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with (
        front_database(running.settings.database) as front,
        gateway(running.settings, running.home / "serve.log") as door,
    ):
        for number, (source, told) in enumerate(parts.items()):
            table = f"outbox_{number}"
            front.run(recipe.replace("govpulse_outbox", table))
            front.run(
                f"""insert into {table} (event_type, subject, authority, occurred_at, record_key, data_version, operation, data,
                    created_at)
                    values (:type, :subject, :authority, :time, :record, :version, :operation, :data, :recorded)""",
                *map(outbox_row, told),
            )
            key = folder_of(running, "keys") / table
            key.write_text(keys[source])
            options = ("--source", source, "--gateway", door.url, "--key-file", str(key), "--table", table, "--once")
            url = front.engine.url.render_as_string(hide_password=False)
            file = folder_of(running, "keys") / f"{table}.url"
            file.write_text(url)
            govpulse(running, "outbox", "poll", *options, "--database-file", str(file))


def outbox_row(message: bytes) -> dict[str, Any]:
    told = msgspec.json.decode(message)
    return {
        "type": told["type"].removeprefix("cn.gov.approval.").removesuffix(".v1"),
        "subject": told["subject"],
        "authority": told["authority"],
        "time": datetime.fromisoformat(told["time"]),
        "record": told["recordkey"],
        "version": told["dataversion"],
        "operation": told.get("operation", "U"),
        "data": json.dumps(told.get("data", {})),
        "recorded": datetime.fromisoformat(told["recordedtime"]),
    }


def by_poll(running: Processes, messages: list[bytes]) -> None:
    """`govpulse poll`: a department's database, a table for every kind of event of every source, read by mappings."""
    folder, options = folder_of(running, "mappings"), []
    with front_database(running.settings.database) as front:
        for source, told in by_source(messages).items():
            kinds: dict[str, list[dict[str, str]]] = defaultdict(list)
            for written, message in enumerate(told):
                row = row_of(message)
                kinds[row["type"]].append(row | {"written": str(written)})
            for number, rows in enumerate(kinds.values()):
                table = f"{source.rpartition(':')[2].replace('-', '_')}_{number}"
                create(front, table, rows)
                fill(front, table, rows)
                path = folder / f"{table}.toml"
                path.write_text(mapping_of(source, table, rows))
                options += ["--mapping", str(path)]
        url = make_url(front.url)
        account = {"GOVPULSE_POLL_DATABASE": url.set(password=None).render_as_string()}
        account |= {"GOVPULSE_POLL_PASSWORD": url.password} if url.password else {}
        govpulse(running, "poll", "--once", *options, **account)


def govpulse(running: Processes, *arguments: str, **told: str) -> None:
    """A command, as people type it."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.cli", *arguments],
        env=environment(running.settings) | told,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def fill(front: Front, table: str, rows: list[dict[str, str]]) -> None:
    """Rows into a table that `create` made."""
    columns = sorted({name for row in rows for name in row})
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(f":c{place}" for place in range(len(columns)))
    front.run(
        f"insert into {table} ({names}) values ({places})",  # names of our own making
        *({f"c{place}": row.get(name) for place, name in enumerate(columns)} for row in rows),
    )


def create(front: Front, table: str, rows: list[dict[str, str]]) -> None:
    """A table with a column for everything that the rows have; only the watermark is a number."""
    columns = sorted({name for row in rows for name in row})
    front.create(table, ", ".join(f'"{name}" {"int" if name == "written" else "text"}' for name in columns))


@contextmanager
def front_database(database: str) -> Iterator[Front]:
    """A database of a department beside the platform's."""
    server, _, name = database.rpartition("/")
    front = sql.Identifier(f"{name}_front")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(front))
        department = Front(f"{server}/{name}_front".replace("postgresql:", "postgresql+psycopg:"), time="timestamptz")
        try:
            yield department
        finally:
            department.close()
            connection.execute(sql.SQL("drop database {} with (force)").format(front))


def row_of(message: bytes) -> dict[str, str]:
    """A message as a row: a column for every attribute and every field."""
    told = msgspec.json.decode(message)
    data = {f"data.{path}": value for path, value in fields_of(told.pop("data", {}))}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in (told | data).items()}


def fields_of(data: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from fields_of(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def mapping_of(source: str, table: str, rows: list[dict[str, str]]) -> str:
    """The mapping of a table that tells one kind of event."""
    kind = rows[0]["type"].removeprefix("cn.gov.approval.").removesuffix(".v1")
    fields = sorted({name for row in rows for name in row if name.startswith("data.")})
    return f"""
name = "{table.replace("_", "-")}"
title = "A department's table"
format = "table"
source = "{source}"
authority = "{AUTHORITY}"
zone = "Asia/Shanghai"
number = "subject"
version = "dataversion"
operation = "operation"
recorded = "recordedtime"
[table]
name = "{table}"
watermark = "written"
key = ["written"]
optional = ["operation"]
[[event]]
type = "{kind}"
time = "time"
record = "{{recordkey}}"
[event.data]
""" + "".join(f'"{name.removeprefix("data.")}" = {{ from = "{name}" }}\n' for name in fields)


WAYS: dict[str, Door] = {
    "lines": by_lines,
    "http": by_http,
    "publisher": by_publisher,
    "inbox": by_inbox,
    "outbox": by_outbox,
    "poll": by_poll,
}
