"""A gateway of a test's own: the process itself, on a free port, and clients with keys."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from connectors.source_keys import make_key
from infra.local.ports import free_port
from infra.reference_data import load
from streams.settings import Settings
from tests.chaos.installation import environment

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


class Gateway:
    """`govpulse serve` and its address."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = log
        self.environment = environment(settings)
        self.start()

    def start(self) -> None:
        """The process; again where it was killed."""
        command = [sys.executable, "-m", "infra.cli", "serve", "--port", self.url.rpartition(":")[2]]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def client(self, key: str, **options) -> httpx.Client:
        headers = {"authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=40, trust_env=False, **options)

    def wait(self, *, is_ready: bool = True, seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if (httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200) is is_ready:
                    return
            except httpx.TransportError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def gateway(settings: Settings, log: Path) -> Iterator[Gateway]:
    """A gateway that is ready; stopped in order at the end."""
    running = Gateway(settings, log)
    try:
        running.wait()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def registered(settings: Settings, source: str, **row: str) -> str:
    """Registers a source, and returns its key."""
    load(settings.database, {"source": [{"source": source, "authority": "jdz"} | row]}, loaded_by="test")
    with psycopg.connect(settings.database) as connection:
        return make_key(connection, source, made_by="test").key
