"""Watches that the topics stay the ones whose events the database holds."""

import asyncio
import logging
from collections.abc import Collection

from kafka.errors import KafkaError

from streams.domain.events import FOLDED
from streams.settings import Settings
from streams.store import WrongTopic
from streams.topics import Topic, describe

log = logging.getLogger(__name__)
SECONDS = 5.0


def folded_topics(settings: Settings) -> dict[str, str]:
    """Full topic name → family."""
    return {settings.topic(f"events.{family}"): family for family in FOLDED}


async def wait_for_topics(settings: Settings, names: Collection[str]) -> dict[str, Topic]:
    """The topics of these full names, as soon as the broker answers and has them all."""
    while True:
        try:
            found = await asyncio.to_thread(describe, settings, names)
        except KafkaError:
            found = {}
        if len(found) == len(names):
            return found
        await asyncio.sleep(0.5)


async def watch_topics(settings: Settings, known: dict[str, Topic]) -> None:
    """Runs for ever; raises WrongTopic when one of them was deleted, made anew or repartitioned."""
    is_away = False
    while True:
        await asyncio.sleep(SECONDS)
        try:
            found = await asyncio.to_thread(describe, settings, list(known))
        except KafkaError:
            if not is_away:  # the reader waits for it, too, and its library would say so ten times a second
                log.warning("Kafka does not answer; waiting for it")
            is_away = True
            continue
        if is_away:
            log.info("Kafka answers again")
            is_away = False
        for name, topic in known.items():
            if name in found and found[name] != topic:
                raise WrongTopic(
                    f"topic {name} was {topic}, it is {found[name]} now: it was made anew or repartitioned while "
                    "the worker ran; restore the topic, or rebuild from it into a new database"
                )
