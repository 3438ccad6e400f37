"""Zones: times that a source writes without an offset become instants in the zone it is registered with."""

from datetime import tzinfo
from typing import Any

from connectors.iso import iso_of

_ATTRIBUTES = ("time", "recordedtime")


def zoned(attributes: dict[str, Any], zone: tzinfo) -> None:
    """Gives the times of an event the zone's offset where they have none; whatever is no time stays as it is."""
    for name in _ATTRIBUTES:
        if name in attributes:
            attributes[name] = _aware(attributes[name], zone)
    data = attributes.get("data")
    if isinstance(data, dict):
        told = {name: _aware(value, zone) for name, value in data.items() if _is_instant(name)}
        attributes["data"] = data | told if told else data


def _is_instant(name: Any) -> bool:
    return isinstance(name, str) and name.endswith(("_at", "up_to"))


def _aware(value: Any, zone: tzinfo) -> Any:
    if not isinstance(value, str) or len(value) <= len("2026-11-24"):
        return value
    found = iso_of(value)
    return value if found is None or found.tzinfo is not None else found.replace(tzinfo=zone).isoformat()
