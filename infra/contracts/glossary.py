"""What fields and codes mean, in Chinese and English: fields.csv and codes.csv, the one place for it."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from connectors.vocabulary import described

FIELDS = Path(__file__).with_name("fields.csv")


class Meaning(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} · {self.en}"


@cache
def fields() -> dict[str, Meaning]:
    """`unit_code` (wherever it stands), or `case.accepted.unit_code`, `Limit.value`, `@time`, `raw.event.topic`."""
    with FIELDS.open(encoding="utf-8", newline="") as file:
        return {row["field"]: Meaning(row["zh"], row["en"]) for row in csv.DictReader(file)}


@cache
def code_lists() -> dict[str, dict[str, Meaning]]:
    """Field, named as in `fields` → its known codes."""
    lists: dict[str, dict[str, Meaning]] = {}
    for row in described():
        lists.setdefault(row["field"], {})[row["code"]] = Meaning(row["zh"], row["en"])
    return lists


def key_of(owner: str, name: str) -> str:
    """The row for a field of an event type or struct: its own, or that of its name. KeyError where there is none."""
    own = f"@{name}" if owner == "@" else f"{owner}.{name}"
    found = next((key for key in (own, name) if key in fields()), None)
    if found is None:
        raise KeyError(f"{own!r} is not described: add a row to {FIELDS.name}")
    return found


def meaning(owner: str, name: str) -> Meaning:
    return fields()[key_of(owner, name)]


def codes(owner: str, name: str) -> dict[str, Meaning]:
    """The known codes of a field; none where it is no code, or nobody counts by it."""
    own = f"@{name}" if owner == "@" else f"{owner}.{name}"
    return code_lists().get(own) or code_lists().get(name, {})
