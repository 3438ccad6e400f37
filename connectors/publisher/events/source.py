"""Events of family source. Written by 'govpulse contracts' from the event types, fields.csv and records.csv."""

from datetime import datetime
from typing import Unpack

from connectors.publisher.build import Attributes, build
from connectors.publisher.messages import CloudEvent
from streams.domain.families.source import SourceHeartbeat


def heartbeat(
    *,
    subject: str,
    time: datetime,
    **attributes: Unpack[Attributes],
) -> CloudEvent:
    """心跳: a source says that it lives.

    recordkey: {time}
    """
    data = SourceHeartbeat()
    return build("source.heartbeat", subject, time, data, attributes)
