"""Front-end databases on real servers: PostgreSQL and MariaDB, each started when a test asks for it."""

import uuid
from collections.abc import Iterator

import psycopg
import pymysql
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.conftest import open_folder
from tests.connectors.fronts import Front
from tests.mariadb import mariadb_server


@pytest.fixture(scope="session")
def mariadb_address() -> Iterator[str]:
    with open_folder() as home:
        server, address = mariadb_server(home)
        server.start()
        yield address
        server.stop()


@pytest.fixture
def postgres_front(postgres_url) -> Iterator[Front]:
    name = f"front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    server = postgres_url.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://")
    found = Front(f"{server}/{name}", time="timestamp")
    yield found
    found.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def mariadb_front(mariadb_address) -> Iterator[Front]:
    name, url = f"front_{uuid.uuid4().hex[:8]}", make_url(mariadb_address)
    server = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "autocommit": True}
    with pymysql.connect(**server) as connection:
        connection.cursor().execute(f"create database {name} character set utf8mb4")
    # Text in the character set of old Chinese systems.
    found = Front(f"{mariadb_address}/{name}", time="datetime", options=" character set gbk")
    yield found
    found.close()
    with pymysql.connect(**server) as connection:
        connection.cursor().execute(f"drop database {name}")


@pytest.fixture(params=["postgres_front", "mariadb_front"])
def front(request) -> Front:
    """The same test on both."""
    return request.getfixturevalue(request.param)
