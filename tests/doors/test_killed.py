"""Doors and Kafka are killed at random while sources tell a week: whatever was answered for counts once, and accounts balance."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from connectors.accounts import accounts, gaps
from connectors.inbox.names import inbox_topic
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import Delivery
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.reference import reference_rows
from infra.local.ports import free_port
from infra.reference_data import load
from tests.chaos.installation import Installation
from tests.city.witness import Witness
from tests.connectors.fronts import Front
from tests.connectors.gateways import BATCH
from tests.connectors.simulated_truth import city
from tests.doors.tables import create, fill, front_database, mappings_of, tables_of
from tests.doors.ways import key_of, wait_for_inbox
from tests.doors.week import PLAN, VERBS, by_source, different, end_week, folder_of

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(600)]
SECONDS, SEED = 30.0, 11
HTTP, PUBLISHER, POLL = "sim-hall-360200", "sim-welfare", "sim-hall-360222"


class Sources:
    """Who tells what by which door, spread over some seconds; `done` says when all was answered for."""

    def __init__(self, installation: Installation, front: Front, messages: list[bytes]) -> None:
        self.installation, self.front = installation, front
        self.parts = by_source(messages)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.failures: list[BaseException] = []
        self._by = {source.rpartition(":")[2]: source for source in self.parts}
        self.inboxes = [source for name, source in self._by.items() if name not in (HTTP, PUBLISHER, POLL)]
        self._threads: list[threading.Thread] = []

    def prepare(self) -> None:
        """Keys, topics, tables and mappings; then every door's process."""
        running = self.installation
        self._key = key_of(running, self._by[HTTP])
        ensure_inboxes(running.settings, self.parts)
        self.folder = folder_of(running, "publisher")
        (self.folder / "messages.jsonl").write_bytes(b"\n".join(self.parts[self._by[PUBLISHER]]))
        (self.folder / "key").write_text(key_of(running, self._by[PUBLISHER]))
        self._tables = list(tables_of(self.parts[self._by[POLL]]))
        for table in self._tables:
            create(self.front, table)
        options = mappings_of(running, self._tables)
        url = make_url(self.front.url)
        running.told = {
            "GOVPULSE_POLL_DATABASE": url.set(password=None).render_as_string(),
            "GOVPULSE_POLL_PASSWORD": url.password or "",
        }
        running.verbs = VERBS | {
            "serve": f"serve --port {self.url.rpartition(':')[2]}",
            "inbox": "inbox",
            "poll": " ".join(["poll", "--every", "0.5", *options]),
            "publisher": f"tests.doors.publishing {self.folder} {self.url} {self._by[PUBLISHER]} {SECONDS}",
        }
        running.keep_alive()

    def begin(self) -> None:
        for tell in (self._by_http, self._by_inbox, self._by_table):
            thread = threading.Thread(target=self._guarded, args=(tell,))
            thread.start()
            self._threads.append(thread)

    def wait(self) -> None:
        """Until every source was answered for, and every door has passed on what it took in."""
        deadline = time.monotonic() + 180
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), self.installation.logs()
        assert self.failures == []
        wait_for_inbox(self.installation.settings, self.inboxes)
        polled = len({tuple(map(row.get, ("subject", "recordkey", "dataversion", "recordedtime", "operation")))
                      for table in self._tables for row in table.rows})  # fmt: skip
        while not (self.folder / "done").exists() or self._landed(self._by[POLL]) < polled:
            self.installation.keep_alive()
            assert time.monotonic() < deadline, self.installation.logs()
            time.sleep(0.3)
        del self.installation.verbs["publisher"]  # it has told everything and ended

    def _guarded(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except BaseException as error:  # noqa: BLE001 - of a thread: told by who waits for it
            self.failures.append(error)

    def _by_http(self) -> None:
        told = self.parts[self._by[HTTP]]
        with httpx.Client(base_url=self.url, trust_env=False, timeout=10) as client:
            for batch in _spread(told, 20):
                while not self._is_received(client, b"[" + b",".join(batch) + b"]"):
                    time.sleep(0.2)

    def _is_received(self, client: httpx.Client, body: bytes) -> bool:
        headers = {"authorization": f"Bearer {self._key}", "content-type": BATCH}
        try:
            answer = client.post("/v1/events", content=body, headers=headers)
        except httpx.TransportError:
            return False
        assert answer.status_code in (202, 408, 429, 503), answer.text
        return answer.status_code == 202

    def _by_inbox(self) -> None:
        told = [(source, message) for source in self.inboxes for message in self.parts[source]]
        with Delivery(self.installation.settings) as delivery:
            for batch in _spread(told, 20):
                for source, message in batch:
                    delivery.send(inbox_topic(source), None, message)

    def _by_table(self) -> None:
        rows = sorted(
            ((table, row) for table in self._tables for row in table.rows),
            key=lambda one: int(one[1]["written"]),
        )
        for batch in _spread(rows, 4):
            for table, row in batch:
                fill(self.front, table, [row])

    def _landed(self, source: str) -> int:
        [(number,)] = self.installation.ask("select count(distinct id) from raw.event where source = %s", source)
        return number


def _spread(items: list, size: int) -> Iterator[list]:
    """Batches, evenly over the time."""
    began = time.monotonic()
    for first in range(0, len(items), size):
        yield items[first : first + size]
        time.sleep(max(0.0, began + SECONDS * first / len(items) - time.monotonic()))


def kill_at_random(installation: Installation, until: float) -> list[str]:
    dice, done = random.Random(SEED), []
    deeds = ["serve", "inbox", "publisher", "poll", "kafka"]
    dice.shuffle(deeds)
    while time.monotonic() < until:
        deed = deeds[len(done) % len(deeds)]
        done.append(deed)
        if deed == "kafka":
            installation.restart(installation.kafka, after=dice.random())
        else:
            installation.send_signal(deed, signal.SIGKILL)
        time.sleep(dice.random() * 3)
        installation.keep_alive()
        time.sleep(1)
    return done


@contextmanager
def installed(home) -> Iterator[tuple[Installation, list[bytes]]]:
    installation = Installation(home, {})
    try:
        installation.start()
        load(installation.settings.database, reference_rows(city(PLAN)), loaded_by="test")
        with closing(Witness(Diary(PLAN, city(PLAN)), installation.settings.database)) as witness:
            messages = [message for page in witness.pages() for _, _, message in page.messages]
        yield installation, messages
    finally:
        installation.stop()


def test_what_was_answered_for_counts_once_whatever_is_killed(open_path):
    with installed(open_path) as (installation, messages), front_database(installation.settings.database) as front:
        sources = Sources(installation, front, messages)
        sources.prepare()
        sources.begin()
        done = kill_at_random(installation, time.monotonic() + SECONDS)
        print(f"killed: {', '.join(done)}")
        sources.wait()
        end_week(installation)
        assert different(installation.settings.database) == []
        with psycopg.connect(installation.settings.database) as connection:
            told = accounts(connection)
            assert gaps(connection, since=datetime.now(UTC) - timedelta(days=2)) == []
        assert [one.source for one in told if not one.is_balanced] == []
        assert sum(one.rejected + one.dead_lettered + one.pending + one.conflict for one in told) == 0
        assert sum(one.duplicate for one in told) > 0, "nothing was told twice: nothing was killed in the middle"
