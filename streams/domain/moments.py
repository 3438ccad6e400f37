"""The visible statements of a subject in fold order, decoded; of once-only types the first, or the first of each round."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from streams.domain.events import DECIDED, DELIVERED, EVENT_TYPES, ONCE, ONCE_A_ROUND, RANK, REOPENED
from streams.domain.outlines import Moment
from streams.domain.subject import Entry

_decoders = {name: msgspec.json.Decoder(data) for name, data in EVENT_TYPES.items()}


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The order of the fold, whatever order they came in (`design/exactness.md`, The join)."""
    return sorted(entries, key=_fold_order)


def _fold_order(entry: Entry) -> tuple[int, str, int, str, str]:
    return (entry.at_us, entry.sequence, RANK[entry.type], entry.record_key, entry.source)


def moments_of(ordered: Sequence[Entry], wanted: Collection[str] | None = None) -> tuple[list[Moment], set[str]]:
    """The moments of the wanted types (of all where none are named), from entries in fold order.

    Beside them the once-only types that were told more than once: of those the first counts, of `ONCE_A_ROUND` the first
    since the last reopening, of deliveries since the last decision too.
    """
    found, seen, twice = [], set[str](), set[str]()
    for entry in ordered:
        name = entry.type
        if name == DECIDED:
            seen.discard(DELIVERED)
        if name in ONCE:
            if name in seen:
                twice.add(name)
                continue
            seen.add(name)
        elif name == REOPENED:
            seen -= ONCE_A_ROUND
        if wanted is None or name in wanted:
            found.append(Moment(name, entry.at, entry.record_key, _decoders[name].decode(entry.data)))
    return found, twice
