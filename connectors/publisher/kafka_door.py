"""The Kafka door: events into the topic of a source, acknowledged by every replica, in order by subject (kafka-python)."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from connectors.publisher.messages import Message, NotNow, Refusal, Verdicts
from streams.wire import LARGEST_MESSAGE

#: CloudEvents 1.0, Kafka protocol binding, structured mode.
_HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
#: Seconds in which the broker must say where the topic lies; one that does not exist is no longer waited for.
_FIND = 10.0
#: What is wrong with the message itself; every other failure may pass.
_REFUSED = (MessageSizeTooLargeError, RecordListTooLargeError)


class KafkaDoor:
    """The topic `inbox.<source>` of a broker, from which the platform admits what it says.

    `timeout`: seconds in which all replicas must have a batch. `options`: as kafka-python names them (`bootstrap_servers`,
    `security_protocol`, `sasl_mechanism`, `sasl_plain_username`, `sasl_plain_password`, `ssl_cafile` …).

    What the platform refuses afterwards stands in `rejected.<source>`: this door knows only whether the topic has it.
    """

    def __init__(self, topic: str, *, timeout: float = 40.0, **options: Any) -> None:
        self._topic, self._timeout = topic, timeout
        milliseconds = int(timeout * 1000)
        self._options = options | {
            "client_id": options.get("client_id", "govpulse-publisher"),
            "acks": "all",
            "enable_idempotence": True,
            "allow_auto_create_topics": False,
            "max_request_size": LARGEST_MESSAGE,
            "batch_size": 256 * 1024,
            "max_block_ms": min(milliseconds, int(_FIND * 1000)),
            "delivery_timeout_ms": milliseconds,
            "request_timeout_ms": max(1000, milliseconds // 2),
        }
        self._producer: Any = None

    def send(self, messages: Sequence[Message]) -> Verdicts:
        """Writes a batch; None for each that every replica has. Raises NotNow: then all of it is written again."""
        deadline = time.monotonic() + self._timeout
        try:
            producer = self._connected()
            futures = [
                producer.send(self._topic, message.value, key=message.key.encode(), headers=_HEADERS)
                for message in messages
            ]
            producer.flush(timeout=self._timeout)
            return [_verdict(future, deadline) for future in futures]
        except KafkaError as error:
            self.close()
            said = str(error).removeprefix(f"{type(error).__name__}: ")
            raise NotNow(f"Kafka, topic {self._topic}: {type(error).__name__}: {said}") from error

    def close(self) -> None:
        """Lets go of the broker; what it was told and has not answered may still arrive, and then twice."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):  # kafka-python says so when it does not close in no time
                producer.close(timeout=0)

    def _connected(self) -> Any:
        if self._producer is None:
            self._producer = KafkaProducer(**self._options)
        return self._producer


def _verdict(future: Any, deadline: float) -> Refusal | None:
    """What became of one message; raises the error of one that may yet arrive."""
    try:
        future.get(timeout=max(0.0, deadline - time.monotonic()) + 1.0)
    except _REFUSED as error:
        return Refusal("too_large", None, str(error)[:500])
    return None
