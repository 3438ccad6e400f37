"""The publisher for Python sources: a durable spool before every door. `docs/publisher.md` shows it in ten lines."""

from connectors.publisher.check import InvalidEvent
from connectors.publisher.http_door import HttpDoor
from connectors.publisher.publisher import Publisher, Refused, SenderFailed, Status, WrongProcess
from connectors.publisher.spool import NoSpool, SpoolFull

__all__ = [
    "HttpDoor",
    "InvalidEvent",
    "NoSpool",
    "Publisher",
    "Refused",
    "SenderFailed",
    "SpoolFull",
    "Status",
    "WrongProcess",
]
