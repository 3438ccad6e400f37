"""dbt in this process: telemetry off, everything it writes under the data folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from streams.settings import Settings

PROJECT = Path(__file__).parents[2] / "dbt_project"


class Node(Struct, frozen=True):
    """What dbt did with one model or test."""

    name: str
    status: str
    seconds: float
    failures: int | None
    message: str | None

    @property
    def is_well(self) -> bool:
        return self.status in ("success", "pass", "warn", "no-op")


class DbtFailed(Exception):
    """dbt itself did not run: a broken project, or no database."""


class Dbt:
    """One parsed project; several commands."""

    def __init__(self, settings: Settings, run_id: str) -> None:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes a second to import

        self._settings, self._run_id = settings, run_id
        self._runner = dbtRunner()

    def build(self, *selection: str) -> list[Node]:
        """Builds and tests a part of the project; unit tests are for developers (`unit_test`)."""
        return self._run("build", "--exclude-resource-type", "unit_test", *selection)

    def unit_test(self, selection: str = "*") -> list[Node]:
        """Runs the unit tests (of a selection of models), on a database whose models were built."""
        return self._run("test", "--select", f"{selection},test_type:unit")

    def _run(self, *command: str) -> list[Node]:
        with _environment(self._settings):
            outcome = self._runner.invoke([*command, *self._arguments()])
        if outcome.result is None:
            raise DbtFailed(f"dbt did not run: {outcome.exception or 'see its log'}")
        return [_node(result) for result in outcome.result.results]

    def parse(self) -> None:
        """Reads the project and writes its manifest; needs no database."""
        with _environment(self._settings):
            outcome = self._runner.invoke(["parse", *self._arguments()])
        if not outcome.success:
            raise DbtFailed(f"the project cannot be parsed: {outcome.exception}")

    def _arguments(self) -> list[str]:
        folder = self._settings.home / "dbt"
        return [
            "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(folder / "target"),
            "--log-path", str(folder / "logs"), "--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats",
            "--no-version-check", "--vars", f"{{run_id: {self._run_id}}}",
        ]  # fmt: skip


def _node(result: Any) -> Node:
    return Node(
        name=result.node.name,
        status=str(result.status.value if hasattr(result.status, "value") else result.status),
        seconds=round(result.execution_time, 3),
        failures=result.failures,
        message=result.message,
    )


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """Dbt reads its connection from the environment; it is put there for as long as it runs."""
    url = urlsplit(settings.database)
    given = {
        "GOVPULSE_DBT_HOST": url.hostname or "127.0.0.1",
        "GOVPULSE_DBT_PORT": str(url.port or 5432),
        "GOVPULSE_DBT_USER": unquote(url.username or ""),
        "GOVPULSE_DBT_PASSWORD": unquote(url.password or ""),
        "GOVPULSE_DBT_DATABASE": url.path.lstrip("/"),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PGTZ": "UTC",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
