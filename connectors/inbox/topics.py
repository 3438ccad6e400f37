"""Topics of the sources: an inbox and a topic for what is refused, of each."""

from collections.abc import Collection, Iterable, Mapping

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

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
#: Without these an inbox loses events, or cannot be read.
_NEEDED = {name: CONFIG[name] for name in ("message.timestamp.type", "cleanup.policy", "compression.type")}


def topics_of(sources: Iterable[str]) -> list[str]:
    """Both topics of each source, without the prefix."""
    return [name for source in sources for name in (inbox_topic(source), rejected_topic(source))]


def ensure_inboxes(settings: Settings, sources: Iterable[str]) -> list[str]:
    """Creates what is missing of the topics of these sources; returns their full names. Raises KafkaError."""
    return ensure_topics(settings, topics_of(sources), configs=CONFIG)


def mend_inboxes(settings: Settings, names: Collection[str]) -> dict[str, dict[str, str]]:
    """Gives inboxes that others made what they need; returns what is wrong still. `names` in full; raises KafkaError.

    Topics whose configuration we may not see are taken for well.
    """
    admin = KafkaAdminClient(**settings.kafka_client(), client_id="govpulse")
    try:
        wrong = _wrong(admin, names)
        if not wrong:
            return {}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name, {one: _NEEDED[one] for one in found})
                  for name, found in wrong.items()]  # fmt: skip
        admin.alter_configs(wanted, raise_on_unknown=False)
        return _wrong(admin, wrong)
    finally:
        admin.close()


def _wrong(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Topic → what stands in its configuration instead of what is needed."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, list(_NEEDED)) for name in names]
    found: Mapping[str, Mapping[str, dict[str, str]]] = admin.describe_configs(asked, config_filter="all")["topic"]
    wrong = {
        name: {one: told["value"] for one, told in configs.items() if told["value"] != _NEEDED[one]}
        for name, configs in found.items()
    }
    return {name: found for name, found in wrong.items() if found}
