"""up, down, status on this machine: processes that are killed come back, nothing stays behind, two folders do not meet."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.local.orphans import processes_of
from tests.cases import document
from tests.servers import CACHE, Guard, kafka_server

pytestmark = [pytest.mark.broker, pytest.mark.slow]


class Commands:
    """`govpulse` with a data folder of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GOVPULSE_")}
        self.environment = kept | {"GOVPULSE_HOME": str(home), "GOVPULSE_KAFKA_HEAP_MB": "256"} | environment

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "infra.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, input=stdin, capture_output=True, text=True, timeout=180, check=False
        )

    def status(self) -> dict[str, dict]:
        return {process["name"]: process for process in json.loads(self("status", "--json").stdout)["processes"]}

    def wait(self, condition, *, seconds: float = 40):
        deadline = time.monotonic() + seconds
        while not condition(self.status()):
            assert time.monotonic() < deadline, self.status()
            time.sleep(0.5)


def folder(path: Path) -> Path:
    """A data folder that shares the jars that were fetched already."""
    path.mkdir(parents=True)
    CACHE.mkdir(parents=True, exist_ok=True)  # in a fresh clone nobody may have fetched anything yet
    (path / "cache").symlink_to(CACHE)
    return path


@pytest.fixture
def guarded_kafka(tmp_path):
    """A broker of one's own that wants TLS and a password."""
    guard = Guard(tmp_path)
    server, bootstrap = kafka_server(tmp_path / "broker", guard=guard)
    server.start()
    yield bootstrap, guard
    server.stop()


@pytest.fixture
def govpulse(open_path):
    commands = Commands(folder(open_path / "data"))
    yield commands
    commands("down")
    assert processes_of(commands.home) == []


def test_a_platform_lives_is_killed_and_leaves_nothing_behind(govpulse, open_path):
    govpulse.environment["GOVPULSE_FOLLOW_SECONDS"] = "1"
    first = govpulse("up")
    assert first.returncode == 0, first.stderr
    assert "was up already" in govpulse("up").stdout
    assert set(govpulse.status()) == {
        "kafka",
        "postgres",
        "worker-1",
        "land",
        "relay",
        "notify",
        "oversee",
        "follow",
        "serve",
        "inbox",
    }

    # a process that dies is started again, and status says so
    os.kill(govpulse.status()["land"]["pid"], signal.SIGKILL)
    govpulse.wait(lambda status: status["land"]["state"] == "running" and status["land"]["restarts"] == 1)
    assert "SIGKILL" in govpulse.status()["land"]["reason"]

    # a second platform in another folder does not disturb the first
    other = Commands(folder(open_path / "other"))
    assert other("up").returncode == 0
    assert other("down").returncode == 0
    assert processes_of(other.home) == []
    status = govpulse("status")
    assert status.returncode == 0, status.stdout

    # a killed supervisor leaves orphans; the next up ends them and starts anew
    supervisor = int((govpulse.home / "run" / "supervisord.pid").read_text())
    orphans = {process.pid for process in processes_of(govpulse.home)} - {supervisor}
    os.kill(supervisor, signal.SIGKILL)
    assert govpulse("status").returncode == 1
    again = govpulse("up")
    assert again.returncode == 0, again.stderr
    assert "left behind" in again.stderr
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in orphans)

    sent = govpulse("publish", "-", stdin=govpulse("publish", "--example").stdout)
    assert (sent.returncode, sent.stdout) == (0, "1 sent, 0 rejected\n")
    source = "urn:gov:360200:govpulse"
    unit = document("catalogue.unit_changed", "2026-11-24", number="u1", source=source)
    unit["data"] = {"unit_code": "u1", "name": "局"}
    assert govpulse("publish", "-", stdin=json.dumps(unit)).returncode == 0
    deadline = time.monotonic() + 40
    while "catalogue" not in govpulse("reference", "history").stdout:
        assert time.monotonic() < deadline, govpulse("logs", "follow").stdout
    doctor = json.loads(govpulse("doctor", "--json").stdout)
    assert all(check["is_well"] for check in doctor["checks"]), doctor
    secret = (govpulse.home / "secrets" / "postgres.password").read_text().strip()
    assert secret not in govpulse("doctor").stdout
    assert govpulse("logs", "worker-1").stdout
    assert govpulse("down").returncode == 0
    assert govpulse("status").returncode == 1
    assert processes_of(govpulse.home) == []


def test_with_servers_of_ones_own_nothing_embedded_starts(tmp_path, guarded_kafka, database):
    bootstrap, guard = guarded_kafka
    commands = Commands(
        folder(tmp_path / "data"),
        GOVPULSE_KAFKA=bootstrap,
        GOVPULSE_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        GOVPULSE_KAFKA_SASL_MECHANISM="PLAIN",
        GOVPULSE_KAFKA_SASL_USERNAME=guard.user,
        GOVPULSE_KAFKA_SASL_PASSWORD=guard.password,
        GOVPULSE_KAFKA_SSL_CAFILE=str(guard.authority),
        GOVPULSE_DATABASE=database,
        GOVPULSE_TOPIC_PREFIX="own.",
        GOVPULSE_PARTITIONS="2",
    )
    try:
        first = commands("up")
        assert first.returncode == 0, first.stderr
        assert set(commands.status()) == {"worker-1", "land", "relay", "notify", "oversee", "follow", "serve", "inbox"}
        assert commands("publish", "-", stdin=commands("publish", "--example").stdout).returncode == 0
        with psycopg.connect(database) as connection:
            deadline = time.monotonic() + 30
            while connection.execute("select state from stream.subject").fetchall() != [("accepted",)]:
                connection.commit()
                assert time.monotonic() < deadline, commands("logs").stdout[-3000:]
                time.sleep(0.2)
            assert connection.execute(
                "select topic, partitions from stream.topic where topic like '%case'"
            ).fetchall() == [("own.events.case", 2)]
        assert guard.password not in "".join(commands(*verb).stdout for verb in (["doctor"], ["logs"]))
        commands.environment["GOVPULSE_KAFKA_SASL_PASSWORD"] = "another"
        refused = commands("publish", "-", stdin=commands("publish", "--example").stdout)
        assert refused.returncode == 3
        assert "GOVPULSE_KAFKA_SASL_PASSWORD" in refused.stderr.splitlines()[-1]
    finally:
        assert commands("down").returncode == 0
    assert processes_of(commands.home) == []


def test_a_port_in_use_is_said_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        found = Commands(folder(tmp_path / "data"), GOVPULSE_POSTGRES_PORT=port)("up")
    assert found.returncode == 3
    assert found.stderr.splitlines()[-1] == (
        f"govpulse: port {port} is not to be had (Address already in use): set GOVPULSE_POSTGRES_PORT to another, or to 0 for a free one"
    )


def test_a_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("x")
    found = Commands(tmp_path)("up")
    assert found.returncode == 3
    assert "is not empty and not a data folder of govpulse" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: the ordinary user's test")
def test_a_missing_permission_is_said_in_one_line(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    found = Commands(closed / "data")("up")
    assert found.returncode == 3
    assert "may not be written" in found.stderr


def test_a_folder_of_another_format_is_refused(tmp_path):
    (tmp_path / "govpulse-home").write_text("99\n")
    found = Commands(tmp_path)("up")
    assert found.returncode == 3
    assert "has format 99" in found.stderr


def test_a_full_disk_is_said_before_anything_starts(tmp_path, monkeypatch):
    from infra.local import home
    from infra.local.ports import ServerFault

    monkeypatch.setattr(home, "LEAST_FREE_BYTES", 10**18)
    with pytest.raises(ServerFault, match="MB left on its disk"):
        home.prepare(tmp_path / "data")


def test_nothing_running_is_said_with_the_remedy(tmp_path):
    for verb in (["publish", "-"], ["replay", "sample"], ["sql", "select 1"], ["explain", "x"], ["warehouse", "build"]):
        found = Commands(tmp_path)(*verb)
        assert found.returncode == 3
        assert "start it with 'govpulse up'" in found.stderr, verb
        assert f"nothing is running in {tmp_path}" in found.stderr, verb
    assert f"govpulse is down in {tmp_path}" in Commands(tmp_path)("status").stdout


def test_a_setting_that_is_none_is_named_with_its_neighbour(tmp_path):
    found = Commands(tmp_path, GOVPULSE_BATCH_RECORD="5")("status")
    assert found.returncode == 3
    assert "did you mean GOVPULSE_BATCH_RECORDS?" in found.stderr
    assert "int" in Commands(tmp_path, GOVPULSE_BATCH_RECORDS="many")("status").stderr


def test_a_workbook_without_a_mapping_is_not_read_line_by_line(tmp_path):
    workbook = tmp_path / "register.xlsx"
    workbook.write_bytes(b"PK")
    found = Commands(tmp_path)("publish", str(workbook))
    assert (found.returncode, "--mapping" in found.stderr) == (2, True)


def test_a_file_is_no_folder_to_watch(tmp_path):
    found = Commands(tmp_path)("watch", __file__, "--mapping", "nyc-cafe")
    assert (found.returncode, "Traceback" in found.stderr) == (2, False), found.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["due", "--from", "2026-04-01", "--limit", "ten"], "is no limit"),
        (["due", "--from", "2026-04-01", "--limit", "5000mo"], "at most 5000 of a unit, and 240 months"),
        (["what-if", "--matter", "M001", "--promise", "99999wd"], "at most 5000 of a unit, and 240 months"),
        (["due", "--from", "tomorrow", "--limit", "10wd"], "neither a day nor an instant"),
        (
            ["due", "--from", "2026-04-01", "--limit", "10wd", "--pause", "2026-04-09..2026-04-02"],
            "ends before it begins",
        ),
        (["due", "--from", "2026-04-01", "--limit", "10wd", "--calendar", "mars"], "there are cn"),
        (["publish", "no-such-file"], "there is no file"),
        (["check", "during"], "is no gate"),
        (["bench", "--only", "worker"], "is not one of 'work', 'land'"),
    ],
)
def test_wrong_usage_has_exit_code_2(tmp_path, arguments, message):
    found = Commands(tmp_path)(*arguments)
    assert found.returncode == 2
    assert message in " ".join(found.stderr.split())


def test_every_verb_has_help(tmp_path):
    commands = Commands(tmp_path)
    top = commands("--help").stdout
    verbs = [
        line.split()[0]
        for line in top.partition("Commands:")[2].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert {"up", "down", "status", "logs", "doctor", "replay", "publish", "worker", "land", "notify", "check", "reconcile", "sql", "due",
            "explain", "dead-letters", "reference", "warehouse", "bench", "demo"} <= set(verbs)  # fmt: skip
    for verb in verbs:
        assert "Usage" in commands(verb, "--help").stdout, verb
