"""The source register: who tells what. One pure check that every door makes of every event."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.events import MARK
from streams.wire import Event, Rejected

#: In a list of authorities: any.
ANY = "*"
#: Told by the platform itself: time by its marks, a bundle's children by their cases.
OWN_TYPES = frozenset({MARK, "bundle.child_changed"})
#: Every source may say that it lives.
HEARTBEAT = "source.heartbeat"
#: How far a source's clock may be ahead before it is told (time.md: more is a finding).
AHEAD = timedelta(minutes=5)
#: Codes of what was not taken and counts for nothing yet: the sender keeps it and sends it again.
NOT_NOW = frozenset({"source_quarantined"})


class SourceQuarantined(Exception):
    """A source that flooded: what it tells must be kept and told again later."""


class Source(Struct, frozen=True):
    """A row of the register; an empty set restricts nothing, but for `authorities`: those beside its own."""

    source: str
    authority: str
    authorities: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    zone: tzinfo | None = None
    is_revoked: bool = False
    is_quarantined: bool = False

    def tells(self, authority: str) -> bool:
        """Whether it may say anything of that authority's numbers."""
        return authority == self.authority or authority in self.authorities or ANY in self.authorities


class Register(Struct, frozen=True):
    """Every source; the area of each unit that has one; the authorities that live by marks."""

    sources: Mapping[str, Source] = {}
    unit_areas: Mapping[str, str] = {}
    marked: frozenset[str] = frozenset()

    def known(self, source: Any) -> Source | None:
        return self.sources.get(source) if isinstance(source, str) else None

    def is_quarantined(self, source: str) -> bool:
        """Whether a door must leave what this source tells where it lies, until the source is released."""
        row = self.known(source)
        return row is not None and row.is_quarantined

    def check_quarantine(self, source: str) -> None:
        """Raises SourceQuarantined, for a door that would rather wait than refuse message by message."""
        if self.is_quarantined(source):
            raise SourceQuarantined(
                f"source {source!r} is quarantined, nothing of it was taken: mend it, then 'govpulse source release {source}'"
            )

    def without_quarantine(self) -> "Register":
        """The same register for what the operator himself sends on: dead letters that were mended."""
        return replace(self, sources={name: replace(row, is_quarantined=False) for name, row in self.sources.items()})


def register_of(sources: Iterable[Source]) -> Register:
    """A register of these sources alone."""
    return Register({one.source: one for one in sources})


def stranger(source: str) -> Rejected:
    """What is said of a source that nobody registered."""
    return Rejected("unknown_source", "source", f"{source[:500]!r} is not in the register")


def refusal(register: Register, event: Event, data: Mapping[str, Any], *, is_ours: bool = False) -> Rejected | None:
    """Why the source may not tell this event; None where it may. `data`: what the event says."""
    row = register.known(event.source)
    if row is None:
        return stranger(event.source)
    if row.is_revoked:
        return _no("revoked_source", "source", f"{event.source!r} was shut out", event)
    if row.is_quarantined:
        return _no("source_quarantined", "source", f"{event.source!r} is quarantined until it is released", event)
    if event.type in OWN_TYPES and not is_ours:
        return _no("type_not_allowed", "type", f"{event.type!r} is told by the platform alone", event)
    if not row.tells(event.authority):
        return _no("authority_not_allowed", "authority", f"{event.authority!r} is not one of its authorities", event)
    if row.families and event.family not in row.families and event.type != HEARTBEAT:
        return _no("family_not_allowed", "type", f"it may tell {', '.join(sorted(row.families))}", event)
    return _of_bundle(row, event, data) or _of_unit(row, event, data) or _of_area(row, event, data, register.unit_areas)


def is_ahead(register: Register, event: Event, now: datetime) -> bool:
    """Whether the event is dated later than now, by more than clocks may differ."""
    return event.at - now > AHEAD and event.authority not in register.marked


def _no(code: str, field: str, detail: str, event: Event) -> Rejected:
    return Rejected(code, field, detail, event.source)


def _of_bundle(row: Source, event: Event, data: Mapping[str, Any]) -> Rejected | None:
    """A case that names a bundle writes into it."""
    bundle = data.get("bundle")
    authority = bundle.get("authority") if isinstance(bundle, dict) else None
    if authority is None or row.tells(authority):
        return None
    detail = f"{authority!r} is not one of its authorities"
    return _no("authority_not_allowed", "data.bundle.authority", detail, event)


def _of_unit(row: Source, event: Event, data: Mapping[str, Any]) -> Rejected | None:
    unit = data.get("unit_code")
    if not row.units or unit is None or unit in row.units:
        return None
    return _no("unit_not_allowed", "data.unit_code", f"{unit!r} is not one of its units", event)


def _of_area(row: Source, event: Event, data: Mapping[str, Any], unit_areas: Mapping[str, str]) -> Rejected | None:
    """Whoever names a unit says where: by the area, or by a unit whose area is known."""
    unit, area = data.get("unit_code"), data.get("area_code")
    if not row.areas or (area is None and unit is None):
        return None
    area = area or unit_areas.get(str(unit))
    if area is not None and any(_holds(one, str(area)) for one in row.areas):
        return None
    detail = "neither area nor the area of the unit is known" if area is None else f"{area!r} is not one of its areas"
    return _no("area_not_allowed", "data.area_code", detail, event)


def _holds(area: str, inner: str) -> bool:
    """Whether an area holds another by its code (GB/T 2260): 360200 holds 360202 and 360202400."""
    return inner.startswith(re.sub(r"(00)+$", "", area))
