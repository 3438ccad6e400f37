"""The shipped rulebook, without a database."""

from functools import cache
from types import SimpleNamespace

from infra.reference_data.tables import SHIPPED, TABLES, parse, read_directory
from streams.domain.rulebook import Authority, Rulebook
from streams.reference import rulebook_of


def _rows(tables):
    return {
        name: [SimpleNamespace(**dict(zip(TABLES[name].columns, values, strict=True))) for values in rows.values()]
        for name, rows in parse(tables).items()
    }


@cache
def shipped_rulebook() -> Rulebook:
    return rulebook_of(_rows(read_directory(SHIPPED)), version=1, calendar_version=1)


def rulebook_with(*, authority: Authority | None = None, schedule: str = "cn", **changes) -> Rulebook:
    """The shipped rulebook, with an authority of its own that works by a schedule."""
    from msgspec.structs import replace

    book = shipped_rulebook()
    if authority is not None:
        book = replace(
            book,
            authorities={**book.authorities, authority.name: authority},
            assignments={**book.assignments, ("authority", authority.name): schedule},
        )
    return replace(book, **changes)
