"""Unreadable: records that the client library cannot take apart. They are found, refused by their place, and stepped over.

A header's name that is no UTF-8, a codec that is not installed, broken bytes: the library raises, and would raise for ever.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, UnsupportedCodecError

from connectors.inbox.answers import Place
from streams.settings import Settings
from streams.wire import Rejected

#: What the library raises where it cannot read.
UNREADABLE = (UnicodeDecodeError, UnsupportedCodecError, CorruptRecordError)
#: A partition that has something gives it within so many milliseconds.
PATIENCE_MS = 5_000


def unreadable(settings: Settings, positions: Mapping[TopicPartition, int]) -> Iterator[tuple[Place, Rejected]]:
    """What cannot be read from these positions on, up to the next record of its partition that can be.

    What shares a batch with such a record and comes after it cannot be read, either.
    """
    probe = KafkaConsumer(
        **settings.kafka_client(), client_id="govpulse-inbox-probe", group_id=None, enable_auto_commit=False,
        auto_offset_reset="earliest", isolation_level="read_committed", allow_auto_create_topics=False,
    )  # fmt: skip
    with closing(probe):
        probe.assign(list(positions))
        ends = probe.end_offsets(list(positions))
        for place, position in positions.items():
            for offset in range(position, ends[place]):
                error = _error_at(probe, place, offset)
                if error is None:
                    break
                yield Place(place.topic, place.partition, offset), Rejected("unreadable_record", None, str(error))


def _error_at(probe: KafkaConsumer, place: TopicPartition, offset: int) -> Exception | None:
    """Why the record there cannot be read; None where it can."""
    probe.assign([place])
    probe.seek(place, offset)
    try:
        probe.poll(PATIENCE_MS, max_records=1)
    except UNREADABLE as error:
        return error
    return None
