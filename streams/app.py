"""The Faust app of a worker: assignment, rebalancing, timers and supervision are Faust's, exactness is the store's."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import faust
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from streams.batching import PollSchema, deliver_polls
from streams.connection import FETCH_BYTES, tls
from streams.lanes import Lanes
from streams.settings import Settings
from streams.store import Partition
from streams.watch import folded_topics, wait_for_topics, watch_topics


def make_app(settings: Settings) -> faust.App:
    """An app that keeps nothing itself: no tables, no exactly_once, no topics made by accident."""
    return faust.App(
        settings.group("worker"),
        broker=[f"kafka://{server}" for server in settings.bootstrap],
        broker_credentials=_credentials(settings),
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_max_poll_records=settings.batch_records,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        stream_wait_empty=False,
        stream_buffer_maxsize=1,
        agent_supervisor=CrashingSupervisor,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        datadir=settings.home / "faust",
        logging_config={"version": 1, "disable_existing_loggers": False},
    )


def add_agents(app: faust.App, settings: Settings, lanes: Lanes) -> None:
    """One agent per family: its body is one call. And the timer that asks whose time has come."""
    for topic, family in folded_topics(settings).items():
        polls = app.topic(topic, schema=PollSchema(), maxsize=1)

        async def fold(stream: Any, topic: str = topic, family: str = family) -> None:
            async for event in stream.events():
                await lanes.offer(Partition(topic, family, event.message.partition), event.value, event.value.end)

        app.agent(polls, name=f"fold_{family}")(fold)

    @app.timer(settings.tick_seconds)
    async def tick() -> None:
        for partition in lanes.owned:
            lanes.tick(partition, app.consumer.end_of(TP(partition.topic, partition.number)))


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Takes part in the worker group until `stopping`; raises the first error of a lane."""
    families = folded_topics(settings)
    topics = await wait_for_topics(settings, families)
    settings.home.mkdir(parents=True, exist_ok=True)  # Faust makes its own folder in it
    app = make_app(settings)
    lanes = Lanes(settings, topics, seek=lambda where, to: app.consumer.read_again(TP(where.topic, where.number), to))

    def partitions(places: Iterable[TP]) -> list[Partition]:
        return [Partition(tp.topic, families[tp.topic], tp.partition) for tp in places if tp.topic in families]

    async def load_positions(assigned: frozenset[TP]) -> Mapping[TP, int]:
        claimed = await lanes.assign(partitions(assigned))
        return {TP(partition.topic, partition.number): offset for partition, offset in claimed.items()}

    @app.on_partitions_revoked.connect
    async def give_up(_: Any, revoked: Any, **__: Any) -> None:
        await lanes.revoke(partitions(revoked))

    deliver_polls(app, load_positions)
    add_agents(app, settings, lanes)
    watch = asyncio.create_task(watch_topics(settings, topics))
    stop = asyncio.create_task(stopping.wait())
    crash = asyncio.create_task(app.wait_until_stopped())
    await app.start()
    try:
        ends: list[asyncio.Future[Any]] = [stop, watch, lanes.failed, crash]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (stop, watch, crash):
            task.cancel()
        await app.stop()
        await lanes.close()
    for ended in (lanes.failed, watch):
        if ended.done() and not ended.cancelled():
            ended.result()
    if app.crash_reason is not None:
        raise app.crash_reason


def _credentials(settings: Settings) -> Any:
    context = tls(settings)
    if settings.kafka_sasl_mechanism:
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password,
            ssl_context=context,
            mechanism=settings.kafka_sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context is not None else None
