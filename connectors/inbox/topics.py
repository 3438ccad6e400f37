"""Topics of the sources: an inbox and a topic for what is refused, of each."""

from collections.abc import Iterable

from connectors.inbox.names import inbox_topic, rejected_topic
from connectors.kafka import ensure_topics
from streams.settings import Settings

#: Persons' numbers stand in an inbox as the source wrote them: it is emptied after so many days.
KEPT_DAYS = 30
CONFIG = {
    # By the source's own clock an event of last year would be deleted before it was read.
    "message.timestamp.type": "LogAppendTime",
    "cleanup.policy": "delete",
    "retention.ms": str(KEPT_DAYS * 24 * 60 * 60 * 1000),
    "retention.bytes": "-1",
    # However a source packs, the broker unpacks, and refuses what is then larger than a message may be.
    "compression.type": "uncompressed",
}


def topics_of(sources: Iterable[str]) -> list[str]:
    """Both topics of each source, without the prefix."""
    return [name for source in sources for name in (inbox_topic(source), rejected_topic(source))]


def ensure_inboxes(settings: Settings, sources: Iterable[str]) -> list[str]:
    """Creates what is missing of the topics of these sources; returns their full names. Raises KafkaError."""
    return ensure_topics(settings, topics_of(sources), configs=CONFIG)
