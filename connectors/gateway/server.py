"""The server: uvicorn in the foreground, until asked to stop; what it has begun it ends."""

import signal
import socket

import uvicorn

from connectors.gateway.app import app_of
from streams.settings import Settings

#: Requests under way have so long to end.
DRAIN_SECONDS = 10


def serve(settings: Settings, listening: socket.socket) -> None:
    """Answers on an open socket; returns when it has been asked to stop and is done."""
    config = uvicorn.Config(
        app_of(settings),
        http="h11",  # it bounds a request's head (64 kB); httptools reads headers without end
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn takes them while it runs, and passes them on at its end
    uvicorn.Server(config).run(sockets=[listening])
