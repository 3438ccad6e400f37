"""How aiokafka is connected, for the worker and for landing."""

import ssl
from typing import Any

from streams.settings import Settings

#: Hard-coded to 1500 ms in Faust's driver: too long for "visible within a second".
FETCH_WAIT_MS = 200
#: A worker's fetch of one partition: more than a poll takes, so that behind the end of the log polls are full.
FETCH_BYTES = 8 * 1024 * 1024


def tls(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context that the settings ask for."""
    if "SSL" not in settings.kafka_security_protocol:
        return None
    context = ssl.create_default_context(cafile=settings.kafka_ssl_cafile or None)
    if settings.kafka_ssl_certfile:
        context.load_cert_chain(settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile or None)
    return context


def client_options(settings: Settings) -> dict[str, Any]:
    """Where the broker is and how it wants to be spoken to."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "client_id": "govpulse",
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": tls(settings),
    }
    if settings.kafka_sasl_mechanism:
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = settings.kafka_sasl_password
    return options


def consumer_options(settings: Settings) -> dict[str, Any]:
    """Options of an AIOKafkaConsumer that keeps its offsets elsewhere."""
    return client_options(settings) | {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 3_000,
        "max_partition_fetch_bytes": 4 * 1024 * 1024,
    }
