"""What may change within v1: an optional field is added, a limit widened, a code added to an open list. No more."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from infra.contracts.promises import ENVELOPE, Contract, Facts

#: Limit → whether the new value takes in all that the old one did.
WIDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "maximum": operator.gt,
    "maxLength": operator.gt,
    "maxItems": operator.gt,
    "minimum": operator.lt,
    "minLength": operator.lt,
    "minItems": operator.lt,
}
V2 = "make it a type of v2 beside v1 and lift v1 in streams/wire.py"


class Change(NamedTuple):
    """One difference to the last release; `remedy` is empty where it is allowed."""

    type: str
    field: str
    what: str
    remedy: str = ""

    @property
    def is_allowed(self) -> bool:
        return not self.remedy

    def __str__(self) -> str:
        place = f"{self.type} {self.field}".strip()
        return f"{place}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


def changes(released: Contract, current: Contract) -> list[Change]:
    """Every difference from one contract to the next, type by type."""
    found: list[Change] = []
    for name in released:
        if name not in current:
            found.append(Change(name, "", "the type is gone", "put it back: sources go on sending it"))
        else:
            found += _type_changes(name, released[name], current[name])
    found += [Change(name, "", "the type is new") for name in current if name not in released]
    return found


def _type_changes(name: str, released: Mapping[str, Facts], current: Mapping[str, Facts]) -> Iterator[Change]:
    for field, before in released.items():
        if field not in current:
            yield Change(name, field, "the field is gone", f"put it back, or {_beside(name)}")
        else:
            yield from _field_changes(name, field, before, current[field])
    for field, facts in current.items():
        if field not in released:
            yield _added(name, field, facts, is_inside_new=_parent(field) not in {*released, ""})


def _added(name: str, field: str, facts: Facts, *, is_inside_new: bool) -> Change:
    if facts.get("required") and not is_inside_new:
        what = "a required field is new: what sources send today would be refused"
        return Change(name, field, what, f"give it a default, or {_beside(name)}")
    return Change(name, field, "an optional field is new")


def _field_changes(name: str, field: str, before: Facts, after: Facts) -> Iterator[Change]:
    for word in dict.fromkeys((*before, *after)):
        if word == "codes":
            yield from _code_changes(name, field, before.get(word, []), after.get(word, []))
        elif before.get(word) != after.get(word) or (word in before) != (word in after):
            yield _changed(name, field, word, before, after)


def _changed(name: str, field: str, word: str, before: Facts, after: Facts) -> Change:
    what = f"{word} {_said(before, word)} became {_said(after, word)}"
    is_wider = (
        word in WIDER and word in before and (word not in after or WIDER[word](after[word], before[word]))
    )  # a limit that is gone is the widest
    return Change(name, field, what, "" if is_wider else f"set it back to {_said(before, word)}, or {_beside(name)}")


def _code_changes(name: str, field: str, before: list[str], after: list[str]) -> Iterator[Change]:
    for code in sorted(set(before) - set(after)):
        yield Change(name, field, f"code {code!r} is gone", "put it back into codes.csv: sources go on sending it")
    for code in sorted(set(after) - set(before)):
        yield Change(name, field, f"code {code!r} is new")


def _said(facts: Facts, word: str) -> str:
    return repr(facts[word]) if word in facts else "none"


def _beside(name: str) -> str:
    return "make it another attribute" if name == ENVELOPE else V2


def _parent(field: str) -> str:
    return field.removesuffix("[]") if field.endswith("[]") else field.rpartition(".")[0]
