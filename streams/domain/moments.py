"""The visible statements of a subject in fold order, decoded; of once-only types the first."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from streams.domain.events import EVENT_TYPES, ONCE, RANK
from streams.domain.outlines import Finding, Moment
from streams.domain.subject import Entry

_decoders = {name: msgspec.json.Decoder(data) for name, data in EVENT_TYPES.items()}


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The order of the fold, whatever order they came in (`design/exactness.md`, The join)."""
    return sorted(entries, key=_fold_order)


def _fold_order(entry: Entry) -> tuple[int, str, int, str, str]:
    return (entry.at_us, entry.sequence, RANK[entry.type], entry.record_key, entry.source)


def moments_of(ordered: Sequence[Entry], wanted: Collection[str] | None = None) -> list[Moment]:
    """The moments of the wanted types (of all where none are named), from entries in fold order."""
    found, seen = [], set[str]()
    for entry in ordered:
        if wanted is not None and entry.type not in wanted:
            continue
        if entry.type in ONCE:
            if entry.type in seen:
                continue
            seen.add(entry.type)
        found.append(Moment(entry.type, entry.at, entry.record_key, _decoders[entry.type].decode(entry.data)))
    return found


def repeated(ordered: Sequence[Entry]) -> list[Finding]:
    """A finding for every once-only type that was told twice."""
    found: dict[str, Finding] = {}
    seen = set[str]()
    for entry in ordered:
        if entry.type in ONCE:
            if entry.type in seen:
                code = f"repeated:{entry.type.partition('.')[2]}"
                found.setdefault(code, Finding(code, entry.at, entry.record_key))
            seen.add(entry.type)
    return list(found.values())
