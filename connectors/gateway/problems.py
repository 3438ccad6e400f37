"""Problems: why a request as a whole is refused, as RFC 9457 says it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from connectors.reasons import REASONS

#: Seconds after which to try again, where nothing better is known.
RETRY_AFTER = 5


class Problem(Exception):
    """A refusal with its HTTP status and one of our codes."""

    def __init__(self, status: HTTPStatus, code: str, detail: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.retry_after = status, code, detail, retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        """What the status obliges to; a body that was not read to its end ends the connection."""
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["www-authenticate"] = "Bearer"
        if self.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
            headers["connection"] = "close"
        return headers

    def body(self) -> dict[str, Any]:
        """The document, `application/problem+json`."""
        zh, en = REASONS[self.code]
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail or en,
            "message": {"zh": zh, "en": en},
        }


def away(code: str, detail: str = "") -> Problem:
    """503: nothing was lost by the sender's keeping it; to be sent again."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, code, detail, retry_after=RETRY_AFTER)
