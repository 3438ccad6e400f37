"""An installation of a test's own, every process of which can be killed, stopped and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from connectors.kafka import ensure_topics
from infra.database import upgrade
from infra.local.postgres import create_database
from infra.reference_data import load_shipped
from streams.settings import Settings, process_environment
from tests.servers import REPOSITORY, Server, kafka_server, postgres_server

PROCESSES = {"worker-1": "worker", "worker-2": "worker", "land": "land"}


#: What the processes are told of a test's installation.
TOLD = (
    "home",
    "kafka",
    "database",
    "topic_prefix",
    "partitions",
    "pseudonym_key",
    "tick_seconds",
    "gateway_held_mb",
    "backfill_lag_seconds",
)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process: this installation's settings and none of the machine's."""
    told = {f"GOVPULSE_{name.upper()}": str(getattr(settings, name)) for name in TOLD}
    kept = {name: value for name, value in process_environment(settings).items() if not name.startswith("GOVPULSE_")}
    return kept | told


class Processes:
    """The platform's processes of one installation; `verbs`: the verb of each, by name, or a module of the tests.

    `told`: what their environment has beside the settings.
    """

    def __init__(self, settings: Settings, verbs: Mapping[str, str]) -> None:
        self.settings, self.home, self.verbs = settings, settings.home, verbs
        self.told: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.home.mkdir(parents=True, exist_ok=True)

    def keep_alive(self) -> None:
        """Starts what is not running, as the supervisor would."""
        for name, verb in self.verbs.items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                with (self.home / f"{name}.log").open("ab") as log:
                    words = verb.split() if verb.startswith("tests.") else ["infra.cli", *verb.split()]
                    self.processes[name] = subprocess.Popen(
                        [sys.executable, "-m", *words],
                        cwd=REPOSITORY,
                        env=environment(self.settings) | self.told,
                        stdout=log,
                        stderr=log,
                    )

    def send_signal(self, name: str, number: signal.Signals) -> None:
        process = self.processes[name]
        if process.poll() is None:
            os.kill(process.pid, number)
            if number == signal.SIGKILL:
                process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def ask(self, query: str, *parameters):
        with psycopg.connect(self.settings.database, connect_timeout=5) as connection:
            return connection.execute(query, parameters).fetchall()

    def logs(self) -> str:
        found = {name: (self.home / f"{name}.log").read_text()[-2500:] for name in self.verbs}
        return "\n".join(f"--- {name}\n{text}" for name, text in found.items())


class Installation(Processes):
    """Kafka and PostgreSQL of its own beside the processes."""

    def __init__(self, home: Path, verbs: Mapping[str, str] = PROCESSES) -> None:
        self.postgres, database = postgres_server(home)
        self.kafka, bootstrap = kafka_server(home)
        settings = Settings(
            home=home,
            kafka=bootstrap,
            database=database,
            partitions=6,
            tick_seconds=0.3,
            pseudonym_key="a key of the tests",
        )
        super().__init__(settings, verbs)

    def start(self) -> None:
        self.postgres.start()
        self.kafka.start()
        create_database(self.settings.database)
        upgrade(self.settings.database)
        load_shipped(self.settings.database)
        ensure_topics(self.settings)
        self.keep_alive()

    def restart(self, server: Server, *, after: float) -> None:
        """Kills a server and starts it again on the same data and port."""
        server.kill()
        time.sleep(after)
        for attempt in range(20):
            try:
                server.start()
            except AssertionError:  # the dead server's children still hold its memory
                if attempt == 19:
                    raise
                time.sleep(0.5)
            else:
                return

    def stop(self) -> None:
        super().stop()
        self.kafka.stop()
        self.postgres.stop()
