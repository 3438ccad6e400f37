"""worker, land, relay, notify, oversee, serve, inbox: the processes, in the foreground. `up` runs them in the background."""

import asyncio
import logging
import signal
import threading
from typing import Annotated

import typer

from infra.cli.screen import settings_with_servers
from streams.settings import Settings

Once = Annotated[bool, typer.Option("--once", help="Stop at the present end of the topics.")]


def worker(
    bare: Annotated[bool, typer.Option("--bare", help="Run on aiokafka alone, without Faust.")] = False,
) -> None:
    """Fold events into cases, clocks, signals and measures, until stopped."""
    from streams.worker import work

    settings = settings_with_servers()
    if bare:
        from streams.bare import run
    else:
        from streams.app import run
    raise typer.Exit(work(settings, run))


def land(once: Once = False) -> None:
    """Copy every message of the event topics into schema raw, until stopped."""
    from connectors.landing import land as run

    settings = logging_as_set(settings_with_servers())

    async def until_asked() -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await run(settings, stopping, once=once)

    asyncio.run(until_asked())


def relay(once: Once = False) -> None:
    """Send what the worker left in its outbox, until stopped."""
    from connectors.outbox import relay as run

    run(logging_as_set(settings_with_servers()), stopping(), once=once)


def notify(once: Once = False) -> None:
    """Deliver signals to the log and the webhook, until stopped."""
    from connectors.notify.run import notify as run

    run(logging_as_set(settings_with_servers()), stopping(), once=once)


def oversee(once: Once = False) -> None:
    """Watch sources and units as wholes, until stopped: back-entry, silence, on-time rates (AR-17 to AR-19).

    Shuts off sources that flood (AR-16), and removes what dead letters say after their time.
    """
    from streams.overseer import run

    run(logging_as_set(settings_with_servers()), stopping(), once=once)


def serve(
    port: Annotated[int | None, typer.Option(help="Where to listen; by default GOVPULSE_GATEWAY_PORT.")] = None,
) -> None:
    """Take events over HTTP, until stopped: /v1/events, /v1/receipts, /docs, /livez, /readyz, /metrics."""
    from connectors.gateway.server import serve as run
    from infra.local.ports import listening

    settings = logging_as_set(settings_with_servers())
    wanted = settings.gateway_port if port is None else port
    with listening(settings.gateway_host, wanted, setting="GOVPULSE_GATEWAY_PORT") as opened:
        host, chosen = opened.getsockname()[:2]
        logging.getLogger(__name__).info("http://%s:%s, its page /docs", host, chosen)
        run(settings, opened)


def inbox(
    once: Once = False,
    metrics_port: Annotated[
        int | None, typer.Option(help="Tell Prometheus on this port of this machine; nowhere by default.")
    ] = None,
) -> None:
    """Take events from the topics inbox.<source> of all registered sources, until stopped. Several share the work."""
    from prometheus_client import start_http_server

    from connectors.inbox.run import take_in
    from connectors.measured import Counters
    from infra.local.ports import port_or_free

    settings, measured = logging_as_set(settings_with_servers()), Counters()
    if metrics_port is not None:
        port = port_or_free(metrics_port, setting="--metrics-port")
        start_http_server(port, "127.0.0.1", measured.registry)
        logging.getLogger(__name__).info("http://127.0.0.1:%d/metrics", port)
    received, rejected = take_in(settings, stopping(), once=once, measured=measured)
    logging.getLogger(__name__).info("%d received, %d rejected", received, rejected)


def add_to(app: typer.Typer) -> None:
    for verb in (worker, land, relay, notify, oversee, serve, inbox):
        app.command()(verb)


def logging_as_set(settings: Settings) -> Settings:
    """The same settings; what is logged goes to the standard error as they say."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    for shouting in ("aiokafka", "kafka"):  # ten lines a second while a broker is away
        logging.getLogger(shouting).setLevel(logging.CRITICAL)
    return settings


def stopping() -> threading.Event:
    """Set when somebody asks the process to stop."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    return asked
