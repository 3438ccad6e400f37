"""A worker process: runs until it is asked to stop, and says in one line why it must not go on."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable

from streams.settings import Settings
from streams.store import WrongTopic

log = logging.getLogger(__name__)
Runner = Callable[[Settings, asyncio.Event], Awaitable[None]]


def work(settings: Settings, runner: Runner) -> int:
    """Runs a worker in the foreground; the exit code: 0 asked to stop, 3 cannot go on."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", force=True
    )
    for chatty in ("faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for shouting in ("aiokafka", "kafka"):  # ten lines a second while a broker is away; `watch` says it once
        logging.getLogger(shouting).setLevel(logging.CRITICAL)
    # Readings are short-lived and hold no cycles: looking for them at every 700th allocation costs a tenth of the speed.
    gc.set_threshold(100_000, 50, 100)
    try:
        asyncio.run(_until_asked(settings, runner))
    except WrongTopic as error:
        log.error("%s", error)  # noqa: TRY400 - the message says it all
        return 3
    return 0


async def _until_asked(settings: Settings, runner: Runner) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await runner(settings, stopping)
    log.info("stopped")
