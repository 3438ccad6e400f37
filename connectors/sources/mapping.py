"""A mapping says in TOML how a source's file becomes our events. A new source is a mapping file, not code."""

import importlib.util
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from connectors.sources.fields import field_type
from connectors.sources.logged import Layout, Trace
from connectors.sources.table import Table
from connectors.sources.templates import cell_of, columns_in
from streams.domain.events import EVENT_TYPES

SHIPPED = Path(__file__).parents[1] / "mappings"
FIRST_DAY = "1990-01-02"


class BadMapping(Exception):
    """A mapping that cannot be used; the message names file, key and remedy."""


class Value(Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "from"}):
    """A value: constant, or from an attribute (then `value` is for where it is missing), translated by `map`.

    Codes that `map` does not have become 'unmapped'. `whole_day`: a time that is midnight means the end of that day.
    """

    value: Any = None
    of: str | None = None
    map: dict[str, Any] | None = None
    whole_day: bool = False


class Condition(Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "from", "one_of": "in"}):
    """Holds where the attribute has one of the values (or any at all), and another than the attribute `differs_from`."""

    of: str
    one_of: list[str] | None = None
    differs_from: str | None = None

    def holds(self, attributes: Any) -> bool:
        found = cell_of(attributes, self.of)
        if found is None or (self.one_of is not None and found not in self.one_of):
            return False
        return self.differs_from is None or found != cell_of(attributes, self.differs_from)


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of event that the file tells.

    each: one per `entry` or per `trace`. `first_of`: of a trace the entry whose `code` comes first in the list.
    Two kinds with one `record` in a trace: the first that is there wins. `zone` and `formats`: where its time has others
    than the rest of the file.
    """

    type: str
    time: str
    each: Literal["entry", "trace"] = "entry"
    record: str | None = None
    id: str | None = None
    first_of: list[str] = []
    when: list[Condition] = []
    when_trace: list[Condition] = []
    data: dict[str, Value] = {}
    place: Literal["start", "end"] = "start"
    zone: str | None = None
    formats: list[str] | None = None


class AuthorityRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Who issued the numbers, and how its time is read."""

    code: str
    name: str
    schedule: str
    clock: Literal["wall", "marked"] = "marked"
    extension_any_time: bool = False
    late_pauses_extend: bool = False
    pause_day_rule: Literal["half_open", "inclusive"] = "half_open"
    pause_cap: Literal["declared", "none"] = "declared"
    ledger_closing: Literal["verified", "anyone"] = "verified"


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """Attributes of a trace whose values are matters and units that the catalogue must know."""

    matters: str | None = None
    units: str | None = None


class CodeRow(Struct, frozen=True, forbid_unknown_fields=True):
    """What a code of a field means, from one local day to another: a row of `code_map.csv`, translated at the door."""

    field: str
    code: str
    value: str
    event_type: str = ""
    valid_from: str = FIRST_DAY
    valid_to: str = ""


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A source: what its file looks like, whose numbers it has, which events it tells.

    Wherever an attribute is named, a text such as "{area}-{number}" puts several together. `row`: in a table, whether a
    row is a whole case, or one entry of a case. `snapshot`: the file is the whole register, and what is in it no more is
    deleted, unless more than the share `most_vanished` is. `version` (a number, or a time in `version_format`),
    `operation` (I, U, D), `recorded`: attributes in which the source itself says so. `authority`: one that is registered,
    by its code, or one that the mapping brings. `table`: of a database, each of whose rows is told by itself; there the
    zone is by default that of the registered source.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    title: str
    format: Literal["xes", "csv", "xlsx", "jsonl", "parquet", "table"]
    source: str
    number: str
    authority: AuthorityRow | str
    event: list[Told]
    zone: str = ""
    table: Table | None = None
    code: str = "concept:name"
    catalogue: Catalogue = Catalogue()
    codes: list[CodeRow] = []
    row: Literal["case", "entry"] = "case"
    formats: list[str] = []
    empty: list[str] = []
    version: str | None = None
    version_format: str | None = None
    operation: str | None = None
    recorded: str | None = None
    snapshot: bool = False
    most_vanished: Annotated[float, Meta(ge=0, le=1)] = 0.1
    as_of: str | None = None
    encoding: str = "auto"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    header: Annotated[int, Meta(ge=0, le=50)] | Annotated[list[int], Meta(min_length=2, max_length=2)] = 1
    sheet: str | None = None
    attribution: str = ""
    sample: str | None = None
    python: str | None = None

    @property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def authority_code(self) -> str:
        return self.authority if isinstance(self.authority, str) else self.authority.code

    @property
    def is_table_of_cases(self) -> bool:
        return self.format != "xes" and self.row == "case"

    @property
    def is_change_log(self) -> bool:
        """Whether the source says itself what changed: rows stand as they were written, not as it happened."""
        return self.operation is not None

    @property
    def layout(self) -> Layout:
        """Where the rows stand; without a function in Python only the named columns are read at all."""
        header = (self.header, self.header) if isinstance(self.header, int) else (self.header[0], self.header[1])
        used = None if self.python else frozenset(name for name, _ in self.attributes_named())
        return Layout(header, self.sheet, self.encoding, self.delimiter, used, frozenset(self.empty))

    def attributes_named(self) -> Iterator[tuple[str, bool]]:
        """Every attribute that the mapping names, and whether it must be one of the trace."""
        of_trace = [self.number, self.catalogue.matters, self.catalogue.units]
        of_trace += [told.time for told in self.event if told.each == "trace"]
        anywhere = [self.version, self.operation, self.recorded]
        anywhere += [*self.table.watermarks, *self.table.key] if self.table else []
        anywhere += [self.code] if any(told.first_of for told in self.event) else []
        for told in self.event:
            anywhere += [told.time, told.record if told.record and "{" in told.record else None]
            anywhere += [told.id if told.id and "{" in told.id else None]
            anywhere += [value.of for value in told.data.values()]
            for condition in (*told.when, *told.when_trace):
                anywhere += [condition.of, condition.differs_from]
        for names, is_of_trace in ((of_trace, True), (anywhere, False)):
            for name in names:
                if name is not None:
                    yield from ((column, is_of_trace) for column in columns_in(name))


#: A named function: the events (as documents without envelope stamps) that a table cannot say of a trace.
TraceFunction = Callable[[Mapping, Trace], Iterable[dict[str, Any]]]


def shipped_mappings() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_mapping(name: str) -> Mapping:
    """The mapping of this shipped name, or at this path. Raises BadMapping."""
    path = SHIPPED / f"{name}.toml" if name in shipped_mappings() else Path(name)
    if not path.is_file():
        raise BadMapping(f"no mapping {name!r}: give a path, or one of {', '.join(shipped_mappings())}")
    try:
        return read_mapping(path.read_text(encoding="utf-8"))
    except (BadMapping, UnicodeDecodeError) as error:
        raise BadMapping(f"{path}: {error}") from None


def read_mapping(text: str) -> Mapping:
    """The mapping that a text in TOML says. Raises BadMapping."""
    try:
        mapping = msgspec.convert(tomllib.loads(text), Mapping)
        for zone in (mapping.zone, *(told.zone or "" for told in mapping.event)):
            ZoneInfo(zone or "UTC")
        date.fromisoformat(mapping.as_of or FIRST_DAY)
        "".encode(mapping.encoding if mapping.encoding != "auto" else "utf-8")
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, KeyError, ValueError, LookupError) as error:
        raise BadMapping(str(error).strip("'\"")) from None
    for told in mapping.event:
        _check_told(mapping, told)
    _check_whole(mapping)
    return mapping


def _check_told(mapping: Mapping, told: Told) -> None:
    if told.type not in EVENT_TYPES:
        raise BadMapping(f"event type {told.type!r} is not in the contract")
    for field in told.data:
        if field_type(told.type, field) is None:
            fields = {one.encode_name for one in msgspec.structs.fields(EVENT_TYPES[told.type])}
            raise BadMapping(f"{told.type} has no field {field!r}; it has {', '.join(sorted(fields))}")
    if mapping.is_table_of_cases and told.record is None:
        raise BadMapping(
            f"{told.type} needs a 'record', which says which fact of its case it is; "
            'if a row is only one entry of a case, say row = "entry"'
        )
    if mapping.is_table_of_cases and told.first_of:
        raise BadMapping(f"{told.type}: 'first_of' chooses among the entries of a case: it needs row = \"entry\"")


def _check_whole(mapping: Mapping) -> None:
    _check_table(mapping)
    if not mapping.event and mapping.python is None:
        raise BadMapping("no [[event]]: what does the file tell?")
    if isinstance(mapping.header, list) and not 1 <= mapping.header[0] <= mapping.header[1] <= 50:
        raise BadMapping(f"header = {mapping.header}: the first and the last line of the heading, such as [1, 2]")
    if mapping.snapshot and (mapping.version or mapping.operation):
        raise BadMapping(
            "a snapshot gets its versions and deletions by comparison: leave out 'version' and 'operation'"
        )
    if not mapping.zone and mapping.format != "table":
        raise BadMapping("no 'zone': in which do the file's times stand that name none?")


def _check_table(mapping: Mapping) -> None:
    table = mapping.table
    if (table is None) == (mapping.format == "table"):
        raise BadMapping('format = "table" goes with a [table], and only with it')
    if table is None:
        return
    if mapping.snapshot or mapping.row == "entry" or mapping.python is not None:
        raise BadMapping("the rows of a table are told one by one: leave out 'snapshot', 'row' and 'python'")
    if not isinstance(mapping.authority, str) and mapping.authority.clock == "marked":
        raise BadMapping('a database tells of today: clock = "marked" is for logs of the past')
    if not table.watermarks or not table.key:
        raise BadMapping("[table] needs a 'watermark' and a 'key' of at least one column")
    if not mapping.recorded and not mapping.version:
        raise BadMapping(
            "a row that is written again must say so: give 'recorded', the column of when it was written "
            f"(perhaps {table.watermarks[0]!r}), or 'version'"
        )


def trace_function(mapping: Mapping) -> TraceFunction | None:
    """The function named by `python = "file.py:function"`, beside the shipped mappings."""
    if mapping.python is None:
        return None
    file, _, name = mapping.python.partition(":")
    path = SHIPPED / file
    spec = importlib.util.spec_from_file_location(f"connectors.mappings.{path.stem}", path)
    if spec is None or spec.loader is None or not path.exists() or path.parent != SHIPPED:
        raise BadMapping(f"mapping {mapping.name}: {mapping.python!r}: no file {file!r} among the shipped mappings")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: TraceFunction | None = getattr(module, name, None)
    if function is None:
        raise BadMapping(f"mapping {mapping.name}: {file} has no function {name!r}")
    return function
