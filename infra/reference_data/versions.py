"""Versions: what a load would change before it is made, and what earlier ones changed."""

from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.rows import dict_row

from infra.reference_data.affected import Affected, affected_by
from infra.reference_data.changes import Difference, differences
from infra.reference_data.files import read_directory
from infra.reference_data.load import plan
from infra.reference_data.rows import parse


class Preview(Struct, frozen=True):
    """What would change, and how many subjects would be read again."""

    version: int
    differences: list[Difference]
    affected: Affected
    notes: tuple[str, ...] = ()


def preview(url: str, folder: Path, *, replaces: bool = False) -> Preview:
    """Checks a folder as a load would, and loads nothing. Raises InvalidRows."""
    wanted = parse(read_directory(folder))
    with psycopg.connect(url) as connection:
        planned = plan(connection, wanted, replaces=replaces)
        affected = affected_by(connection, planned.scopes)
        found = Preview(planned.current, differences(planned.changes), affected, planned.notes)
        connection.rollback()
    return found


def history(url: str) -> list[dict[str, Any]]:
    """Every version, the newest first: who, when, why, how much, and whether it rewrote the past."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(
            """select v.version, to_char(v.loaded_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') as loaded_at,
                      v.loaded_by, v.note, v.is_erratum, v.changes,
                      v.version = (select version from reference.active) as is_active
               from reference.version as v order by v.version desc"""
        ).fetchall()


def changes_in(url: str, version: int) -> list[Difference]:
    """What a version changed; of the first nothing is kept, because all of it was new."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """select table_name, key, column_name, old, new from reference.version_change
               where version = %s order by table_name, key, column_name""",
            [version],
        ).fetchall()
    return [Difference(*row) for row in rows]
