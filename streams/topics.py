"""Topics as the broker has them: identity and partition count, which must never change under the platform."""

from collections.abc import Iterable
from typing import NamedTuple

from kafka import KafkaAdminClient

from streams.settings import Settings


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
