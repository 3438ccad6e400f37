"""Real servers of a test's own: started, waited for, killed."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from infra.local import kafka, ports, postgres

REPOSITORY = Path(__file__).parents[1]
#: The jars are fetched once for demo and tests alike.
CACHE = REPOSITORY / ".govpulse" / "cache"


class Server:
    """A process that can be killed and started again on the same data and port."""

    def __init__(self, command: list[str], *, log: Path, user: str | None, is_up: Callable[[], bool]) -> None:
        self.command, self.log, self.user, self.is_up = command, log, user, is_up
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        postgres.make_reachable(self.log, self.user)  # another run of the tests may have closed their common folder
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd="/", stdout=log, stderr=log, **postgres.as_user(self.user)
            )
        deadline = time.monotonic() + 60
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.command[0]} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def postgres_server(home: Path) -> tuple[Server, str]:
    """A PostgreSQL under a folder, not started yet, and the URL of its database `govpulse`."""
    plan = postgres.plan(home, port=ports.free_port())
    maintenance = plan.url.rpartition("/")[0] + "/postgres"

    def is_up() -> bool:
        try:
            psycopg.connect(maintenance, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    return Server(plan.command, log=home / "postgres.log", user=plan.user, is_up=is_up), plan.url


def kafka_server(home: Path) -> tuple[Server, str]:
    """An Apache Kafka under a folder, not started yet, and its address."""
    plan = kafka.plan(home, port=ports.free_port(), controller_port=ports.free_port(), heap_mb=384, cache=CACHE)

    def is_up() -> bool:
        return ports.is_open(plan.bootstrap)

    return Server(plan.command, log=home / "kafka.log", user=None, is_up=is_up), plan.bootstrap
