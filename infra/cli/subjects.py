"""Subjects as the stream has them, for verbs that read them again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import typer


class StoredSubject(NamedTuple):
    """A subject, the rulebook in force, how far its time has come, and the zone of its office."""

    subject: Any
    rulebook: Any
    as_of: datetime
    zone: ZoneInfo


_FIND = """
    select s.family, s.subject_key, s.records, s.unit_code, s.area_code, greatest(s.as_of, coalesce(
        (select max(c.as_of) from stream.clock as c
         where c.topic like '%%events.' || s.family and c.partition = s.partition
             and c.authority = case when a.clock = 'marked' then s.authority else '*' end), s.as_of))
    from stream.subject as s
    left join reference.authority as a on a.authority = s.authority and a.until_version is null
    where (s.subject_key = %(name)s or split_part(s.subject_key, '|', 2) = %(name)s)
        and (%(family)s::text is null or s.family = %(family)s)
    order by s.family, s.subject_key
"""


def stored_subject(database: str, name: str, family: str | None) -> StoredSubject:
    """The subject of this number or key; a usage error where there is none, or several."""
    import psycopg

    from streams.domain.subject import unpack
    from streams.reference import read_rulebook

    with psycopg.connect(database) as connection:
        rows = connection.execute(_FIND, {"name": name, "family": family}).fetchall()
        rulebook = read_rulebook(connection)
    if not rows:
        what = family or "case"
        raise typer.BadParameter(
            f"no {what} {name!r}: has its event arrived? 'govpulse sql' finds subjects by other columns"
        )
    if len(rows) > 1:
        known = ", ".join(f"--family {row[0]} '{row[1]}'" for row in rows)
        raise typer.BadParameter(f"{name!r} is ambiguous: {known}")
    kind, key, records, unit, area, as_of = rows[0]
    subject = unpack(kind, key, bytes(records))
    return StoredSubject(subject, rulebook, as_of, rulebook.schedule_of(unit, area, subject.authority).zone)


_FINISHED = """
    from stream.subject
    where family = 'case' and matter_code = %(matter)s and (%(unit)s::text is null or unit_code = %(unit)s)
        and accepted_at is not null and stopped_at is not null and exclusion_reason is null
"""


def count_finished(connection: Any, matter: str, unit: str | None) -> int:
    """How many cases of a matter were accepted, ended, and are not excluded: with a promise or without."""
    [(count,)] = connection.execute(f"select count(*) {_FINISHED}", {"matter": matter, "unit": unit}).fetchall()
    return int(count)


def finished_cases(
    connection: Any, matter: str, unit: str | None, *, most: int
) -> Iterator[tuple[Any, datetime, bool | None]]:
    """(case, as_of, was on time; None without a promise) of those cases, the newest first."""
    from streams.domain.subject import unpack

    with connection.cursor("what_if") as cursor:
        cursor.execute(
            f"select subject_key, records, as_of, is_on_time {_FINISHED} order by stopped_at desc limit %(most)s",
            {"matter": matter, "unit": unit, "most": most},
        )
        for key, records, as_of, is_on_time in cursor:
            yield unpack("case", key, bytes(records)), as_of, is_on_time
