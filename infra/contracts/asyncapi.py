"""AsyncAPI 3.0: what lies on the topics, as CloudEvents in structured and in binary mode. Schemas stand in schemas/."""

import json
from datetime import datetime
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from infra.contracts import schemas
from infra.contracts.schemas import Schema
from streams.domain.events import EVENT_TYPES, FAMILIES
from streams.settings import Settings
from streams.topics import partitions_of
from streams.wire import type_name

STRUCTURED, BINARY = "application/cloudevents+json", "application/json"
ABOUT = (
    "Source systems tell what happened; a door checks it, replaces persons' numbers, stamps it, and writes it to the"
    " topic of its family. Outsiders never write to these topics. A correction is the same recordkey with a greater"
    " dataversion. 来源系统告知事实,入口核验、去标识、盖戳后写入本族主题;外部系统不直接写入。"
)


class Signal(Struct):
    """预警: a warning or breach that began, changed or ended; the last message of a key holds."""

    family: str
    signal_key: str
    rule_id: str
    level: Literal["blue", "yellow", "red", "escalation"]
    subject_key: str
    authority: str
    clock_id: str
    unit_code: str | None
    matter_code: str | None
    since: datetime
    until: datetime | None
    due_at: datetime | None
    as_of: datetime
    data_version: int
    operation: Literal["U", "D"]


class Rejection(Struct):
    """拒收: what a door refused, and why."""

    at: datetime
    door: str
    code: str
    field: str | None
    detail: str
    source: str | None
    id: str | None
    size: int
    original: str


#: Topics that are no family's: what lies on them, its Kafka key, what they are for.
DERIVED: dict[str, tuple[type[Struct], str]] = {
    "signals": (Signal, "signal_key"),
    "rejected": (Rejection, "none · 无"),
}


def document(version: str) -> dict[str, Any]:
    """The AsyncAPI document; `version` is that of the contract."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "govpulse",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "GOVPULSE_KAFKA; topics carry the prefix of the installation, if it has one",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092"}},
            }
        },
        "channels": {f"events.{family}": _family(family) for family in FAMILIES} | {n: _derived(n) for n in DERIVED},
        "operations": _operations(),
        "components": {
            "messages": _messages() | {name: _told(name) for name in DERIVED},
            "messageTraits": {"structured": _trait(STRUCTURED), "binary": _trait(BINARY)},
            "schemas": {"stamped": _stamped(), "headers": _headers()} | _derived_schemas(),
        },
    }


def render(version: str) -> str:
    """The document as YAML."""
    head = "# Written by 'govpulse contracts' from the event types.\n"
    apart = json.loads(
        json.dumps(document(version))
    )  # nothing shared, so no anchors: every part stands where it is read
    body: str = yaml.safe_dump(apart, sort_keys=False, allow_unicode=True, width=120)
    return head + body


def _family(family: str) -> dict[str, Any]:
    names = [f"{family}.{name}.v1{mode}" for name, _ in FAMILIES[family] for mode in ("", ".binary")]
    return _channel(f"events.{family}", names)


def _derived(name: str) -> dict[str, Any]:
    return _channel(name, [name])


def _channel(address: str, names: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": address, "partitions": partitions_of(Settings(), address)}},
    }


def _operations() -> dict[str, Any]:
    found = {}
    for family in FAMILIES:
        topic = f"events.{family}"
        found[f"admit.{family}"] = _operation("send", topic, "准入 · doors write what they admit")
        found[f"read.{family}"] = _operation("receive", topic, "读取 · workers and landing read")
    return found | {f"tell.{name}": _operation("send", name, schemas.summary(DERIVED[name][0])) for name in DERIVED}


def _operation(action: str, channel: str, summary: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _messages() -> dict[str, Any]:
    found = {}
    for name, struct in EVENT_TYPES.items():
        place = f"./schemas/{name}.v1.json"
        common: dict[str, Any] = {"name": type_name(name), "title": f"{name}.v1", "summary": schemas.summary(struct)}
        found[f"{name}.v1"] = common | {
            "traits": [{"$ref": "#/components/messageTraits/structured"}],
            "payload": {"allOf": [{"$ref": place}, {"$ref": "#/components/schemas/stamped"}]},
        }
        typed = {"properties": {"ce_type": {"const": type_name(name)}}}
        found[f"{name}.v1.binary"] = common | {
            "traits": [{"$ref": "#/components/messageTraits/binary"}],
            "headers": {"type": "object", "allOf": [{"$ref": "#/components/schemas/headers"}, typed]},
            "payload": {"$ref": f"{place}#/$defs/{struct.__name__}"},
        }
    return found


def _trait(content_type: str) -> dict[str, Any]:
    key = {"type": "string", "description": "编号机构|主体编号 · authority|subject; the first bar separates"}
    return {"contentType": content_type, "bindings": {"kafka": {"key": key}}}


def _told(name: str) -> dict[str, Any]:
    struct, key = DERIVED[name]
    return {
        "name": name,
        "summary": struct.__doc__,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}}},
    }


def _stamped() -> Schema:
    """What a source may leave out or never sends, as it lies on the topics; what the platform tells has no door."""
    logged, required = schemas.attributes(as_logged=True)
    added = {name: given for name, given in logged.items() if name in schemas.STAMPED}
    return {"type": "object", "properties": added, "required": required}


def _headers() -> Schema:
    """The attributes as headers of a record: text, whatever they are in JSON."""
    logged, required = schemas.attributes(as_logged=True)
    return {
        "type": "object",
        "properties": {
            f"ce_{name}": {"type": "string", "description": given["description"]} for name, given in logged.items()
        },
        "required": [f"ce_{name}" for name in required],
    }


def _derived_schemas() -> dict[str, Schema]:
    found = {}
    for topic, (struct, _) in DERIVED.items():
        [given] = msgspec.json.schema(struct)["$defs"].values()
        given["properties"] = {
            name: schemas.described(topic, name, facts) for name, facts in given["properties"].items()
        }
        found[struct.__name__] = given
    return found
