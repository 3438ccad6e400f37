"""Fixtures; real servers start only when a test asks for one, or are the user's own (GOVPULSE_KAFKA, GOVPULSE_DATABASE)."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.database import upgrade
from infra.local.postgres import create_database
from infra.reference_data import load_shipped
from streams.settings import Settings
from tests.servers import REPOSITORY, kafka_server, open_folder, postgres_server


@pytest.fixture
def open_path() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    given = os.environ.get("GOVPULSE_DATABASE")
    if given:
        yield given
        return
    with open_folder() as home:
        server, url = postgres_server(home)
        server.start()
        create_database(url)
        yield url
        server.stop()


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory) -> Iterator[str]:
    given = os.environ.get("GOVPULSE_KAFKA")
    if given:
        yield given
        return
    server, bootstrap = kafka_server(tmp_path_factory.mktemp("kafka-home"))
    server.start()
    yield bootstrap
    server.stop()


@pytest.fixture(scope="session")
def template(postgres_url) -> Iterator[str]:
    """A migrated database with the shipped reference data, from which every test gets a copy."""
    name = f"govpulse_template_{uuid.uuid4().hex[:8]}"
    url = f"{postgres_url.rpartition('/')[0]}/{name}"
    create_database(url)
    upgrade(url)
    load_shipped(url)
    yield name
    _drop(postgres_url, name)


@contextmanager
def fresh_database(postgres_url: str, template: str) -> Iterator[str]:
    """The URL of a database of its own, as long as it is needed."""
    name = f"govpulse_test_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (name, template))))
    yield f"{postgres_url.rpartition('/')[0]}/{name}"
    _drop(postgres_url, name)


@pytest.fixture
def database(postgres_url, template) -> Iterator[str]:
    with fresh_database(postgres_url, template) as url:
        yield url


@pytest.fixture(scope="module")
def database_of_the_module(postgres_url, template) -> Iterator[str]:
    """One for all tests of a module that only read what its own fixture wrote."""
    with fresh_database(postgres_url, template) as url:
        yield url


def installation(home: Path, *, database: str, kafka: str) -> Settings:
    """Settings of an installation of its own: topics nobody else has."""
    return Settings(
        home=home,
        kafka=kafka,
        database=database,
        topic_prefix=f"t{uuid.uuid4().hex[:8]}.",
        partitions=3,
        pseudonym_key="a key of the tests",
    )


@pytest.fixture
def settings(tmp_path, database, kafka_bootstrap) -> Settings:
    return installation(tmp_path / "home", database=database, kafka=kafka_bootstrap)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and truth, beside the repository (or GOVPULSE_SHARED)."""
    folder = Path(os.environ.get("GOVPULSE_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "data" / "real").is_dir():
        pytest.skip(f"reads real data from {folder}, which is not there")
    return folder


def _drop(postgres_url: str, name: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
