"""Imports go one way: connectors touch the outside, streams decide, expectations doubt, infra runs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("streams", "connectors", "expectations", "infra")
#: module prefix → what it may never import (the longest matching prefix counts).
FORBIDDEN = {
    "streams.domain": ("os", "io", "pathlib", "json", "logging", "asyncio", "time", "random", "socket", "psycopg",
                       "sqlalchemy", "kafka", "aiokafka", "faust", "connectors", "expectations", "infra"),
    "streams.wire": ("kafka", "aiokafka", "faust", "sqlalchemy", "psycopg", "connectors", "expectations", "infra"),
    "streams.engine": ("faust", "kafka", "aiokafka", "connectors", "expectations", "infra"),
    "streams.batch": ("faust", "kafka", "aiokafka", "connectors", "expectations", "infra"),
    "streams.store": ("faust", "kafka", "aiokafka", "connectors", "expectations", "infra"),
    "streams": ("connectors", "expectations", "infra", "great_expectations", "dbt"),
    "connectors": ("streams.app", "streams.engine", "streams.batching", "streams.lanes", "faust", "mode",
                   "expectations", "infra", "great_expectations", "dbt"),
    "expectations": ("connectors", "faust", "streams.domain", "streams.engine", "infra", "dbt"),
    "infra": (),
}  # fmt: skip


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> list[tuple[str, Path]]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [(".".join(path.relative_to(ROOT).with_suffix("").parts), path) for path in sorted(paths)]


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_a_module_imports_only_what_its_place_allows(name, path):
    prefix = max((prefix for prefix in FORBIDDEN if name == prefix or name.startswith(prefix + ".")), key=len)
    wrong = {
        imported
        for imported in imports_of(path)
        for forbidden in FORBIDDEN[prefix]
        if imported == forbidden or imported.startswith(forbidden + ".")
    }
    assert wrong == set()


def test_the_domain_never_asks_what_time_it_is():
    calls = {
        (path.name, node.func.attr)
        for name, path in modules()
        if name.startswith("streams.domain")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "today", "utcnow")
    }
    assert calls == set()


def test_only_settings_read_the_environment():
    readers = {
        name
        for name, path in modules()
        if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")
    }
    # gate and dbt hand a setting to a library that takes it from the environment only
    assert readers == {"streams.settings", "expectations.gate", "infra.warehouse.dbt"}


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_a_file_is_one_noun_and_says_so(name, path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350 or "Written by 'govpulse contracts'" in text
    assert not text.strip() or text.startswith('"""')
    assert not {"utils", "common", "helpers", "base", "manager", "service", "handler"} & set(name.split("."))
