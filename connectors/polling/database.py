"""The connection to a source's database: by any dialect of SQLAlchemy, for reading only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

#: Dialects that are not asked for a transaction that only reads: they know none.
_READ_ONLY = {"sqlite": "PRAGMA query_only = 1", "mssql": None, "duckdb": None}
_CONNECT: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": 10, "application_name": "govpulse poll"},
    "mysql": {"connect_timeout": 10},
    "mariadb": {"connect_timeout": 10},
}
#: What brings the dialects that SQLAlchemy does not have, and the drivers of those that it has.
PACKAGES = {
    "dm": "dmSQLAlchemy dmPython",
    "kingbase": "ksycopg2 and Kingbase's own dialect, or postgresql+psycopg2 on ksycopg2",
    "opengauss": "opengauss-sqlalchemy psycopg2",
    "oracle": "oracledb",
    "mysql": "PyMySQL",
    "mariadb": "PyMySQL",
}


class BadDatabase(Exception):
    """A database that cannot be polled as it was said; the message names value and remedy, and never a password."""


class Database:
    """A source's database. `name` is its address without the password; a context that closes its connections."""

    def __init__(self, url: str, password: str = "") -> None:
        self._url = _read(url, password)
        self.name = self._url.set(query={}).render_as_string(hide_password=True)
        self.dialect = self._url.get_backend_name()
        self.address = (self._url.host, self._url.port)
        self._engine = _engine(self._url)
        self.can_only_read: bool | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, and ends without a trace."""
        with self._engine.connect() as connection:
            self._only_read(connection)
            yield connection
            connection.rollback()

    def close(self) -> None:
        self._engine.dispose()

    def hidden(self, text: str) -> str:
        """A text of the driver, without the password."""
        password = self._url.password
        return text.replace(str(password), "***") if password else text

    def _only_read(self, connection: Connection) -> None:
        dialect = self._engine.dialect.name
        statement = _READ_ONLY.get(dialect, "SET TRANSACTION READ ONLY")
        if statement is None or self.can_only_read is False:
            self.can_only_read = False
            return
        try:
            connection.exec_driver_sql(statement)
            self.can_only_read = True
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            connection.rollback()
            self.can_only_read = False


def said(error: Exception) -> str:
    """The first line of what a driver says, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines()
    return lines[0].strip() if lines else type(cause).__name__


def _read(url: str, password: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError:
        raise BadDatabase(
            "the database's address is none: dialect://user@host:port/name, such as "
            "oracle+oracledb://reader@10.1.2.3:1521/?service_name=exchange"
        ) from None
    return found.set(password=password) if password else found


def _engine(url: URL) -> Engine:
    dialect = url.get_backend_name()
    try:
        return create_engine(
            url,
            pool_size=1,
            max_overflow=1,
            pool_pre_ping=True,
            pool_recycle=600,
            connect_args=_CONNECT.get(dialect, {}),
            hide_parameters=True,
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        package = PACKAGES.get(dialect, "the package that brings it")
        missing = f"module {error.name!r}" if isinstance(error, ModuleNotFoundError) else f"dialect {url.drivername!r}"
        raise BadDatabase(f"{missing} is not installed: pip install {package}") from None
