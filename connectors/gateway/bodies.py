"""Bodies: what a request carries, within its limits, as the messages it consists of (CloudEvents HTTP binding)."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from urllib.parse import unquote

import msgspec
from msgspec import Raw, Struct

from connectors.gateway.capacity import Hold
from connectors.gateway.problems import Problem
from connectors.told import LARGEST_EVENT, Told, binary
from streams.wire import Rejected

LARGEST_BATCH = 5 * 1024 * 1024
MOST_EVENTS = 1000
#: A body must have come within so many seconds.
SLOWEST = 30.0
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_list = msgspec.json.Decoder(list[Raw])


class Body(Struct, frozen=True):
    """The messages of a request: bytes as they came, or a document made of headers and data."""

    messages: list[Told]
    is_batch: bool


async def read_body(headers: Mapping[str, str], stream: AsyncIterator[bytes], hold: Hold) -> Body:
    """Reads and unpacks a body; raises Problem. Never holds more than the limit, whatever a gzip promises."""
    kind = _kind(headers)
    most = LARGEST_BATCH if kind == BATCH else LARGEST_EVENT
    if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(SLOWEST):
            body = await _unpacked(_encoding(headers), stream, most, hold)
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "too_slow", f"not all there after {SLOWEST:.0f} s") from None
    if kind == BATCH:
        return Body(_split(body), is_batch=True)
    return Body([body if kind == STRUCTURED else _binary(headers, body)], is_batch=False)


def _kind(headers: Mapping[str, str]) -> str:
    """Structured, batch, or '' for binary."""
    media, _, parameters = headers.get("content-type", "").lower().partition(";")
    media = media.strip()
    charset = next((one.partition("=")[2] for one in parameters.split(";") if one.strip().startswith("charset=")), "")
    if charset.strip().strip('"') not in ("", "utf-8", "utf8"):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", f"charset {charset!r}: send UTF-8")
    if media in (STRUCTURED, BATCH):
        return media
    if "ce-specversion" in headers and media in ("application/json", ""):
        return ""
    raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", f"content-type {media[:100]!r}")


def _encoding(headers: Mapping[str, str]) -> str:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", f"content-encoding {encoding[:100]!r}")
    return encoding


async def _unpacked(encoding: str, stream: AsyncIterator[bytes], most: int, hold: Hold) -> bytes:
    """The whole body. What gzip would blow up beyond the limit is cut there and never made."""
    parts: list[bytes] = []
    size = taken = 0
    gunzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    async for chunk in stream:
        taken += len(chunk)
        try:
            part = gunzip.decompress(chunk, most + 1 - size) if gunzip else chunk
        except zlib.error as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "bad_gzip", str(error)) from None
        size += len(part)
        if size > most or taken > most or (gunzip and gunzip.unconsumed_tail):
            raise _too_large(most)
        if part:
            hold.add(len(part))
            parts.append(part)
    if gunzip and (not gunzip.eof or gunzip.unused_data):
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_gzip", "it does not end where the body ends")
    return b"".join(parts)


def _too_large(most: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"at most {most} bytes, unpacked")


def _split(body: bytes) -> list[Told]:
    """The elements of a JSON array, each as it stands."""
    try:
        elements = _list.decode(body)
    except msgspec.ValidationError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not_a_list", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not_json", str(error)) from None
    except RecursionError:
        raise Problem(HTTPStatus.BAD_REQUEST, "too_deep") from None
    if len(elements) > MOST_EVENTS:
        found = f"{len(elements)} events, at most {MOST_EVENTS}"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_many_events", found)
    return [bytes(element) for element in elements]


def _binary(headers: Mapping[str, str], body: bytes) -> Told:
    """Attributes from `ce-` headers (percent-encoded UTF-8), data from the body."""
    attributes = {name[3:]: _attribute(name, value) for name, value in headers.items() if name.startswith("ce-")}
    told = binary(attributes, body)
    if isinstance(told, Rejected):
        raise Problem(HTTPStatus.BAD_REQUEST, told.code, told.detail)
    return told


def _attribute(name: str, value: str) -> str:
    try:
        if value.isascii():
            return unquote(value, errors="strict")
    except UnicodeDecodeError:
        pass
    raise Problem(HTTPStatus.BAD_REQUEST, "bad_header", f"{name[:100]}: not percent-encoded UTF-8")
