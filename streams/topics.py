"""Topics as the broker has them: identity and partition count, which must never change under the platform."""

from collections.abc import Iterable
from typing import NamedTuple

from kafka import KafkaAdminClient

from streams.domain.events import FAMILIES
from streams.settings import Settings

#: One topic per family of the contract, without the prefix of the installation.
EVENT_TOPICS = tuple(f"events.{family}" for family in FAMILIES)
#: Topics with the full count of partitions; the others carry little and have at most three.
WIDE = frozenset({"events.case", "signals"})
NARROW = 3


def partitions_of(settings: Settings, name: str) -> int:
    """How many partitions a topic (by its full name) is created with."""
    is_wide = name.removeprefix(settings.topic_prefix) in WIDE
    return settings.partitions if is_wide else min(NARROW, settings.partitions)


class Topic(NamedTuple):
    """A topic that exists. Deleted and made anew it has another id."""

    topic_id: str
    partitions: int


def describe(settings: Settings, names: Iterable[str]) -> dict[str, Topic]:
    """Full name → topic, for those of the names that exist. Raises kafka.errors.KafkaError where no broker answers."""
    admin = KafkaAdminClient(**settings.kafka_client(), client_id="govpulse")
    try:
        return {
            found["name"]: Topic(str(found["topic_id"]), len(found["partitions"]))
            for found in admin.describe_topics(list(names))
            if found["error_code"] == 0
        }
    finally:
        admin.close()
