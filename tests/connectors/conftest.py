"""Front-end databases on real servers: PostgreSQL and MariaDB, each started when a test asks for it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pymysql
import pytest
from psycopg import sql
from sqlalchemy import inspect, make_url

from streams.settings import Settings
from tests.conftest import installation, open_folder
from tests.connectors.fronts import Front
from tests.mariadb import mariadb_server


@pytest.fixture(scope="session")
def mariadb_address() -> Iterator[str]:
    with open_folder() as home:
        server, address = mariadb_server(home)
        server.start()
        yield address
        server.stop()


@contextmanager
def cleared(front: Front) -> Iterator[Front]:
    """A front whose tables are gone afterwards: cheaper than a database a test."""
    yield front
    for table in inspect(front.engine).get_table_names():
        front.run(f"drop table {table}")


@pytest.fixture(scope="session")
def postgres_department(postgres_url) -> Iterator[Front]:
    name = f"front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    server = postgres_url.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://")
    found = Front(f"{server}/{name}", time="timestamp")
    yield found
    found.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def mariadb_department(mariadb_address) -> Iterator[Front]:
    url = make_url(mariadb_address)
    with pymysql.connect(host=url.host, port=url.port, user=url.username, password=url.password) as connection:
        connection.cursor().execute("create database front character set utf8mb4")
    # Text in the character set of old Chinese systems.
    found = Front(f"{mariadb_address}/front", time="datetime", options=" character set gbk")
    yield found
    found.close()


@pytest.fixture
def postgres_front(postgres_department) -> Iterator[Front]:
    with cleared(postgres_department) as front:
        yield front


@pytest.fixture
def mariadb_front(mariadb_department) -> Iterator[Front]:
    with cleared(mariadb_department) as front:
        yield front


@pytest.fixture(params=["postgres_front", "mariadb_front"])
def front(request) -> Front:
    """The same test on both."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def place(tmp_path, database_of_the_module) -> Iterator[Settings]:
    """Our own side: a database, and no broker."""
    yield installation(tmp_path / "home", database=database_of_the_module, kafka="127.0.0.1:1")
    with psycopg.connect(database_of_the_module) as connection:
        connection.execute("delete from ops.poll")
