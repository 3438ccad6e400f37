"""Doors that read what a department keeps in tables: a database that is polled or captured, and files."""

import csv
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition
from psycopg import sql
from sqlalchemy import make_url

from connectors.sources.simulated.city import AUTHORITY
from tests.chaos.installation import Processes
from tests.connect import captured_front
from tests.connectors.fronts import Front
from tests.doors.week import by_source, folder_of, govpulse
from tests.servers import open_folder

HEAD = """
name = "{table.mapping}"
title = "What a department keeps"
source = "{table.source}"
authority = "{authority}"
zone = "Asia/Shanghai"
number = "subject"
version = "dataversion"
operation = "operation"
recorded = "recordedtime"
{read}
"""
POLLED = """
format = "table"
[table]
name = "{table.name}"
watermark = "written"
key = ["written"]
optional = ["operation"]
"""
FILE = """
format = "csv"
row = "entry"
"""
EVENT = """
[[event]]
type = "{name}"
id = "{{id}}"
time = "time"
record = "{{recordkey}}"
when = [{{ from = "type", in = ["{type}"] }}]
[event.data]
"""


#: What tells the rows of a department apart that has one for each record.
KEY = ("subject", "recordkey")


class Table(NamedTuple):
    """What a source tells of one kind: its rows in the order of writing."""

    name: str
    source: str
    rows: list[dict[str, str]]

    @property
    def mapping(self) -> str:
        return self.name.replace("_", "-")


def tables_of(messages: list[bytes]) -> Iterator[Table]:
    """A table for every kind of event of every source."""
    for source, told in by_source(messages).items():
        kinds: dict[str, list[dict[str, str]]] = defaultdict(list)
        for written, message in enumerate(told):
            row = row_of(message)
            kinds[row["type"]].append(row | {"written": str(written)})
        short = source.rpartition(":")[2].replace("-", "_")
        yield from (Table(f"{short}_{number}", source, rows) for number, rows in enumerate(kinds.values()))


def by_file(running: Processes, messages: list[bytes]) -> None:
    """`govpulse publish FILE --mapping`: a CSV file of every source."""
    folder = folder_of(running, "files")
    for source, told in by_source(messages).items():
        table = Table(source.rpartition(":")[2].replace("-", "_"), source, [row_of(message) for message in told])
        path, mapping = folder / f"{table.name}.csv", folder / f"{table.name}.toml"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns_of(table))
            writer.writeheader()
            writer.writerows(table.rows)
        mapping.write_text(mapping_of(table, read=FILE))
        govpulse(running, "publish", str(path), "--mapping", str(mapping))


def by_poll(running: Processes, messages: list[bytes]) -> None:
    """`govpulse poll`: a department's database, a table for every kind of event of every source, read by mappings."""
    with front_database(running.settings.database) as front:
        tables = list(tables_of(messages))
        for table in tables:
            create(front, table)
            fill(front, table, table.rows)
        url = make_url(front.url)
        account = {"GOVPULSE_POLL_DATABASE": url.set(password=None).render_as_string()}
        account |= {"GOVPULSE_POLL_PASSWORD": url.password} if url.password else {}
        govpulse(running, "poll", "--once", *mappings_of(running, tables), **account)


def by_capture(running: Processes, messages: list[bytes]) -> None:
    """`govpulse capture`: Debezium captures how a department's rows came, changed and went; half of it was before it began."""
    tables, settings = list(tables_of(messages)), running.settings
    changes = sorted(
        ((table, row) for table in tables for row in table.rows),
        key=lambda change: (datetime.fromisoformat(change[1]["recordedtime"]), int(change[1]["dataversion"])),
    )
    half = len(changes) // 2

    def filled(front: Front) -> list[str]:
        for table in tables:
            create(front, table, key=KEY)
        for table, row in changes[:half]:
            write(front, table, row)
        return [table.name for table in tables]

    with open_folder() as home, captured_front(settings, home, time="timestamptz", fill=filled) as (front, connect):
        standing = sum(front.count(table.name) for table in tables)
        connect.start()
        records = standing + sum(write(front, table, row) for table, row in changes[half:])
        wait_for_records(running, tables, records)
        govpulse(running, "capture", "--once", "--prefix", settings.topic("front"), *mappings_of(running, tables))


def write(front: Front, table: Table, row: dict[str, str]) -> int:
    """A row as its department writes it, changes it or deletes it; how many records Debezium makes of that."""
    columns = {name: row.get(name) for name in columns_of(table)}
    if row.get("operation") == "D":
        met = " and ".join(f'"{name}" = :{name}' for name in KEY)
        return 2 * front.run(
            f"delete from {table.name} where {met}", {name: row[name] for name in KEY}
        )  # and a tombstone
    names = ", ".join(f'"{name}"' for name in columns)
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in columns)
    return front.run(
        f"""insert into {table.name} ({names}) values ({", ".join(f":c{place}" for place in range(len(columns)))})
            on conflict ({", ".join(KEY)}) do update set {changed}""",
        {f"c{place}": text for place, text in enumerate(columns.values())},
    )


def wait_for_records(running: Processes, tables: list[Table], records: int, *, seconds: float = 120) -> None:
    """Until Debezium has written so many."""
    deadline, settings = time.monotonic() + seconds, running.settings
    with closing(KafkaConsumer(**settings.kafka_client())) as consumer:
        topics = [settings.topic(f"front.public.{table.name}") for table in tables]
        written = 0
        while written < records:
            assert time.monotonic() < deadline, f"{written} of {records} records"
            time.sleep(0.5)
            places = [
                TopicPartition(topic, part) for topic in topics for part in consumer.partitions_for_topic(topic) or ()
            ]
            written = sum(consumer.end_offsets(places).values()) if places else 0


def mappings_of(running: Processes, tables: list[Table]) -> list[str]:
    """The options that name a mapping of each table."""
    folder, options = folder_of(running, "mappings"), []
    for table in tables:
        path = folder / f"{table.name}.toml"
        path.write_text(mapping_of(table))
        options += ["--mapping", str(path)]
    return options


def columns_of(table: Table) -> list[str]:
    return sorted({name for row in table.rows for name in row} | {"operation"})


def fill(front: Front, table: Table, rows: list[dict[str, str]]) -> None:
    """Rows into a table that `create` made."""
    if not rows:
        return
    columns = columns_of(table)
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(f":c{place}" for place in range(len(columns)))
    front.run(
        f"insert into {table.name} ({names}) values ({places})",  # names of our own making
        *({f"c{place}": row.get(name) for place, name in enumerate(columns)} for row in rows),
    )


def create(front: Front, table: Table, *, key: tuple[str, ...] = ()) -> None:
    """A table with a column for everything that the rows have; only the watermark is a number."""
    columns = [f'"{name}" {"int" if name == "written" else "text"}' for name in columns_of(table)]
    front.create(table.name, ", ".join([*columns, f"primary key ({', '.join(key)})"] if key else columns))


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


def mapping_of(table: Table, *, read: str = POLLED) -> str:
    """The mapping of a table or a file: each row is an event of the type that it names."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in table.rows:
        kinds[row["type"]] |= {name for name in row if name.startswith("data.")}
    return HEAD.format(table=table, authority=AUTHORITY, read=read.format(table=table)) + "".join(
        EVENT.format(type=kind, name=kind.removeprefix("cn.gov.approval.").removesuffix(".v1"))
        + "".join(f'"{field.removeprefix("data.")}" = {{ from = "{field}" }}\n' for field in sorted(fields))
        for kind, fields in kinds.items()
    )
