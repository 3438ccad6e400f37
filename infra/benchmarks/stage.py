"""The stage of a benchmark: servers and worker processes of its own, on a data folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from connectors.kafka import ensure_topics
from infra.local.platform import down, prepare_database, up
from streams.settings import Settings, load_settings, process_environment


class Stage:
    """Servers that are up, and processes to be measured on them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.connection = psycopg.connect(settings.database, autocommit=True)

    def ask(self, query: str, *parameters: Any) -> Any:
        """The first column of the first row."""
        row = self.connection.execute(query.encode(), parameters).fetchone()
        return row[0] if row else None

    def wait(self, condition: Callable[[], Any], *, seconds: float = 900.0) -> float:
        """When the condition came true (seconds of the monotonic clock)."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the benchmark did not come to its end")
            time.sleep(0.02)
        return time.monotonic()

    def start(self, *arguments: str) -> "Measured":
        log = (self.settings.home / "logs" / f"bench-{arguments[0]}.log").open("ab")
        command = [sys.executable, "-m", "infra.cli", *arguments]
        with log:
            process = subprocess.Popen(command, env=process_environment(self.settings), stdout=log, stderr=log)
        return Measured(process)


class Measured:
    """A process of ours and the most memory it was seen to hold."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.most_rss = 0
        self._known = psutil.Process(process.pid)

    def look(self) -> None:
        try:
            self.most_rss = max(self.most_rss, self._known.memory_info().rss)
        except psutil.NoSuchProcess:
            return

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def stage(home: Path, report: Callable[[str], None]) -> Iterator[Stage]:
    """Servers on a fresh data folder, stopped afterwards."""
    settings, _ = up(load_settings(home=str(home), kafka_heap_mb=1024), report, servers_only=True)
    prepare_database(settings)
    ensure_topics(settings)
    on = Stage(settings)
    try:
        yield on
    finally:
        on.connection.close()
        down(settings)
