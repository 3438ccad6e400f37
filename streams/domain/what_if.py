"""What would have been, had another promise been given: the same records but for one field of the acceptance.

A case accepted by default (deemed) has no acceptance to change: its promise is the catalogue's.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from streams.domain.limits import Limit
from streams.domain.rulebook import Rulebook
from streams.domain.subject import Entry, Subject

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def with_promise(subject: Subject, promise: Limit) -> Subject:
    """The case as if every acceptance of it had promised this."""
    entries = {key: _promising(entry, promise) for key, entry in subject.entries.items()}
    return replace(subject, entries=entries)


def promising(rulebook: Rulebook, matter_code: str, promise: Limit) -> Rulebook:
    """The rulebook as if the catalogue had always promised this of a matter."""
    matters = dict(rulebook.matters)
    if matter_code in matters:
        matters[matter_code] = tuple(replace(row, promise=promise) for row in matters[matter_code])
    return replace(rulebook, matters=matters)


def _promising(entry: Entry, promise: Limit) -> Entry:
    if entry.type != "case.accepted" or entry.is_deletion:
        return entry
    data: dict[str, Any] = _decode(entry.data)
    data.pop("promise_due_at", None)
    data["promise"] = {"value": promise.value, "unit": promise.unit}
    return replace(entry, data=_encode(data))
