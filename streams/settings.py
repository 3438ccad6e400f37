"""Settings: one frozen object, read once; nothing else reads the environment."""

import difflib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

PREFIX = "GOVPULSE_"
#: Read by tests and tools only, and no setting of the platform.
NOT_SETTINGS = frozenset({"GOVPULSE_SHARED", "GOVPULSE_RUN_OF"})
#: Marks the processes that were started for a data folder.
RUN_OF = "GOVPULSE_RUN_OF"
SECRETS = frozenset(
    {"kafka_sasl_password", "pseudonym_key", "webhook_secret", "database", "poll_database", "poll_password"}
)


class UnknownSetting(Exception):
    """A GOVPULSE_ name that is none, or a value that does not fit."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be set. Environment: GOVPULSE_ and the name in capitals; secrets also as GOVPULSE_…_FILE."""

    home: Path = Path(".govpulse")  # everything the platform writes
    kafka: str = ""  # bootstrap servers; empty: embedded
    kafka_port: int = 0  # of the embedded broker; 0: a free one
    kafka_heap_mb: int = 512
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_sasl_mechanism: str = ""
    kafka_sasl_username: str = ""
    kafka_sasl_password: str = ""
    kafka_ssl_cafile: str = ""
    kafka_ssl_certfile: str = ""
    kafka_ssl_keyfile: str = ""
    database: str = ""  # postgresql://user:password@host:port/name; empty: embedded
    postgres_port: int = 0
    topic_prefix: str = ""  # before every topic and group, so that several installations share a broker
    partitions: int = 12
    replication: int = 1
    batch_records: int = 30_000  # of a poll over all its partitions; a subject told of twice is read once
    tick_seconds: float = 0.5
    oversee_seconds: float = 60.0  # how often sources and units are looked at
    follow_seconds: float = 60.0  # how often events of family catalogue are looked for
    quarantine_after: int = 1000  # bad messages of a source within the minutes below; 0: no source is ever shut off
    quarantine_minutes: int = 10
    quarantine_share: float = 0.5  # only where more than this share of what it told was bad
    dead_letter_days: int = 30  # how long the bytes of dead letters are kept
    lanes: int = 2  # threads of a worker, each with a connection to the database
    workers: int = 1  # worker processes that `up` starts
    gateway_host: str = "127.0.0.1"  # where the HTTP door listens; beyond this machine put TLS before it
    gateway_port: int = 0  # 0: a free one
    gateway_held_mb: int = 32  # bytes under way to the broker; beyond it senders are asked to wait
    poll_database: str = ""  # dialect://user@host/name of a source's database that `poll` reads
    poll_password: str = ""  # of its user, so that it stands in no command line
    backfill_hours: int = 24  # events older than that are slowed at the doors …
    backfill_lag_seconds: float = 2.0  # … while fresh ones wait longer for a worker than this; 0: never
    pseudonym_key: str = ""  # HMAC key for natural persons; empty: made once, in <home>/secrets
    webhook_url: str = ""
    webhook_secret: str = ""
    log_level: str = "info"

    def topic(self, name: str) -> str:
        """The full name of a topic: 'events.case' with the prefix of this installation."""
        return f"{self.topic_prefix}{name}"

    def group(self, name: str) -> str:
        """The full name of a consumer group."""
        return f"{self.topic_prefix}govpulse.{name}"

    @property
    def bootstrap(self) -> list[str]:
        return [server.strip() for server in self.kafka.split(",") if server.strip()]

    def kafka_client(self) -> dict[str, Any]:
        """Connection options for kafka-python."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.kafka_security_protocol,
        }
        named = {
            "sasl_mechanism": self.kafka_sasl_mechanism,
            "sasl_plain_username": self.kafka_sasl_username,
            "sasl_plain_password": self.kafka_sasl_password,
            "ssl_cafile": self.kafka_ssl_cafile,
            "ssl_certfile": self.kafka_ssl_certfile,
            "ssl_keyfile": self.kafka_ssl_keyfile,
        }
        return options | {name: value for name, value in named.items() if value}


def load_settings(environ: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """Flags before environment before the embedded servers' addresses before defaults."""
    return settings_with_origins(environ, **flags)[0]


def settings_with_origins(environ: Mapping[str, str] | None = None, **flags: Any) -> tuple[Settings, dict[str, str]]:
    """The settings, and for each where its value came from: flag, environment, file, embedded or default."""
    environ = os.environ if environ is None else environ
    given, origins = _from_environment(environ)
    for name, value in flags.items():
        if value is not None:
            given[name], origins[name] = value, "flag"
    home = Path(given.get("home", ".govpulse")).expanduser().absolute()
    given["home"] = home
    for name, value in _endpoints(home).items():
        if name not in given:
            given[name], origins[name] = value, "embedded"
    if "pseudonym_key" not in given and (home / "secrets" / "pseudonym.key").exists():
        given["pseudonym_key"] = (home / "secrets" / "pseudonym.key").read_text().strip()
        origins["pseudonym_key"] = "file"
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise UnknownSetting(f"a setting does not fit: {error}") from None
    return settings, {name: origins.get(name, "default") for name in Settings.__struct_fields__}


def make_secret(home: Path, name: str) -> str:
    """The secret of this name in <home>/secrets, made on first use, readable by its owner only."""
    path = home / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


def process_environment(settings: Settings) -> dict[str, str]:
    """The environment for a process of ours: what we were given, this home, no tool's telemetry."""
    return dict(os.environ) | {
        "GOVPULSE_HOME": str(settings.home),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "PYTHONUNBUFFERED": "1",
        RUN_OF: str(settings.home),
    }


def _from_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    given: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name.endswith("_file") and name.removesuffix("_file") in SECRETS:
            name, value = name.removesuffix("_file"), _secret(variable, Path(value))  # noqa: PLW2901
        if name not in Settings.__struct_fields__:
            near = difflib.get_close_matches(name, Settings.__struct_fields__, n=1)
            hint = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
            raise UnknownSetting(f"{variable} is no setting{hint} 'govpulse doctor' lists them")
        if value != "":
            given[name], origins[name] = value, "environment"
    return given, origins


def _secret(variable: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise UnknownSetting(f"{variable}: {path}: {error.strerror}: name a file that holds the secret") from None


def _endpoints(home: Path) -> dict[str, str]:
    path = home / "run" / "endpoints.json"
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {name: found[name] for name in ("kafka", "database") if found.get(name)}
