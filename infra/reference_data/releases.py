"""Releases: which of the shipped rows a city follows. What somebody else loaded stays as it is, and is named."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from psycopg import sql

from infra.reference_data.changes import Connection, InForce
from infra.reference_data.columns import Values
from infra.reference_data.rows import Parsed, told_key
from infra.reference_data.tables import TABLES

#: How the loads of releases are signed; the note goes on with the digest of the files.
BY, NOTE = "govpulse", "shipped"


class Release(Struct, frozen=True):
    """What will stand in the shipped tables, and the rows in which that is not what the release has."""

    wanted: Parsed
    kept: tuple[str, ...]


class Past(Struct, frozen=True):
    """Which version made a row what it is now, or took it away, and whether it ever came with a release."""

    version: int
    was_shipped: bool


class Author(Struct, frozen=True):
    """Who loaded a version."""

    name: str
    is_release: bool


def release_of(connection: Connection, shipped: Parsed, before: InForce) -> Release:
    """A three-way load: what the release has, what is in force, and who made it so."""
    authors = {
        version: Author(name, name == BY and note.startswith(f"{NOTE} "))
        for version, name, note in connection.execute("select version, loaded_by, note from reference.version")
    }
    rows: dict[str, dict[Values, Values]] = {}
    kept: list[str] = []
    for name, wanted in shipped.rows.items():
        past = _past(connection, name, authors)
        rows[name] = {key: values for key, values in wanted.items() if key not in past}
        for key, found in past.items():
            author, current, new = authors[found.version], before[name].get(key), wanted.get(key)
            if author.is_release:
                if new is not None:
                    rows[name][key] = new
                continue
            if current is not None:
                rows[name][key] = current
            if current != new and (new is not None or found.was_shipped):
                who = f"{author.name} loaded it (version {found.version})"
                kept += _told(name, key, current, new, who)
    places = {place: where for place, where in shipped.places.items() if _follows(place, rows, shipped)}
    return Release(Parsed(rows, places), tuple(kept))


def _follows(place: tuple[str, Values], rows: Mapping[str, dict[Values, Values]], shipped: Parsed) -> bool:
    name, key = place
    return rows[name].get(key) == shipped.rows[name][key]


def _past(connection: Connection, name: str, authors: Mapping[int, Author]) -> dict[Values, Past]:
    """Every key that a table ever had."""
    key = TABLES[name].key
    query = sql.SQL(
        "select {columns}, since_version, until_version from reference.{table} order by since_version"
    ).format(columns=sql.SQL(", ").join(map(sql.Identifier, key)), table=sql.Identifier(name))
    found: dict[Values, Past] = {}
    for *values, since, until in connection.execute(query):
        before = found.get(tuple(values))
        was_shipped = authors[since].is_release or (before is not None and before.was_shipped)
        found[tuple(values)] = Past(since if until is None else until, was_shipped)
    return found


def _told(name: str, key: Values, current: Values | None, new: Values | None, who: str) -> Iterator[str]:
    """How a row differs from the release's, column by column."""
    row = f"{name}, {told_key(name, key)}"
    if current is None:
        yield f"{row}: stays removed, as {who.replace('loaded it', 'left it')}; the release has it"
    elif new is None:
        yield f"{row}: stays, as {who}; the release has it no longer"
    else:
        for column, here, there in zip(TABLES[name].columns, current, new, strict=True):
            if here != there:
                yield f"{row}, column {column}: {_text(here)!r} stays, as {who}; the release has {_text(there)!r}"


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
