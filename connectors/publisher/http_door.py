"""The HTTP door: batches of CloudEvents, packed, one request at a time; needs nothing beyond the standard library."""

import gzip
import http.client
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from connectors.gateway.bodies import BATCH
from connectors.publisher.messages import Message, NotNow, Refusal, Unwelcome, Verdicts

#: The request as a whole spoils: smaller ones find out by what.
_SPOILT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY})
#: The door broke over what it was sent; 502 to 504 are doors that are away.
_BROKEN = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_IMPLEMENTED})
#: As little as an answer has to be read where it is no answer of ours.
MOST_SAID = 300
LEVEL = 3
Key = str | Path | Callable[[], str]


class Said(Struct):
    """What the gateway says of one event."""

    index: int
    verdict: str
    code: str = "unknown"
    field: str | None = None
    detail: str = ""


class Answer(Struct):
    """What the gateway says of a batch, or of a request as a whole (RFC 9457)."""

    events: list[Said] | None = None
    code: str = ""
    detail: str = ""


_answer = msgspec.json.Decoder(Answer)


class HttpDoor:
    """The gateway at an address such as `https://govpulse.example.cn`.

    `key`: the source's key, or a file that holds it, or a function that tells it: both are asked for every request, so
    that a key is changed without a restart. `cafile`: by whom the gateway's certificate is signed, where the system does
    not know. `timeout`: seconds in which it must answer; it takes up to 30 to hear from Kafka.
    """

    def __init__(self, url: str, key: Key, *, timeout: float = 40.0, cafile: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a gateway: give it as https://host[:port]")
        if parts.path.rstrip("/").endswith("/v1/events"):
            raise ValueError(f"{url!r}: leave out /v1/events, the publisher adds it")
        self._host, self._path = parts.hostname, f"{parts.path.rstrip('/')}/v1/events"
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context(cafile=cafile) if parts.scheme == "https" else None
        self._key, self._timeout = key, timeout
        self._connection: http.client.HTTPConnection | None = None

    def send(self, messages: Sequence[Message]) -> Verdicts:
        """Sends a batch; a verdict on each. Raises NotNow or Unwelcome."""
        body = b"[" + b",".join(message.value for message in messages) + b"]"
        status, headers, answered = self._post(gzip.compress(body, LEVEL, mtime=0))
        try:
            answer = _answer.decode(answered)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            answer = Answer(detail=answered[:MOST_SAID].decode("utf-8", "replace"))
        if answer.events is not None and len(answer.events) == len(messages):
            return [_verdict(said) for said in sorted(answer.events, key=lambda said: said.index)]
        raise _failure(status, headers, answer, messages)

    def close(self) -> None:
        """Ends the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _post(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        headers = {
            "authorization": f"Bearer {self._told_key()}",
            "content-type": BATCH,
            "content-encoding": "gzip",
            "accept": "application/json",
        }
        is_used = self._connection is not None
        try:
            connection = self._connected()
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            answered = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if is_used and isinstance(error, ConnectionError):  # it lay idle, and the gateway has ended it
                return self._post(body)
            raise NotNow(f"{self._host}:{self._port}: {type(error).__name__}: {error}") from error
        if response.will_close:
            self.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, answered

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = (
                http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._tls)
                if self._tls is not None
                else http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            )
        return self._connection

    def _told_key(self) -> str:
        match self._key:
            case str():
                return self._key
            case Path():
                try:
                    return self._key.read_text(encoding="utf-8").strip()
                except OSError as error:
                    raise NotNow(f"the key's file {self._key}: {error.strerror}") from error
        return self._key()


def _verdict(said: Said) -> Refusal | None:
    return None if said.verdict == "received" else Refusal(said.code, said.field, said.detail)


def _failure(status: int, headers: Mapping[str, str], answer: Answer, messages: Sequence[Message]) -> Exception:
    """What a status means for those who sent."""
    code, detail = answer.code or f"http_{status}", answer.detail[:MOST_SAID]
    if status in _SPOILT:
        return Unwelcome(Refusal(code, None, f"HTTP {status} of {len(messages)} events: {detail}"))
    if status in _BROKEN:
        return Unwelcome(Refusal(code, None, f"HTTP {status}: {detail}"), is_fault=True)
    remedy = "; is the key right? 'govpulse source rotate' makes another" if status == HTTPStatus.UNAUTHORIZED else ""
    return NotNow(f"HTTP {status} {code}: {detail}{remedy}", after=retry_after(headers, now=datetime.now(UTC)))


def retry_after(headers: Mapping[str, Any], *, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date (RFC 9110 §10.2.3); None where it says nothing."""
    text = str(headers.get("retry-after", "")).strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds())
    except (ValueError, TypeError):
        return None
