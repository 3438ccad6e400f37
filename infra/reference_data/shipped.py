"""The rulebook of the shipped CSV files, without a database."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace

from infra.reference_data.columns import Row
from infra.reference_data.files import read_directory
from infra.reference_data.rows import parse
from infra.reference_data.tables import SHIPPED, TABLES
from streams.domain.rulebook import Rulebook
from streams.reference import rulebook_of


@cache
def shipped_rulebook() -> Rulebook:
    """What a fresh installation knows."""
    return rulebook_of_rows(read_directory(SHIPPED))


def rulebook_of_rows(tables: Mapping[str, Iterable[Row]]) -> Rulebook:
    """The rulebook that CSV rows make (version 1). Raises InvalidRows."""
    parsed = {
        name: [SimpleNamespace(**dict(zip(TABLES[name].columns, values, strict=True))) for values in rows.values()]
        for name, rows in parse(tables).rows.items()
    }
    return rulebook_of(parsed, version=1, calendar_version=1)
