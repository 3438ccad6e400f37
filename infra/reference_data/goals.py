"""Metrics and targets as rows: what their cells may hold."""

import difflib
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from streams.domain.events import EVENT_TYPES, FAMILIES

COHORTS = ("accepted", "finished", "standing", "told")
COMPUTED = ("live", "warehouse", "by_hand", "out_of_scope")
COMPARATORS = (">=", "<=", "=", "improves")
#: Attributes of the envelope that a metric may be made from.
ENVELOPE = ("@time", "@ingesttime")
#: What the columns of values, numeric(18, 6), no longer hold.
MOST = Decimal("1e12")


def words(*known: str) -> Any:
    """A parser of blank-separated words, each of them known."""

    def parse(text: str) -> str:
        for word in text.split():
            if word not in known:
                raise ValueError(f"{word!r} is not one of {', '.join(known)}; blanks separate several")
        return " ".join(text.split())

    return parse


families = words(*FAMILIES)
cohorts = words(*COHORTS)


def fields(text: str) -> str:
    """Event types (`case.visited`: its instant) and their fields (`case.rated.level`), blank-separated."""
    known = {*ENVELOPE, *EVENT_TYPES, *(f"{name}.{field}" for name in EVENT_TYPES for field in fields_of(name))}
    for word in text.split():
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            raise ValueError(f"{word!r} is no event type or field" + (f"; did you mean {near[0]!r}?" if near else ""))
    return " ".join(text.split())


def fields_of(event_type: str) -> tuple[str, ...]:
    """The data fields of an event type, by their names on the wire."""
    return tuple(field.encode_name for field in msgspec.structs.fields(EVENT_TYPES[event_type]))


def figure(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("must be a number such as 0.9") from None
    # Rounded first, then compared: 999999999999.9999999 is a million million.
    value = value.quantize(Decimal("0.000001")) if value.is_finite() and abs(value) < MOST else MOST
    if abs(value) >= MOST:
        raise ValueError("must be a number below a million million")
    return value
