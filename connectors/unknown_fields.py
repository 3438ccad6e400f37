"""Unknown fields: which names a source sends that the contract does not have, and how often, so that it learns."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg

#: Further names of one source are counted together.
MOST_NAMES = 200
OTHERS = "…"
#: A name may itself say whom it is about (张三, a number): only what looks like a field's name is kept.
_NAME = re.compile(r"[A-Za-z_][\w.\-]{0,99}", re.ASCII)
_NUMBER = re.compile(r"\d{6}")


class UnknownFields:
    """Counts, and writes the counts down now and then. Used by one thread at a time."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._names: dict[str, set[str]] = defaultdict(set)

    def count(self, source: str, fields: Iterable[str]) -> None:
        for field in fields:
            self._counts[source, self._kept(source, field)] += 1

    def take(self) -> Counter[tuple[str, str]]:
        """What was counted since the last time."""
        taken, self._counts = self._counts, Counter()
        return taken

    def give_back(self, counts: Counter[tuple[str, str]]) -> None:
        """What could not be written down."""
        self._counts.update(counts)

    def _kept(self, source: str, field: str) -> str:
        names = self._names[source]
        if field in names:
            return field
        if _NAME.fullmatch(field) is None or _NUMBER.search(field) or len(names) >= MOST_NAMES:
            return OTHERS
        names.add(field)
        return field


def write_down(connection: psycopg.Connection[Any], counts: Counter[tuple[str, str]]) -> None:
    """Adds the counts to those of today, which is the source's own day."""
    if not counts:
        return
    sources, fields = zip(*counts, strict=True)
    connection.execute(
        """insert into ops.unknown_field_day as u (source, field, times, day)
           select c.source, c.field, c.times, reference.today_of(c.source)
           from unnest(%s::text[], %s::text[], %s::bigint[]) as c (source, field, times)
           on conflict (source, field, day) do update set times = u.times + excluded.times, last_seen = now()""",
        [list(sources), list(fields), list(counts.values())],
    )
