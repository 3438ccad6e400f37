"""The application: addresses, and who may ask there."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import msgspec
import psycopg
from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from connectors.gateway import openapi
from connectors.gateway.answers import status_of
from connectors.gateway.backfills import Backfills
from connectors.gateway.bodies import read_body
from connectors.gateway.broker import Broker
from connectors.gateway.capacity import Capacity
from connectors.gateway.intake import Intake
from connectors.gateway.measured import Measured
from connectors.gateway.problems import Problem, away
from connectors.gateway.receipts import Receipt, receipt_of
from connectors.gateway.recent import Recent
from connectors.gateway.standing import InForce, Standing
from connectors.unknown_fields import UnknownFields
from streams.settings import Settings

log = logging.getLogger(__name__)
RECEIPTS = "/v1/receipts/"
#: A person ends a quarantine: to ask every second is of no use.
QUARANTINE_SECONDS = 60


class Gateway:
    """One gateway: what it knows, and what it answers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.measured = Measured()
        self.capacity = Capacity(settings.gateway_held_mb * 1024 * 1024)
        unknown = UnknownFields()
        self.standing, self.broker = Standing(settings, unknown), Broker(settings)
        self.backfills = Backfills(settings, self.broker, self.measured)
        self.intake = Intake(settings, self.broker, self.measured, unknown, Recent(), self.backfills)

    @property
    def is_ready(self) -> bool:
        """Whether an event would be taken now."""
        return self.standing.in_force is not None and self.broker.is_there

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncIterator[None]:
        """Keeps register and broker; at the end what is under way is sent, and what was counted written down."""
        tasks = [asyncio.create_task(part.keep()) for part in (self.standing, self.broker, self.backfills)]
        for task in tasks:
            task.add_done_callback(_end_with)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError, Exception):
                    await task
            await self.broker.close()
            await self.standing.refresh()

    async def post(self, request: Request) -> Response:
        """Events in, verdicts out."""
        began = time.monotonic()
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            response = await self._post(request)
            status = HTTPStatus(response.status_code)
        except Problem as problem:
            status = problem.status
            self.measured.rejected.labels(problem.code).inc()
            raise
        finally:
            self.measured.duration.labels(int(status)).observe(time.monotonic() - began)
        return response

    async def _post(self, request: Request) -> Response:
        in_force, teller = self._admitted(request)
        if in_force.door.register.is_quarantined(teller):
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "source_quarantined", retry_after=QUARANTINE_SECONDS)
        if not self.broker.is_there:
            raise away("kafka_away")
        hold = self.capacity.hold(teller)
        try:
            body = await read_body(request.headers, request.stream(), hold)
        except ClientDisconnect:
            hold.release()
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        except BaseException as error:
            hold.release()
            if isinstance(error, Problem) and error.status == HTTPStatus.BAD_REQUEST:
                await self.intake.refuse(in_force.door, teller, error, self.capacity.hold(teller))
            raise
        answer = await self.intake.take(in_force.door, teller, body, hold)
        return _json(status_of(answer.events, is_batch=body.is_batch), answer)

    async def receipt(self, request: Request) -> Response:
        """What became of an event; only its own source is told."""
        _, teller = self._admitted(request)
        raw: bytes = request.scope["raw_path"]
        source, _, identity = raw.decode("latin-1").partition(RECEIPTS)[2].partition("/")
        source, identity = unquote(source), unquote(identity)
        if source != teller:
            raise Problem(HTTPStatus.FORBIDDEN, "foreign_receipt")
        try:
            found = await asyncio.to_thread(self._receipt, source, identity)
        except psycopg.Error:
            raise away("database_away") from None
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no_receipt")
        return _json(HTTPStatus.OK, found)

    async def metrics(self, _: Request) -> Response:
        """Prometheus' text form."""
        self.measured.held.set(self.capacity.held)
        self.measured.ready.set(self.is_ready)
        return Response(self.measured.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def live(self, _: Request) -> Response:
        """That the loop turns."""
        return _json(HTTPStatus.OK, {"is_live": True})

    async def ready(self, _: Request) -> Response:
        """Whether events are taken now, and what is missing if not."""
        parts = {"register": self.standing.in_force is not None, "kafka": self.broker.is_there}
        status = HTTPStatus.OK if self.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(status, {"is_ready": self.is_ready, **parts})

    def _admitted(self, request: Request) -> tuple[InForce, str]:
        """What holds now, and whose key it is; raises a Problem."""
        in_force = self.standing.in_force
        if in_force is None:
            raise away("not_ready")
        teller = in_force.teller(request.headers.get("authorization", ""), datetime.now(UTC))
        if teller is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorised")
        return in_force, teller

    def _receipt(self, source: str, identity: str) -> Receipt | None:
        url = self.settings.database
        with psycopg.connect(url, connect_timeout=5, application_name="govpulse serve", autocommit=True) as connection:
            return receipt_of(connection, source, identity)


def app_of(settings: Settings) -> FastAPI:
    """The application of an installation."""
    gateway = Gateway(settings)
    app = FastAPIOffline(
        title="govpulse",
        version="1",
        description=openapi.DESCRIPTION,
        redoc_url=None,
        lifespan=gateway.running,
        redirect_slashes=False,  # curl takes a redirect that it does not follow for success
    )
    app.add_api_route("/v1/events", gateway.post, methods=["POST"], **openapi.EVENTS)
    app.add_api_route(RECEIPTS + "{source}/{id:path}", gateway.receipt, methods=["GET"], **openapi.RECEIPTS)
    for path, answer, told in (
        ("/livez", gateway.live, openapi.LIVE),
        ("/readyz", gateway.ready, openapi.READY),
        ("/metrics", gateway.metrics, openapi.METRICS),
    ):
        app.add_api_route(path, answer, methods=["GET"], **told)
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(HTTPException, _unknown)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app


def _end_with(task: "asyncio.Task[None]") -> None:
    """A gateway that no longer knows register or broker must not go on: whoever started it starts it again."""
    if not task.cancelled():
        log.critical("the gateway cannot go on", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


async def _told(_: Request, problem: Any) -> Response:
    body = msgspec.json.encode(problem.body())
    return Response(body, problem.status, headers=problem.headers, media_type="application/problem+json")


async def _unknown(request: Request, error: Any) -> Response:
    """What the framework itself refuses, in our form."""
    code = "method_not_allowed" if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "not_found"
    response = await _told(request, Problem(HTTPStatus(error.status_code), code))
    response.headers.update(error.headers or {})
    return response


def _json(status: HTTPStatus, value: Any) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
