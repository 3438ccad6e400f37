"""Kafka Connect with Debezium's connector for PostgreSQL, as docs/databases.md sets it up, from Maven artefacts."""

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from infra.local import kafka, ports
from infra.local.maven import artefacts
from streams.settings import Settings
from tests.connectors.fronts import Front
from tests.servers import CACHE, Server, postgres_server

#: A recipe's settings for a source's PostgreSQL; what is the installation's own is added by the test.
CONNECTOR = {
    "name": "front",
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "plugin.name": "pgoutput",
    "publication.name": "govpulse",
    "publication.autocreate.mode": "disabled",
    "slot.name": "govpulse",
    "snapshot.mode": "initial",
    "decimal.handling.mode": "string",
    "topic.creation.default.replication.factor": "1",
    "topic.creation.default.partitions": "3",
    "heartbeat.interval.ms": "10000",
    "poll.interval.ms": "20",
}


def connect_server(home: Path, bootstrap: str, connector: dict[str, str]) -> Server:
    """A standalone worker with one connector, not started yet. It is up when the connector says that it runs."""
    home.mkdir(parents=True, exist_ok=True)
    plugin = home / "plugins" / "debezium"
    plugin.mkdir(parents=True)
    for jar in artefacts(Path(__file__).with_name("debezium.lock.toml"), CACHE):
        shutil.copy(jar, plugin)
    classpath = [*kafka.jars(CACHE), *artefacts(Path(__file__).with_name("connect.lock.toml"), CACHE)]
    port = ports.free_port()
    worker = {
        "bootstrap.servers": bootstrap,
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "true",
        "offset.storage.file.filename": str(home / "offsets"),
        "offset.flush.interval.ms": "1000",
        "plugin.path": str(home / "plugins"),
        "plugin.discovery": "service_load",
        "listeners": f"http://127.0.0.1:{port}",
    }
    for name, settings in (("worker", worker), ("connector", connector)):
        (home / f"{name}.properties").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    (home / "log4j2.yaml").write_text(
        "Configuration:\n  Appenders:\n    Console:\n      name: out\n      PatternLayout:\n        pattern: '%d %p %c{1}: %m%n'\n"
        "  Loggers:\n    Root:\n      level: WARN\n      AppenderRef:\n        ref: out\n"
    )
    command = [
        str(kafka.java()), "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        f"-Dlog4j2.configurationFile={home / 'log4j2.yaml'}", "-cp", ":".join(map(str, classpath)),
        "org.apache.kafka.connect.cli.ConnectStandalone", str(home / "worker.properties"), str(home / "connector.properties"),
    ]  # fmt: skip

    def is_up() -> bool:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/connectors/{connector['name']}/status", timeout=2
            ) as answer:
                status = json.load(answer)
        except OSError:
            return False
        return any(task["state"] == "RUNNING" for task in status["tasks"])

    return Server(command, log=home / "connect.log", user=None, is_up=is_up)


@contextmanager
def captured_front(
    settings: Settings, home: Path, *, time: str, fill: Callable[[Front], list[str]]
) -> Iterator[tuple[Front, Server]]:
    """A department's PostgreSQL and a connector that captures the tables that `fill` made and named, set up, not started.

    Topics begin with `front`, after the prefix of the installation. All of it ends with the context.
    """
    server, url = postgres_server(home)
    with (home / "postgres" / "govpulse.conf").open("a") as configuration:
        configuration.write(
            "wal_level = logical\nmax_wal_senders = 8\nmax_replication_slots = 8\nwal_sender_timeout = 0\n"
        )
    server.start()
    connect = None
    try:
        database = make_url(url).set(database="postgres")
        plain = database.render_as_string(hide_password=False)
        front = Front(plain.replace("postgresql://", "postgresql+psycopg://"), time=time)
        tables = fill(front)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("create publication govpulse")
            connection.execute("create role capturer login replication password 'pw'")
            for table in map(sql.Identifier, tables):
                connection.execute(sql.SQL("alter table {} replica identity full").format(table))
                connection.execute(sql.SQL("alter publication govpulse add table {}").format(table))
                connection.execute(sql.SQL("grant select on {} to capturer").format(table))
        connect = connect_server(
            home / "connect", settings.kafka,
            CONNECTOR | {
                "database.hostname": database.host, "database.port": str(database.port), "database.dbname": "postgres",
                "database.user": "capturer", "database.password": "pw", "topic.prefix": settings.topic("front"),
                "table.include.list": ",".join(f"public.{table}" for table in tables),
            },
        )  # fmt: skip
        yield front, connect
        front.close()
    finally:
        if connect is not None:
            connect.kill()
        server.kill()
