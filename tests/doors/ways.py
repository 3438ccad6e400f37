"""The doors: each brings a week's messages to the platform as a source of that kind would."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from connectors.publisher import HttpDoor, Publisher
from connectors.source_keys import make_key
from connectors.sources.simulated.city import AUTHORITY
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
                    answer = client.post("/v1/events", content=body, headers={"content-type": BATCH})
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


def by_poll(running: Processes, messages: list[bytes]) -> None:
    """`govpulse poll`: a department's database, a table for every kind of event of every source, read by mappings."""
    folder = folder_of(running, "mappings")
    with front_database(running.settings.database) as front:
        url = make_url(front.url)
        account = {"GOVPULSE_POLL_DATABASE": url.set(password=None).render_as_string()}
        account |= {"GOVPULSE_POLL_PASSWORD": url.password} if url.password else {}
        for source, told in by_source(messages).items():
            kinds: dict[str, list[dict[str, str]]] = defaultdict(list)
            for written, message in enumerate(told):
                row = row_of(message)
                kinds[row["type"]].append(row | {"written": str(written)})
            options = []
            for number, rows in enumerate(kinds.values()):
                table = f"{source.rpartition(':')[2].replace('-', '_')}_{number}"
                fill(front, table, rows)
                path = folder / f"{table}.toml"
                path.write_text(mapping_of(source, table, rows))
                options += ["--mapping", str(path)]
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
    columns = sorted({name for row in rows for name in row})
    front.create(table, ", ".join(f'"{name}" {"int" if name == "written" else "text"}' for name in columns))
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(f":c{place}" for place in range(len(columns)))
    front.run(
        f"insert into {table} ({names}) values ({places})",  # names of our own making
        *({f"c{place}": row.get(name) for place, name in enumerate(columns)} for row in rows),
    )


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


WAYS: dict[str, Door] = {"lines": by_lines, "http": by_http, "publisher": by_publisher, "poll": by_poll}
