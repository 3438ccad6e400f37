"""The shipped rulebook, and variations of it."""

from msgspec.structs import replace

from infra.reference_data.shipped import shipped_rulebook
from streams.domain.rulebook import Authority, Rulebook

__all__ = ["rulebook_with", "shipped_rulebook"]


def rulebook_with(*, authority: Authority | None = None, schedule: str = "cn", **changes) -> Rulebook:
    """The shipped rulebook, with an authority of its own that works by a schedule."""
    book = shipped_rulebook()
    if authority is not None:
        book = replace(
            book,
            authorities={**book.authorities, authority.name: authority},
            assignments={**book.assignments, ("authority", authority.name): schedule},
        )
    return replace(book, **changes)
