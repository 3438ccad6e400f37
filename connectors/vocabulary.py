"""The contract's own words for results, channels and kinds. A list that has `unmapped` is whole: any other word becomes it.

So a code that nobody defined is counted as such and found (`unmapped_code`), also where a source has no map of its own.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from connectors.codes import Data
from streams.domain.families.values import UNMAPPED, Code

CODES = Path(__file__).with_name("codes.csv")


@cache
def described() -> tuple[Mapping[str, str], ...]:
    """Every code: `field`, by its event type or struct, or alone, wherever it stands; `code`; its meaning, `zh` and `en`."""
    with CODES.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def in_our_words(data: Data, struct: type[Struct], owner: str) -> Data:
    """The data with every word that is none of ours replaced. `owner`: the event type, short."""
    for name, inner in parts_of(struct).items():
        value = data.get(name)
        if isinstance(value, dict) and inner is not None:
            data = data | {name: in_our_words(value, inner, inner.__name__)}
        elif (words := _words(owner, name)) is not None and _is_code(value) and value not in words:
            data = data | {name: UNMAPPED}
    return data


def _is_code(value: Any) -> bool:
    """What is none, empty or too long, is the contract's to refuse."""
    try:
        msgspec.convert(value, Code)
    except msgspec.ValidationError:
        return False
    return True


@cache
def _words(owner: str, name: str) -> frozenset[str] | None:
    """Every word that the field may say; None: it has no whole list."""
    lists = _whole_lists()
    return lists.get(f"{owner}.{name}") or lists.get(name)


@cache
def _whole_lists() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in described():
        found.setdefault(row["field"], set()).add(row["code"])
    return {field: frozenset(words) for field, words in found.items() if UNMAPPED in words}


@cache
def parts_of(struct: type[Struct]) -> Mapping[str, type[Struct] | None]:
    """The fields of a struct, each with the struct it holds, if it holds one."""
    return {field.encode_name: _inner_struct(field.type) for field in msgspec.structs.fields(struct)}


def _inner_struct(annotation: Any) -> type[Struct] | None:
    candidates = getattr(annotation, "__args__", (annotation,))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, Struct)), None)
