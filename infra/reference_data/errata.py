"""Errata: what concerns the past may only be changed by who says so."""

from collections.abc import Iterator, Mapping
from datetime import date

from infra.reference_data.affected import covered_scopes
from infra.reference_data.changes import Change, Connection, InForce
from infra.reference_data.columns import InvalidRows, Values
from infra.reference_data.rows import told_key
from infra.reference_data.scopes import scopes_of
from infra.reference_data.tables import TABLES

#: Code maps are applied at the door: what was admitted stays as it is.
NOT_RETROACTIVE = frozenset({"code_map"})
REMEDY = "load it as a new row with a later valid_from, or say --erratum to rewrite the past"


def is_dated(name: str) -> bool:
    """Whether rows of a table hold from a day on; all others hold for ever, so changing them is always an erratum."""
    return "valid_from" in TABLES[name].key and name not in NOT_RETROACTIVE


def refuse_rewriting(
    connection: Connection,
    changes: Mapping[str, Change],
    *,
    before: InForce,
    after: InForce,
    places: Mapping[tuple[str, Values], str],
    today: date,
) -> None:
    """Raises InvalidRows where a change concerns instants that are over."""
    faults = [*_rewritten(changes, places, today)]
    for name, key in _borne_additions(connection, changes, before=before, after=after, today=today):
        day = dict(zip(TABLES[name].key, key, strict=True))["valid_from"]
        place = places.get((name, key), name)
        faults.append(
            f"{place}, column valid_from: '{day}': lies in the past and would be read into cases that are there; {REMEDY}"
        )
    if faults:
        raise InvalidRows(faults)


def _rewritten(changes: Mapping[str, Change], places: Mapping[tuple[str, Values], str], today: date) -> Iterator[str]:
    """Rows in force since before tomorrow that would change or go."""
    for name, change in changes.items():
        if not is_dated(name):
            continue
        for key in (*change.replaced, *change.removed):
            day = dict(zip(TABLES[name].key, key, strict=True))["valid_from"]
            if day <= today:
                act = "changed" if key in change.replaced else "removed"
                place = places.get((name, key), name)
                yield (
                    f"{place}, column valid_from: '{day}': row {told_key(name, key)} is in force since then "
                    f"and would be {act}; {REMEDY}"
                )


def _borne_additions(
    connection: Connection, changes: Mapping[str, Change], *, before: InForce, after: InForce, today: date
) -> Iterator[tuple[str, Values]]:
    """Added rows of the past that some stored reading would follow."""
    scopes = {}
    for name, change in changes.items():
        for key, values in change.added.items() if is_dated(name) else ():
            if dict(zip(TABLES[name].key, key, strict=True))["valid_from"] < today:
                only = Change({key: values}, {}, {})
                scopes[name, key] = scopes_of({name: only}, before=before, after=after)
    covered = covered_scopes(connection, {scope for found in scopes.values() for scope in found})
    yield from (place for place, found in scopes.items() if covered.intersection(found))
