"""AsyncAPI 3.0: what lies on the topics, as CloudEvents in structured and in binary mode. Schemas stand in schemas/."""

import json
from datetime import datetime
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from connectors.inbox.answers import Answer, Place
from connectors.inbox.topics import KEPT_DAYS
from connectors.register import OWN_TYPES
from infra.contracts import schemas
from infra.contracts.schemas import Schema
from streams.domain.events import EVENT_TYPES, FAMILIES
from streams.settings import Settings
from streams.topics import partitions_of
from streams.wire import type_name

STRUCTURED, BINARY = "application/cloudevents+json", "application/json"
ABOUT = (
    "Source systems tell what happened; a door checks it, replaces persons' numbers, stamps it, and writes it to the"
    " topic of its family. Outsiders never write to those topics; a source that has no HTTP writes to its own inbox. A"
    " correction is the same recordkey with a greater dataversion."
    " 来源系统告知事实,入口核验、去标识、盖戳后写入本族主题;外部系统不直接写入,但可写入本来源的收件主题。"
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
    place: Place | None = None


#: What lies on topics that are no family's, and its Kafka key, by the name of its channel.
DERIVED: dict[str, tuple[type[Struct], str]] = {
    "signals": (Signal, "signal_key"),
    "rejected": (Rejection, "none · 无"),
    "refused": (Answer, "none · 无"),
}
#: Channels of which every source has one: its topic, and what `source` stands for in it.
OF_A_SOURCE = {"inbox": "inbox.{source}", "refused": "rejected.{source}"}
SOURCE = "来源标识,冒号写作点 · the source's URI with . for : (`govpulse source list` shows both topics)"


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
        "channels": {f"events.{family}": _family(family) for family in FAMILIES}
        | {name: _channel(name, [name]) for name in DERIVED}
        | {"inbox": _channel("inbox", ["told", "told.binary"])},
        "operations": _operations(),
        "components": {
            "messages": _messages() | _told() | {name: _derived(name) for name in DERIVED},
            "messageTraits": {"structured": _trait(STRUCTURED), "binary": _trait(BINARY)},
            "schemas": {
                "stamped": _stamped(),
                "headers": _headers(as_logged=True),
                "headers.told": _headers(as_logged=False),
            }
            | _derived_schemas(),
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


def _channel(name: str, messages: list[str]) -> dict[str, Any]:
    address = OF_A_SOURCE.get(name, name)
    channel: dict[str, Any] = {
        "address": address,
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in messages},
    }
    kafka: dict[str, Any] = {"partitions": partitions_of(Settings(), address)}
    if name in OF_A_SOURCE:
        channel["parameters"] = {"source": {"description": SOURCE, "examples": ["urn.gov.360200.zjj-gg"]}}
        kafka["topicConfiguration"] = {"cleanup.policy": ["delete"], "retention.ms": KEPT_DAYS * 24 * 3600 * 1000}
    else:
        kafka = {"topic": address} | kafka
    return channel | {"bindings": {"kafka": kafka}}


def _operations() -> dict[str, Any]:
    found = {}
    for family in FAMILIES:
        topic = f"events.{family}"
        found[f"admit.{family}"] = _operation("send", topic, "准入 · doors write what they admit")
        found[f"read.{family}"] = _operation("receive", topic, "读取 · workers and landing read")
    found["take.inbox"] = _operation("receive", "inbox", "收件 · the door reads what sources wrote there")
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


def _told() -> dict[str, Any]:
    """What a source writes into its inbox: any type that a source tells, under a key of its own choice."""
    names = [name for name in EVENT_TYPES if name not in OWN_TYPES]
    places = {name: f"./schemas/{name}.v1.json" for name in names}
    key = {"bindings": {"kafka": {"key": {"type": "string", "description": "任意 · any"}}}}
    data = [{"$ref": f"{place}#/$defs/{EVENT_TYPES[name].__name__}"} for name, place in places.items()]
    return {
        "told": {
            "name": "told",
            "summary": "来源所报事件: an event as a source tells it",
            "contentType": STRUCTURED,
            "payload": {"oneOf": [{"$ref": place} for place in places.values()]},
        }
        | key,
        "told.binary": {
            "name": "told.binary",
            "summary": "来源所报事件(二进制模式): its attributes as headers, its data as the value; a deletion needs no value",
            "contentType": BINARY,
            "headers": {"$ref": "#/components/schemas/headers.told"},
            "payload": {"anyOf": data},
        }
        | key,
    }


def _trait(content_type: str) -> dict[str, Any]:
    key = {"type": "string", "description": "编号机构|主体编号 · authority|subject; the first bar separates"}
    return {"contentType": content_type, "bindings": {"kafka": {"key": key}}}


def _derived(name: str) -> dict[str, Any]:
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


def _headers(*, as_logged: bool) -> Schema:
    """The attributes as headers of a record: text, whatever they are in JSON."""
    given, required = schemas.attributes(as_logged=as_logged)
    return {
        "type": "object",
        "properties": {
            f"ce_{name}": {"type": "string", "description": facts["description"]} for name, facts in given.items()
        },
        "required": [f"ce_{name}" for name in required],
    }


def _derived_schemas() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for name, (struct, _) in DERIVED.items():
        _, made = msgspec.json.schema_components([struct], ref_template="#/components/schemas/{name}")
        for title, given in made.items():
            owner = name if title == struct.__name__ else title
            given["properties"] = {
                field: schemas.described(owner, field, facts) for field, facts in given["properties"].items()
            }
            found[title] = given
    return found
