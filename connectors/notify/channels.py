"""Where deliveries go: the log, and a webhook signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com)."""

import hashlib
import hmac
import logging
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import requests

log = logging.getLogger("govpulse.signals")
TIMEOUT_SECONDS = 10
#: Answers that a later attempt may change.
PASSING = frozenset({408, 425, 429})


class Answer(NamedTuple):
    """What an attempt came to. `status` None: no answer at all."""

    status: int | None
    text: str

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        """Refused for good: trying again would change nothing."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in PASSING


class Message(NamedTuple):
    """One delivery as a CloudEvent; the same id on every attempt."""

    event_id: str
    change: str
    subject: str
    body: dict[str, Any]

    def cloud_event(self) -> bytes:
        return msgspec.json.encode(
            {
                "specversion": "1.0",
                "type": f"cn.gov.approval.signal.{self.change}.v1",
                "source": "urn:govpulse:notify",
                "id": self.event_id,
                "subject": self.subject,
                "datacontenttype": "application/json",
                "data": self.body,
            }
        )


Channel = Callable[[Message], Answer]


def to_log(message: Message) -> Answer:
    """One line in the log of this process."""
    log.info("%s %s", message.change, msgspec.json.encode(message.body).decode())
    return Answer(200, "logged")


def webhook(url: str, secret: str) -> Channel:
    """Posts to a URL; HMAC-SHA-256 over id, time and body in `webhook-signature`."""
    key = b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()

    def post(message: Message) -> Answer:
        body = message.cloud_event()
        sent_at = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": message.event_id,
            "webhook-timestamp": sent_at,
            "webhook-signature": signature(key, message.event_id, sent_at, body),
        }
        try:
            answer = requests.post(url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            return Answer(None, type(error).__name__)
        return Answer(answer.status_code, answer.text[:500].replace("\x00", ""))

    return post


def signature(key: bytes, event_id: str, sent_at: str, body: bytes) -> str:
    """'v1,' and the base64 of HMAC-SHA-256 over `id.timestamp.body`."""
    signed = hmac.new(key, f"{event_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + b64encode(signed).decode()
