"""The local platform: embedded servers where no others are set, the database made ready, the processes running."""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

from infra.local import home as homes
from infra.local import kafka, postgres
from infra.local.orphans import end_all
from infra.local.ports import PortTaken, ServerFault, free_port, is_open, port_or_free
from infra.local.supervision import Program, State, Supervisor
from streams.settings import Settings, load_settings, make_secret, process_environment

log = logging.getLogger(__name__)

#: What a step is called while it is under way; the reporter shows it.
Report = Callable[[str], None]


class Endpoints(Struct, frozen=True):
    """Where the embedded servers are; empty where the user's own are set."""

    kafka: str = ""
    database: str = ""
    kafka_port: int = 0
    controller_port: int = 0
    postgres_port: int = 0
    gateway_host: str = ""
    gateway_port: int = 0


def up(settings: Settings, report: Report, *, servers_only: bool = False) -> tuple[Settings, bool]:
    """Starts what is not running; returns the settings with the servers' addresses, and whether anything was started."""
    supervisor = Supervisor(settings.home)
    if supervisor.is_running() and _is_whole(supervisor.states()):
        return settings, False
    homes.prepare(settings.home)
    supervisor.stop()
    left = end_all(settings.home)
    if left:
        report(f"ended {left} processes that an earlier run left behind")
    make_secret(settings.home, "pseudonym.key")
    endpoints, programs = _servers(settings, report)
    settings = load_settings(home=str(settings.home))
    programs += [] if servers_only else _processes(settings, endpoints.gateway_port)
    report("starting the servers")
    supervisor.start(programs, process_environment(settings))
    try:
        _make_ready(settings, endpoints, supervisor, report)
        report("starting the processes")
        supervisor.start_programs([program.name for program in programs if not program.starts_by_itself])
        _wait_until_running(supervisor)
    except BaseException:
        down(settings)
        raise
    return settings, True


def down(settings: Settings) -> int:
    """Stops everything; returns how many processes had to be looked for."""
    Supervisor(settings.home).stop()
    return end_all(settings.home)


def states(settings: Settings) -> list[State]:
    return Supervisor(settings.home).states()


def gateway_address(settings: Settings) -> str | None:
    """Where the HTTP door of a data folder is; None before the first `up`."""
    known = msgspec.convert(homes.read_json(settings.home / "run" / "endpoints.json"), Endpoints)
    return f"http://{known.gateway_host}:{known.gateway_port}" if known.gateway_port else None


def prepare_database(settings: Settings) -> None:
    """Migrations and the shipped reference data: safe to run at any time.

    A release whose rows do not go together with the city's own does not keep the platform down: the version in force
    stays, and the log says what to mend.
    """
    from infra.database import upgrade  # noqa: PLC0415 - slow to import, and not needed by `status`
    from infra.reference_data import InvalidRows, load_shipped  # noqa: PLC0415

    upgrade(settings.database)
    try:
        result = load_shipped(settings.database)
    except InvalidRows as error:
        if not _has_reference(settings.database):
            raise
        log.warning(
            "the reference data of this release is not loaded, what was in force stays; mend it, then 'govpulse reference load':\n%s",
            error,
        )
        return
    for row in (*result.kept, *result.notes):
        log.warning("reference data: %s", row)


def _has_reference(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("select 1 from reference.active").fetchone() is not None


def _servers(settings: Settings, report: Report) -> tuple[Endpoints, list[Program]]:
    """Plans the embedded servers and writes down where they will be."""
    path = settings.home / "run" / "endpoints.json"
    before = msgspec.convert(homes.read_json(path), Endpoints)
    given = load_settings(home=str(settings.home))
    own_kafka = given.kafka and given.kafka != before.kafka
    own_database = given.database and given.database != before.database
    programs: list[Program] = []
    endpoints = Endpoints()
    if not own_kafka:
        report("preparing Apache Kafka")
        port = _port(settings.kafka_port, before.kafka_port, "GOVPULSE_KAFKA_PORT")
        controller = _port(0, before.controller_port, "")
        plan = kafka.plan(
            settings.home,
            port=port,
            controller_port=controller,
            heap_mb=settings.kafka_heap_mb,
            cache=settings.home / "cache",
            report=lambda number, total: report(f"preparing Apache Kafka: jar {number} of {total}"),
        )
        endpoints = msgspec.structs.replace(
            endpoints, kafka=plan.bootstrap, kafka_port=port, controller_port=controller
        )
        programs.append(Program("kafka", plan.command, order=1, starts_by_itself=True))
    if not own_database:
        report("preparing PostgreSQL")
        port = _port(settings.postgres_port, before.postgres_port, "GOVPULSE_POSTGRES_PORT")
        server = postgres.plan(settings.home, port=port)
        endpoints = msgspec.structs.replace(endpoints, database=server.url, postgres_port=port)
        programs.append(
            Program("postgres", server.command, order=1, starts_by_itself=True, user=server.user, stop_signal="INT")
        )
    port = _port(settings.gateway_port, before.gateway_port, "GOVPULSE_GATEWAY_PORT")
    endpoints = msgspec.structs.replace(endpoints, gateway_host=settings.gateway_host, gateway_port=port)
    homes.write_private(path, msgspec.json.encode(endpoints).decode())
    return endpoints, programs


def _port(wanted: int, before: int, setting: str) -> int:
    """The port that is set, else the one of the last time if it is free, else a free one."""
    if wanted:
        return port_or_free(wanted, setting=setting)
    try:
        return port_or_free(before, setting=setting)
    except PortTaken:
        return free_port()


def _processes(settings: Settings, gateway_port: int) -> list[Program]:
    def program(name: str, *arguments: str) -> Program:
        command = [sys.executable, "-m", "infra.cli", *arguments]
        return Program(name, command, order=10, starts_by_itself=False)

    workers = [program(f"worker-{number}", "worker") for number in range(1, settings.workers + 1)]
    return [
        *workers,
        program("land", "land"),
        program("relay", "relay"),
        program("notify", "notify"),
        program("oversee", "oversee"),
        program("follow", "reference", "follow"),
        program("serve", "serve", "--port", str(gateway_port)),
        program("inbox", "inbox"),
    ]


def _make_ready(settings: Settings, endpoints: Endpoints, supervisor: Supervisor, report: Report) -> None:
    from connectors.kafka import ensure_topics  # noqa: PLC0415 - slow to import, and not needed by `status`

    if endpoints.database:
        _wait(supervisor, "postgres", lambda: _answers(endpoints.database))
        postgres.create_database(endpoints.database)
    report("making the database ready")
    prepare_database(settings)
    if endpoints.kafka:
        report("waiting for Apache Kafka")
        _wait(supervisor, "kafka", lambda: is_open(endpoints.kafka))
    report("making the topics ready")
    ensure_topics(settings)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url.rpartition("/")[0] + "/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait(supervisor: Supervisor, name: str, is_ready: Callable[[], bool], *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_ready():
        failed = [state for state in supervisor.states() if state.name == name and state.restarts > 2]
        if failed or time.monotonic() > deadline:
            log = supervisor.home / "logs" / f"{name}.log"
            raise ServerFault(f"{name} does not start: {last_line(log)} (see {log})")
        time.sleep(0.1)


def _wait_until_running(supervisor: Supervisor, *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not _is_whole(supervisor.states()):
        if time.monotonic() > deadline:
            ill = [state.name for state in supervisor.states() if state.state != "running"]
            raise ServerFault(f"{', '.join(ill)} did not come up: see {supervisor.home / 'logs'}")
        time.sleep(0.2)


def _is_whole(found: list[State]) -> bool:
    return bool(found) and all(state.state == "running" for state in found)


def last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
    return lines[-1] if lines else "no output"


def as_json(found: list[State]) -> Any:
    return msgspec.to_builtins(found)
