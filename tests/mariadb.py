"""A real MariaDB of a test's own, from its Maven artefact (`mariadb.lock.toml`): nothing needs to be installed."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pymysql

from infra.local import ports, postgres
from infra.local.maven import artefacts
from tests.servers import CACHE, Server

LOCK = Path(__file__).with_name("mariadb.lock.toml")
USER, PASSWORD = "department", "a password of the tests"
_SYSTEM = ("mariadb_system_tables.sql", "mariadb_performance_tables.sql", "mariadb_system_tables_data.sql")
_WANTED = ("/bin/mariadbd", "/share/english/", "/share/charsets/", *(f"/share/{name}" for name in _SYSTEM))


def mariadb_server(home: Path, *, captured: bool = False) -> tuple[Server, str]:
    """A server under a folder, not started yet, and its address for SQLAlchemy, without a database; `captured`: with binlog."""
    base, user = _unpacked(), postgres.unprivileged_user()
    folder = home / "mariadb"
    folder.mkdir(mode=0o755, parents=True)
    if user is not None:
        shutil.chown(folder, user)
    for place in (folder, base / "share" / "english"):
        postgres.make_reachable(place, user)
    port = ports.free_port()
    common = [
        str(base / "bin" / "mariadbd"), "--no-defaults", f"--basedir={base}", f"--datadir={folder}",
        f"--lc-messages-dir={base / 'share'}", f"--character-sets-dir={base / 'share' / 'charsets'}",
        "--character-set-server=utf8mb4", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M",
    ]  # fmt: skip
    made = subprocess.run(
        [*common, "--bootstrap"], input=_bootstrap(base), text=True, capture_output=True, cwd="/", check=False,
        **postgres.as_user(user),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    command = [
        *common, f"--port={port}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}",
        "--bind-address=127.0.0.1", "--skip-ssl", "--skip-name-resolve", "--default-time-zone=+08:00",
        *(["--log-bin", "--binlog-format=ROW", "--binlog-row-image=FULL", "--server-id=1"] if captured else []),
    ]  # fmt: skip

    def is_up() -> bool:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, connect_timeout=2).close()
        except pymysql.Error:
            return False
        return True

    address = f"mariadb+pymysql://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}"
    return Server(command, log=home / "mariadb.log", user=user, is_up=is_up), address


def _unpacked() -> Path:
    """The server's files in the cache, unpacked once; an artefact that cannot be had fails the test, it does not skip it."""
    (jar,) = artefacts(LOCK, CACHE)
    base = CACHE / "mariadb" / jar.stem
    if not base.exists():
        fresh = base.with_name(f"{base.name}.{os.getpid()}")
        with zipfile.ZipFile(jar) as packed:
            for name in packed.namelist():
                inner = name.partition("/linux")[2]
                if not name.endswith("/") and inner.startswith(_WANTED):
                    (fresh / inner[1:]).parent.mkdir(parents=True, exist_ok=True)
                    with packed.open(name) as packed_file, (fresh / inner[1:]).open("wb") as file:
                        shutil.copyfileobj(packed_file, file)
        (fresh / "bin" / "mariadbd").chmod(0o755)
        try:
            fresh.rename(base)
        except OSError:  # another worker of this run was faster
            shutil.rmtree(fresh)
    return base


def _bootstrap(base: Path) -> str:
    """The system tables, as the server's own installer feeds them; then a user. One statement a line."""
    system = "".join((base / "share" / name).read_text(encoding="utf-8") for name in _SYSTEM)
    return (
        f"create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n{system}\nflush privileges;\n"
        f"create user '{USER}'@'%' identified by '{PASSWORD}';\ngrant all on *.* to '{USER}'@'%' with grant option;\n"
    )
