"""A mapping says in TOML how a source's file becomes our events. A new source is a mapping file, not code."""

import importlib.util
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from connectors.sources.logged import Trace
from streams.domain.events import EVENT_TYPES

SHIPPED = Path(__file__).parents[1] / "mappings"


class BadMapping(Exception):
    """A mapping that cannot be used; the message names file, key and remedy."""


class Value(Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "from"}):
    """A value: constant, or from an attribute (then `value` is for where it is missing), translated by `map`.

    Codes that `map` does not have become 'unmapped'.
    """

    value: Any = None
    of: str | None = None
    map: dict[str, Any] | None = None


class Condition(Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "from", "one_of": "in"}):
    """Holds where the attribute has one of the values (or any at all)."""

    of: str
    one_of: list[str] | None = None

    def holds(self, attributes: Any) -> bool:
        found = attributes.get(self.of)
        return found is not None and (self.one_of is None or found in self.one_of)


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of event that the file tells.

    each: one per `entry` or per `trace`. `first_of`: of a trace the entry whose `code` comes first in the list.
    Two kinds with one `record` in a trace: the first that is there wins.
    """

    type: str
    time: str
    each: Literal["entry", "trace"] = "entry"
    record: str | None = None
    first_of: list[str] = []
    when: list[Condition] = []
    when_trace: list[Condition] = []
    data: dict[str, Value] = {}
    place: Literal["start", "end"] = "start"


class AuthorityRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Who issued the numbers, and how its time is read."""

    code: str
    name: str
    schedule: str
    clock: Literal["wall", "marked"] = "marked"
    extension_any_time: bool = False
    late_pauses_extend: bool = False


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """Attributes of a trace whose values are matters and units that the catalogue must know."""

    matters: str | None = None
    units: str | None = None


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A source: what its file looks like, whose numbers it has, which events it tells."""

    name: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    title: str
    format: Literal["xes", "csv"]
    source: str
    zone: str
    number: str
    authority: AuthorityRow
    event: list[Told]
    code: str = "concept:name"
    catalogue: Catalogue = Catalogue()
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    attribution: str = ""
    sample: str | None = None
    python: str | None = None

    @property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


#: A named function: the events (as documents without envelope stamps) that a table cannot say of a trace.
TraceFunction = Callable[[Mapping, Trace], Iterable[dict[str, Any]]]


def shipped_mappings() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_mapping(name: str) -> Mapping:
    """The mapping of this shipped name, or at this path. Raises BadMapping."""
    path = SHIPPED / f"{name}.toml" if name in shipped_mappings() else Path(name)
    if not path.exists():
        raise BadMapping(f"no mapping {name!r}: give a path, or one of {', '.join(shipped_mappings())}")
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Mapping)
        mapping.tzinfo  # noqa: B018 - an unknown zone is found here
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, KeyError, ValueError) as error:
        raise BadMapping(f"{path}: {error}") from None
    for told in mapping.event:
        if told.type not in EVENT_TYPES:
            raise BadMapping(f"{path}: event type {told.type!r} is not in the contract")
        fields = {field.encode_name for field in msgspec.structs.fields(EVENT_TYPES[told.type])}
        for field in told.data:
            if field not in fields:
                raise BadMapping(f"{path}: {told.type} has no field {field!r}; it has {', '.join(sorted(fields))}")
    return mapping


def trace_function(mapping: Mapping) -> TraceFunction | None:
    """The function named by `python = "file.py:function"`, beside the shipped mappings."""
    if mapping.python is None:
        return None
    file, _, name = mapping.python.partition(":")
    path = SHIPPED / file
    spec = importlib.util.spec_from_file_location(f"connectors.mappings.{path.stem}", path)
    if spec is None or spec.loader is None or not path.exists():
        raise BadMapping(f"mapping {mapping.name}: {mapping.python!r}: no file {file!r} among the shipped mappings")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: TraceFunction | None = getattr(module, name, None)
    if function is None:
        raise BadMapping(f"mapping {mapping.name}: {file} has no function {name!r}")
    return function


def reference_tables(mapping: Mapping, traces: Iterable[Trace]) -> dict[str, list[dict[str, str]]]:
    """What the platform must know before the events: authority, schedule, source, matters and units (CSV rows)."""
    traces = list(traces)
    authority = mapping.authority
    rows: dict[str, list[dict[str, str]]] = {
        "authority": [
            {
                "authority": authority.code,
                "name": authority.name,
                "clock": authority.clock,
                "extension_any_time": str(authority.extension_any_time).lower(),
                "late_pauses_extend": str(authority.late_pauses_extend).lower(),
            }
        ],
        "schedule_assignment": [
            {"scope_type": "authority", "scope_code": authority.code, "schedule": authority.schedule}
        ],
        "source": [{"source": mapping.source, "authority": authority.code, "precedence": "0"}],
    }
    if mapping.catalogue.matters:
        codes = _distinct(traces, mapping.catalogue.matters)
        first = date(1990, 1, 2).isoformat()
        rows["matter"] = [{"matter_code": code, "valid_from": first, "name": code} for code in codes]
    if mapping.catalogue.units:
        rows["unit"] = [{"unit_code": code, "name": code} for code in _distinct(traces, mapping.catalogue.units)]
    return rows


def _distinct(traces: Iterable[Trace], attribute: str) -> list[str]:
    return sorted({trace.attributes[attribute] for trace in traces if attribute in trace.attributes})
