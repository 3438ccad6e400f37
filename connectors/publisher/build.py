"""Building events: id and record key follow from what is stated, so that the same fact has the same ones for ever."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

import msgspec

from connectors.publisher.messages import CloudEvent
from connectors.publisher.records import RECORDS
from streams.domain.families.values import Data
from streams.wire import TYPE_PREFIX, type_name

#: Longer ones are cut, with the hash of all of it behind.
LONGEST_ID = 500
Which = str | int


class Attributes(TypedDict, total=False):
    """Attributes that every event may have; what they mean: docs/data-dictionary.md, envelope."""

    authority: str
    recordkey: str
    dataversion: int
    operation: Literal["U", "D"]
    recordedtime: datetime
    sequence: str


class NoRecordKey(ValueError):
    """The record key of this type is made of something that was not given."""


def build(
    name: str,
    subject: str,
    time: datetime,
    data: Data,
    attributes: Attributes,
    *,
    which: Which | None = None,
) -> CloudEvent:
    """The event `case.accepted` of a subject, without `source`, which the publisher knows."""
    record = attributes.get("recordkey") or record_of(name, msgspec.structs.asdict(data), time=time, which=which)
    given: dict[str, Any] = {key: value for key, value in attributes.items() if value is not None}
    if "recordedtime" in given:
        given["recordedtime"] = attributes["recordedtime"].isoformat()
    stated = {"subject": subject, "time": time.isoformat(), **given, "recordkey": record}
    return {"type": type_name(name), "id": identity(name, stated), **stated, "data": msgspec.to_builtins(data)}


def deleted(event: Mapping[str, Any], *, dataversion: int) -> CloudEvent:
    """That what an event stated is not so after all: the same record, deleted by a greater version."""
    name = str(event["type"]).removeprefix(TYPE_PREFIX).removesuffix(".v1")
    stated = {key: value for key, value in event.items() if key not in ("id", "data")}
    stated |= {"operation": "D", "dataversion": dataversion}
    return {"id": identity(name, stated), **stated}


def record_of(name: str, data: Mapping[str, Any], *, time: datetime, which: Which | None = None) -> str:
    """The record key of a type: `accepted`, `step/3/in`, `visit/2`; `paid` or, by its pattern `paid[/{which}]`, `paid/2`.

    Raises NoRecordKey where a part of it is missing.
    """
    pattern = _without_options(RECORDS[name], which=which)
    parts = {**data, "which": which, "time": time.astimezone(UTC).isoformat()}
    try:
        record = pattern.format_map({key: value for key, value in parts.items() if value is not None})
    except KeyError as error:
        raise NoRecordKey(f"the record key of {name} is {pattern}: say {error.args[0]!r}, or the whole key") from None
    return record


def _without_options(pattern: str, *, which: Which | None) -> str:
    """What stands in brackets is there where it was said which."""
    before, _, option = pattern.partition("[")
    return before + option.replace("]", "") if which is not None else before + option.partition("]")[2]


def identity(name: str, stated: Mapping[str, Any]) -> str:
    """The id of a statement: type, authority where it is said, subject, record key, version, D of a deletion, and when it
    was recorded, where that is said: what was recorded anew is another statement.
    """
    authority, operation, recorded = stated.get("authority"), stated.get("operation", "U"), stated.get("recordedtime")
    subject = f"{authority}|{stated['subject']}" if authority else stated["subject"]
    parts = [name, subject, stated["recordkey"], stated.get("dataversion", 1)] + (["D"] if operation == "D" else [])
    whole = "/".join(map(str, parts)) + (f"@{recorded}" if recorded else "")
    if len(whole) <= LONGEST_ID:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return f"{whole[: LONGEST_ID - len(digest) - 1]}#{digest}"
