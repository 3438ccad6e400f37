"""The OpenAPI document: made from the types of the contract and the structs of the answers."""

from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from connectors.gateway.answers import Answer
from connectors.gateway.bodies import BATCH, LARGEST_BATCH, MOST_EVENTS, STRUCTURED
from connectors.gateway.receipts import Receipt
from connectors.reasons import REASONS
from connectors.told import LARGEST_EVENT
from streams.domain.events import EVENT_TYPES
from streams.wire import type_name

DESCRIPTION = (
    "CloudEvents 1.0 in, a verdict on each at once. `202` and `received` mean: the log has it, on every replica. "
    "What counts in the end tells the receipt."
)
_KEY: dict[str, Any] = {"security": [{"key": []}]}
_REF = "#/components/schemas/{name}"
_SCHEMAS, _COMPONENTS = msgspec.json.schema_components((Answer, Receipt, *EVENT_TYPES.values()), ref_template=_REF)
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "message"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(REASONS)},
        "detail": {"type": "string"},
        "message": {
            "type": "object",
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
        },
    },
}
_INSTANT = {"type": "string", "format": "date-time"}
_EVENT = {
    "type": "object",
    "required": ["specversion", "type", "source", "id", "subject", "time"],
    "properties": {
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "enum": [type_name(name) for name in EVENT_TYPES]},
        "source": {"type": "string", "format": "uri-reference", "description": "the one whose key it is"},
        "id": {"type": "string", "minLength": 1, "maxLength": 500},
        "subject": {"type": "string", "minLength": 1, "maxLength": 200},
        "time": _INSTANT,
        "datacontenttype": {"const": "application/json"},
        "authority": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "recordkey": {"type": "string", "minLength": 1, "maxLength": 500},
        "dataversion": {"type": "integer", "minimum": 1},
        "operation": {"enum": ["U", "D"]},
        "recordedtime": _INSTANT,
        "sequence": {"type": "string", "maxLength": 32},
        "data": {"anyOf": [_SCHEMAS[2 + number] for number in range(len(EVENT_TYPES))]},
    },
}
_EVENT_REF = {"$ref": _REF.format(name="CloudEvent")}


def _problem(said: str) -> dict[str, Any]:
    return {
        "description": said,
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
    }


def _answer(said: str, schema: Any) -> dict[str, Any]:
    return {"description": said, "content": {"application/json": {"schema": schema}}}


_UNREADABLE = {
    "description": "unreadable, or nothing of it received",
    "content": {
        "application/json": {"schema": _SCHEMAS[0]},
        "application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}},
    },
}
_COMMON = {401: _problem("no key that holds"), 503: _problem("not now: send it again after Retry-After seconds")}
EVENTS: dict[str, Any] = {
    "summary": "Send events: one, or up to 1,000 as a batch; plain or gzip",
    "response_class": Response,
    "status_code": 202,
    "responses": {
        202: _answer("all received", _SCHEMAS[0]),
        207: _answer("some received: a verdict on each", _SCHEMAS[0]),
        400: _UNREADABLE,
        403: _answer("the source is not the one whose key it is", _SCHEMAS[0]),
        408: _problem("the body did not come in time"),
        413: _problem(
            f"more than {LARGEST_EVENT} bytes an event, {LARGEST_BATCH} bytes or {MOST_EVENTS} events a batch"
        ),
        415: _problem("another content type or encoding"),
        429: _problem(
            "too much of this source is under way, or it tells of long ago while the workers lag: "
            "send it again after Retry-After seconds"
        ),
        **_COMMON,
    },
    "openapi_extra": _KEY
    | {
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": _EVENT_REF},
                BATCH: {"schema": {"type": "array", "items": _EVENT_REF, "maxItems": MOST_EVENTS}},
            },
        }
    },
}
RECEIPTS: dict[str, Any] = {
    "summary": "What became of an event: binding, once landing has seen it",
    "response_class": Response,
    "responses": {
        200: _answer("every occurrence", _SCHEMAS[1]),
        403: _problem("another source's"),
        404: _problem("nothing of that identity has landed"),
        **_COMMON,
    },
    "openapi_extra": _KEY
    | {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in ("source", "id")
        ]
    },
}
_STATE = {"type": "object"}
LIVE: dict[str, Any] = {
    "summary": "The process lives",
    "response_class": Response,
    "responses": {200: _answer("yes", _STATE)},
}
READY: dict[str, Any] = {
    "summary": "Events are taken now",
    "response_class": Response,
    "responses": {200: _answer("yes", _STATE), 503: _answer("no, and what is missing", _STATE)},
}
METRICS: dict[str, Any] = {
    "summary": "Counters for Prometheus",
    "response_class": Response,
    "responses": {200: {"description": "text", "content": {"text/plain": {"schema": {"type": "string"}}}}},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = made.setdefault("components", {})
        components["schemas"] = {**_COMPONENTS, "CloudEvent": _EVENT, "Problem": _PROBLEM}
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        app.openapi_schema = made
    return app.openapi_schema
