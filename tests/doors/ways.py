"""The doors: each brings a week's messages to the platform as a source of that kind would."""

import subprocess
import sys

import psycopg

from connectors.source_keys import make_key
from tests.chaos.installation import Processes, environment
from tests.connectors.gateways import BATCH, gateway
from tests.doors.week import Door, by_source, folder_of


def by_lines(running: Processes, messages: list[bytes]) -> None:
    """`govpulse publish FILE`: events as JSON lines."""
    path = folder_of(running, "lines") / "week.jsonl"
    path.write_bytes(b"\n".join(messages))
    subprocess.run(
        [sys.executable, "-m", "infra.cli", "publish", str(path)],
        env=environment(running.settings),
        check=True,
        capture_output=True,
    )


def by_http(running: Processes, messages: list[bytes]) -> None:
    """The HTTP door, in batches, every source with its key."""
    parts = by_source(messages)
    keys = {source: key_of(running, source) for source in parts}
    with gateway(running.settings, running.home / "serve.log") as door:
        for source, told in parts.items():
            with door.client(keys[source]) as client:
                for first in range(0, len(told), 400):
                    body = b"[" + b",".join(told[first : first + 400]) + b"]"
                    answer = client.post("/v1/events", content=body, headers={"content-type": BATCH})
                    assert answer.status_code == 202, answer.text


def key_of(running: Processes, source: str) -> str:
    with psycopg.connect(running.settings.database) as connection:
        return make_key(connection, source, made_by="test").key


WAYS: dict[str, Door] = {"lines": by_lines, "http": by_http}
