"""Codes: what a source writes for a result or a channel becomes our word, by the day of the event (`domain.md` §2.5).

No two systems agree on a code list, and one system changes its own: so a map belongs to a source, a field and a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, tzinfo
from typing import Any, get_args

import msgspec
from msgspec import Struct

from connectors.iso import iso_of
from streams.domain.families.values import UNMAPPED

Data = dict[str, Any]


class Meaning(Struct, frozen=True):
    """What a code means from one local day to another, both inclusive."""

    valid_from: date
    valid_to: date | None
    value: str

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class CodeMap(Struct, frozen=True):
    """The codes of one field of a source; `event_type` '': of every type, unless one has a map of its own."""

    event_type: str
    path: tuple[str, ...]
    meanings: Mapping[str, tuple[Meaning, ...]]

    def meaning(self, code: str, day: date) -> str:
        return next((one.value for one in self.meanings.get(code, ()) if one.holds(day)), UNMAPPED)


class Codes(Struct, frozen=True):
    """The maps of every source that has any, and the zone in which its days are told."""

    of_source: Mapping[str, tuple[CodeMap, ...]] = {}
    zone: tzinfo = UTC

    def translate(self, data: Data, struct: type[Struct], *, source: Any, event_type: str, time: Any) -> Data:
        """The data with this source's codes translated; as it is where there are none, or no readable time."""
        maps = self.of_source.get(source, ()) if isinstance(source, str) else ()
        day = _local_day(time, self.zone) if maps else None
        if day is None:
            return data
        chosen = {one.path: one for one in maps if not one.event_type}
        chosen |= {one.path: one for one in maps if one.event_type == event_type}
        for path, one in chosen.items():
            data = _translated(data, struct, path, one, day)
        return data


NO_CODES = Codes()


def codes_of(rows: Iterable[tuple[str, str, str, str, date, date | None, str]], zone: tzinfo) -> Codes:
    """From rows (source, event type, field, code, valid from, valid to, value)."""
    found: dict[tuple[str, str, str], dict[str, list[Meaning]]] = defaultdict(lambda: defaultdict(list))
    for source, event_type, field, code, valid_from, valid_to, value in rows:
        found[source, event_type, field][code].append(Meaning(valid_from, valid_to, value))
    of_source: dict[str, list[CodeMap]] = defaultdict(list)
    for (source, event_type, field), codes in found.items():
        path = tuple(field.split(".")[1:])
        meanings = {code: tuple(ones) for code, ones in codes.items()}
        of_source[source].append(CodeMap(event_type, path, meanings))
    return Codes({source: tuple(maps) for source, maps in of_source.items()}, zone)


def _local_day(time: Any, zone: tzinfo) -> date | None:
    try:
        at = iso_of(time) if isinstance(time, str) else None
        return at.astimezone(zone).date() if at is not None and at.tzinfo is not None else None
    except OverflowError:
        return None


def _translated(data: Data, struct: Any, path: tuple[str, ...], one: CodeMap, day: date) -> Data:
    """The data with the field at the end of a path translated; missing parts are left missing."""
    name, *rest = path
    value, wanted = data.get(name), _type_of(struct, name)
    if value is None or wanted is None:
        return data
    if rest:
        return data | {name: _translated(value, wanted, tuple(rest), one, day)} if isinstance(value, dict) else data
    if not isinstance(value, str | int):
        return data
    code = str(value).lower() if isinstance(value, bool) else str(value)
    return data | {name: _as(one.meaning(code, day), wanted, code)}


def _type_of(struct: Any, name: str) -> Any:
    """The type of a field of a struct, or of the one struct among several types."""
    structs = [one for one in (struct, *get_args(struct)) if isinstance(one, type) and issubclass(one, Struct)]
    fields = {field.encode_name: field.type for one in structs for field in msgspec.structs.fields(one)}
    return fields.get(name)


def _as(value: str, wanted: Any, code: str) -> Any:
    """The text as the field's type; where it does not fit, what the contract will refuse: of no meaning, the code itself."""
    if _fits(value, wanted, strict=False):
        return msgspec.convert(value, wanted, strict=False)
    return code if value == UNMAPPED and not _fits(code, wanted, strict=True) else value


def _fits(value: str, wanted: Any, *, strict: bool) -> bool:
    try:
        msgspec.convert(value, wanted, strict=strict)
    except msgspec.ValidationError:
        return False
    return True
