"""Builders of events for Python sources: one typed function for every type that a source may tell (`connectors.publisher.events`)."""

import builtins
import csv
import re
import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from connectors.register import OWN_TYPES
from infra.contracts import glossary
from infra.contracts.schemas import summary
from streams.domain.events import EVENT_TYPES, FAMILIES

FOLDER = Path(__file__).parents[2] / "connectors" / "publisher"
EVENTS, RECORDS = FOLDER / "events", FOLDER / "records.py"
RECORD_KEYS = Path(__file__).with_name("records.csv")
WRITTEN = "Written by 'govpulse contracts' from the event types, fields.csv and records.csv."
#: Longer lines are excused (pyproject.toml).
LONGEST_LINE = 140
WHICH = "第几次,或本系统中的编号 · which of its kind: 1, 2, 3 … or its key in your system"
#: What a builder is told beside the data of its type.
_TAKEN = frozenset({"subject", "time", "which", "attributes", "data", "self"})


class Parameter(NamedTuple):
    """A field as a parameter: its name here and in the contract, its hint, its default as text ('' where required)."""

    name: str
    field: str
    hint: str
    default: str
    value: str


@cache
def record_keys() -> Mapping[str, str]:
    """Event type → the pattern of its record key; of every type that a source may tell."""
    with RECORD_KEYS.open(encoding="utf-8", newline="") as file:
        found = {row["type"]: row["record"] for row in csv.DictReader(file)}
    wanted = EVENT_TYPES.keys() - OWN_TYPES
    if found.keys() != wanted:
        raise KeyError(f"{RECORD_KEYS.name} must name exactly the types of sources: {sorted(found.keys() ^ wanted)}")
    return found


def modules() -> dict[Path, str]:
    """Every written module with its text."""
    families = [
        family for family, told in FAMILIES.items() if any(f"{family}.{name}" not in OWN_TYPES for name, _ in told)
    ]
    return {RECORDS: _records(), EVENTS / "__init__.py": _package(families)} | {
        EVENTS / f"{family}.py": _module(family) for family in families
    }


def _records() -> str:
    rows = [f'    "{name}": "{record}",' for name, record in record_keys().items()]
    return "\n".join([
        '"""Record keys: by which every fact of a subject is known, by event type.',
        "",
        WRITTEN,
        '"""',
        "",
        "RECORDS = {",
        *rows,
        "}",
        "",
    ])  # fmt: skip


def _package(families: list[str]) -> str:
    values = sorted(
        {struct.__name__: struct.__module__ for struct in _nested()}.items(), key=lambda one: (one[1], one[0])
    )
    by_module: dict[str, list[str]] = {}
    for name, module in values:
        by_module.setdefault(module, []).append(name)
    exported = sorted([*families, *dict(values), "deleted"], key=_ruff_order)
    return "\n".join([
        '"""Events to publish: a module for every family, a function for every type. `case.accepted(subject=…, time=…, …)`.',
        "",
        WRITTEN,
        '"""',
        "",
        "from connectors.publisher.build import deleted",
        *_import("connectors.publisher.events", sorted(families)),
        *(line for module, names in sorted(by_module.items()) for line in _import(module, sorted(names))),
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in exported),
        "]",
        "",
    ])  # fmt: skip


def _module(family: str) -> str:
    names = [f"{family}.{name}" for name, _ in FAMILIES[family] if f"{family}.{name}" not in OWN_TYPES]
    parameters = {name: list(_parameters(name)) for name in names}
    body = [line for name in names for line in ("", "", *_function(name, parameters[name]))]
    told = [one for several in parameters.values() for one in several]
    excused = ["A002"] if any(hasattr(builtins, one.name) for one in told) else []
    excused += ["E501"] if max(map(len, body)) > LONGEST_LINE else []
    remark = f"# ruff: noqa: {', '.join(excused)} - parameters and their words are the contract's"
    head = [f'"""Events of family {family}. {WRITTEN}"""', "", *([remark, ""] if excused else [])]
    return "\n".join([*head, *_imports(names, " ".join(one.hint for one in told)), *body, ""])


def _imports(names: list[str], hints: str) -> Iterator[str]:
    """What the functions of these types need, in the order of the linter."""
    words = set(re.findall(r"\w+", hints))
    yield f"from datetime import {'date, ' if 'date' in words else ''}datetime"
    yield f"from typing import {'Literal, ' if 'Literal' in words else ''}Unpack"
    yield ""
    which = {"Which"} if any("{which}" in record_keys()[name] for name in names) else set()
    imported = {"connectors.publisher.build": {"Attributes", "build"} | which}
    imported["connectors.publisher.messages"] = {"CloudEvent"}
    for struct in (*(EVENT_TYPES[name] for name in names), *(one for one in _nested() if one.__name__ in words)):
        imported.setdefault(struct.__module__, set()).add(struct.__name__)
    for module, wanted in sorted(imported.items()):
        yield from _import(module, sorted(wanted, key=_ruff_order))


def _function(name: str, parameters: list[Parameter]) -> Iterator[str]:
    record = record_keys()[name]
    has_which = "{which}" in record
    struct = EVENT_TYPES[name]
    yield f"def {name.partition('.')[2]}("
    yield from ("    *,", "    subject: str,", "    time: datetime,")
    is_option = "[" in record
    yield from ["    which: Which,"] if has_which and not is_option else []
    for one in sorted(parameters, key=lambda one: bool(one.default)):
        yield f"    {one.name}: {one.hint}{f' = {one.default}' if one.default else ''},"
    yield from ["    which: Which | None = None,"] if is_option else []
    yield from ("    **attributes: Unpack[Attributes],", ") -> CloudEvent:")
    yield from _docstring(name, parameters, record)
    if parameters:
        yield f"    data = {struct.__name__}("
        yield from (f"        {one.name}={one.value}," for one in parameters)
        yield "    )"
    else:
        yield f"    data = {struct.__name__}()"
    which = ", which=which" if has_which else ""
    yield f'    return build("{name}", subject, time, data, attributes{which})'


def _docstring(name: str, parameters: list[Parameter], record: str) -> Iterator[str]:
    yield f'    """{" ".join(summary(EVENT_TYPES[name]).split())}'
    yield ""
    yield f"    recordkey: {record}"
    if "{which}" in record:
        yield f"    which: {WHICH}"
    for one in parameters:
        yield f"    {one.name}: {glossary.meaning(name, one.field)}"
    yield '    """'


def _parameters(name: str) -> Iterator[Parameter]:
    made_of = {part for _, part, _, _ in Formatter().parse(record_keys()[name]) if part}
    for field in msgspec.structs.fields(EVENT_TYPES[name]):
        if field.name in _TAKEN:
            raise ValueError(f"{name}: a builder cannot have a parameter {field.name!r}")
        hint, default = hint_of(field.type), ""
        value = field.name
        if not field.required and field.name not in made_of:
            default = "None" if field.default_factory is not msgspec.NODEFAULT else _literal(field.default)
            if field.default_factory is not msgspec.NODEFAULT:
                hint, value = f"{hint} | None", f"{field.name} or []"
        yield Parameter(field.name, field.encode_name, hint, default, value)


def hint_of(annotation: Any) -> str:
    """A field's type as people write it: `str | None`, `Limit`, `list[str]`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return hint_of(arguments[0])
    if origin in (Union, types.UnionType):
        return " | ".join("None" if one is type(None) else hint_of(one) for one in arguments)
    if origin is Literal:
        return f"Literal[{', '.join(_literal(one) for one in arguments)}]"
    if origin is list:
        return f"list[{hint_of(arguments[0])}]"
    if annotation in (str, int, float, bool, date, datetime) or issubclass(annotation, Struct):
        return str(annotation.__name__)
    raise TypeError(f"no hint for {annotation!r}")


def _nested() -> list[type[Struct]]:
    """The structs that stand in fields of the types of sources."""
    found: dict[type[Struct], None] = {}
    for name in record_keys():
        for field in msgspec.structs.fields(EVENT_TYPES[name]):
            for one in (field.type, *get_args(field.type)):
                if isinstance(one, type) and issubclass(one, Struct):
                    found[one] = None
    return list(found)


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _ruff_order(name: str) -> tuple[int, str]:
    """As the linter sorts names: CONSTANTS, Classes, others."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def _import(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    return [line] if len(line) <= 120 else [f"from {module} import (", *(f"    {name}," for name in names), ")"]
