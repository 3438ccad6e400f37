"""Loads reference data: what differs from the version in force becomes a new version, all rows or none."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from infra.reference_data.affected import covered_scopes
from infra.reference_data.changes import Change, Connection, after, changes_of, in_force
from infra.reference_data.checks import faults_of
from infra.reference_data.columns import InvalidRows, Values
from infra.reference_data.errata import is_dated, refuse_rewriting
from infra.reference_data.files import read_directory
from infra.reference_data.lines import lines_of
from infra.reference_data.notes import notes
from infra.reference_data.releases import BY, NOTE, release_of
from infra.reference_data.rows import Parsed, Tables, parse
from infra.reference_data.scopes import Scope, scopes_of
from infra.reference_data.tables import SHIPPED
from infra.reference_data.write import write, write_event_types

#: Whose day it is when a rule is said to hold from tomorrow on.
HOME = ZoneInfo("Asia/Shanghai")
#: Scopes so wide that somebody is in them.
WIDE = frozenset({"all", "family", "schedule"})


class LoadResult(Struct, frozen=True):
    """The version in force after a load, and what it changed: table → (added, replaced, removed).

    `kept`: in which rows the shipped ones were not followed, because somebody else had loaded them.
    """

    version: int
    is_new: bool
    recomputes: bool
    changes: dict[str, tuple[int, int, int]]
    is_erratum: bool = False
    notes: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """A load that was checked and not yet written."""

    current: int
    before: dict[str, dict[Values, Values]]
    after: dict[str, dict[Values, Values]]
    changes: dict[str, Change]
    scopes: list[Scope]
    places: Mapping[tuple[str, Values], str]
    standing: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about the wanted rows, and no fault; and what was at fault before them, which they do not mend."""
        return (*notes(lines_of(self.after, self.places), set(self.places.values())), *self.standing)

    @property
    def concerns_ever(self) -> bool:
        """Whether calendars or other rows that hold for ever move readings: an erratum by nature."""
        undated = {name: change for name, change in self.changes.items() if not is_dated(name)}
        return bool(scopes_of(undated, before=self.before, after=self.after))


def plan(
    connection: Connection,
    wanted: Parsed,
    *,
    replaces: bool,
    gone: Mapping[str, Collection[Values]] | None = None,
    only_new: Collection[str] = (),
) -> Plan:
    """What the wanted rows would change, and whom; raises InvalidRows where they do not make sense together."""
    row = connection.execute("select version from reference.active").fetchone()
    before = in_force(connection)
    wanted = wanted.without_known(before, only_new)
    changes = changes_of(before, wanted.rows, replaces=replaces, gone=gone)
    now = after(before, changes)
    faults = faults_of(lines_of(now, wanted.places)) if changes else []
    # what an older release took and this one would not is no fault of these rows
    standing = set(faults_of(lines_of(before, {}))) if faults and row else set()
    if new := [fault for fault in faults if fault not in standing]:
        raise InvalidRows(new)
    scopes = scopes_of(changes, before=before, after=now) if row else []
    return Plan(row[0] if row else 0, before, now, changes, scopes, wanted.places, tuple(faults))


def load(
    url: str,
    tables: Tables,
    *,
    loaded_by: str,
    note: str = "",
    replaces: bool = False,
    is_erratum: bool = True,
    today: date | None = None,
    gone: Mapping[str, Collection[Values]] | None = None,
    only_new: Collection[str] = (),
) -> LoadResult:
    """Adds and replaces the given rows; with `replaces` the given tables hold nothing else afterwards.

    `gone`: keys of rows that go, by table; one that is not there, or is given, is left as it is.
    `only_new`: tables of which a row in force stays as it is, whatever is given.

    Without `is_erratum` nothing that is in force before tomorrow may change (`today`: the city's day).
    Raises InvalidRows with every fault found; nothing is loaded then.
    """
    wanted = parse(tables)
    with psycopg.connect(url) as connection:
        connection.execute("lock table reference.version in exclusive mode")
        planned = plan(connection, wanted, replaces=replaces, gone=gone, only_new=only_new)
        if planned.changes and not is_erratum:
            today = today or datetime.now(HOME).date()
            refuse_rewriting(
                connection,
                planned.changes,
                before=planned.before,
                after=planned.after,
                places=planned.places,
                today=today,
            )
        return _write(connection, planned, loaded_by=loaded_by, note=note, is_erratum=is_erratum)


def _write(connection: Connection, planned: Plan, *, loaded_by: str, note: str, is_erratum: bool) -> LoadResult:
    if not planned.changes and planned.current:
        return LoadResult(planned.current, is_new=False, recomputes=False, changes={}, notes=planned.notes)
    recomputes = _recomputes(connection, planned.scopes)
    rewrites = is_erratum or planned.concerns_ever
    version = planned.current + 1
    write(connection, version, planned.changes, planned.scopes, loaded_by=loaded_by, note=note, is_erratum=rewrites)
    counts = {name: change.counts for name, change in planned.changes.items()}
    return LoadResult(
        version, is_new=True, recomputes=recomputes, changes=counts, is_erratum=rewrites, notes=planned.notes
    )


def load_shipped(url: str) -> LoadResult:
    """Loads the shipped rows once per release. What somebody else loaded, changed or removed stays as it is (`kept`)."""
    digest = hashlib.sha256()
    for path in sorted(SHIPPED.glob("*.csv")):
        digest.update(path.read_bytes())
    note = f"{NOTE} {digest.hexdigest()[:16]}"
    with psycopg.connect(url) as connection:
        write_event_types(connection)
        known = connection.execute("select 1 from reference.version where note = %s", [note]).fetchone()
        row = connection.execute("select version from reference.active").fetchone()
    if known and row:
        return LoadResult(row[0], is_new=False, recomputes=False, changes={})
    shipped = parse(read_directory(SHIPPED))
    with psycopg.connect(url) as connection:
        connection.execute("lock table reference.version in exclusive mode")
        release = release_of(connection, shipped, in_force(connection))
        planned = plan(connection, release.wanted, replaces=True)
        result = _write(connection, planned, loaded_by=BY, note=note, is_erratum=True)
    return replace(result, kept=release.kept)


def load_folder(
    url: str,
    folder: Path,
    *,
    loaded_by: str,
    note: str = "",
    replaces: bool = False,
    is_erratum: bool = True,
) -> LoadResult:
    """Loads every CSV and workbook of a folder in the form of the shipped ones."""
    return load(
        url,
        read_directory(folder),
        loaded_by=loaded_by,
        note=note or folder.name,
        replaces=replaces,
        is_erratum=is_erratum,
    )


def _recomputes(connection: Connection, scopes: list[Scope]) -> bool:
    """Whether a stored reading could differ under the new version."""
    return any(scope.scope_type in WIDE for scope in scopes) or bool(scopes and covered_scopes(connection, scopes))


__all__ = ["InvalidRows", "LoadResult", "load", "load_folder", "load_shipped"]
