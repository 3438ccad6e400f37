"""Real servers of a test's own: started, waited for, killed."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import trustme
from cryptography.hazmat.primitives import serialization

from infra.local import kafka, ports, postgres

REPOSITORY = Path(__file__).parents[1]
#: The jars are fetched once for demo and tests alike.
CACHE = REPOSITORY / ".govpulse" / "cache"


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that a server reaches as another user; every run of pytest closes the common one of its own."""
    folder = Path(tempfile.mkdtemp(prefix="govpulse-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
                self.kill()
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


def kafka_server(home: Path, *, guard: "Guard | None" = None) -> tuple[Server, str]:
    """An Apache Kafka under a folder, not started yet, and its address; guarded: the address that asks who is there."""
    plan = kafka.plan(home, port=ports.free_port(), controller_port=ports.free_port(), heap_mb=384, cache=CACHE)
    bootstrap = plan.bootstrap
    if guard is not None:
        bootstrap = f"127.0.0.1:{ports.free_port()}"
        guard.open = plan.bootstrap
        properties = plan.folder / "server.properties"
        properties.write_text(guard.beside(properties.read_text(), bootstrap))

    def is_up() -> bool:
        return ports.is_open(bootstrap)

    return Server(plan.command, log=home / "kafka.log", user=None, is_up=is_up), bootstrap


class Guard:
    """A TLS certificate of our own making and one user with a password (SASL PLAIN)."""

    user, password = "govpulse", "a password of the tests"
    open = ""  # where the broker asks nobody

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.authority, self._server = folder / "authority.pem", folder / "server.pem"
        authority.cert_pem.write_to_path(self.authority)
        issued = authority.issue_cert("127.0.0.1")
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        pkcs8 = key.private_bytes(  # the only form that the broker reads
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._server.write_bytes(pkcs8 + b"".join(pem.bytes() for pem in issued.cert_chain_pems))

    def beside(self, properties: str, bootstrap: str) -> str:
        """The broker's properties with a guarded listener beside the open one."""
        lines = dict(line.split("=", 1) for line in properties.splitlines())
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        lines["listeners"] += f",SASL_SSL://{bootstrap}"
        lines["advertised.listeners"] += f",SASL_SSL://{bootstrap}"
        lines |= {
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{module} required user_{self.user}="{self.password}";',
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._server),
        }
        return "".join(f"{name}={value}\n" for name, value in lines.items())


class Watch(Guard):
    """A guard that also asks what each user may (StandardAuthorizer, SCRAM); the open listener is the operator's own."""

    def beside(self, properties: str, bootstrap: str) -> str:
        lines = dict(line.split("=", 1) for line in super().beside(properties, bootstrap).splitlines())
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        lines |= {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{module} required;",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "allow.everyone.if.no.acl.found": "false",
        }
        return "".join(f"{name}={value}\n" for name, value in lines.items())
