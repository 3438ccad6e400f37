"""Measured: what the gateway tells Prometheus. Labels are registered sources, types of the contract, our own codes."""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from connectors.reasons import REASONS
from streams.wire import Event

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LATENESS = (1.0, 10.0, 60.0, 600.0, 3600.0, 6 * 3600.0, 86400.0, 3 * 86400.0, 7 * 86400.0, 30 * 86400.0)


class Measured:
    """Counters of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "approvals_events_received", "Events that the broker has.", ["source", "type"], registry=self.registry
        )
        self.repeated = Counter(
            "approvals_events_duplicates",
            "Events received again with the same body.",
            ["source"],
            registry=self.registry,
        )
        self.rejected = Counter(
            "approvals_events_rejected", "Events and requests refused.", ["code"], registry=self.registry
        )
        self.dropped = Counter(
            "approvals_unknown_fields", "Fields that the contract does not have.", ["source"], registry=self.registry
        )
        self.lateness = Histogram(
            "approvals_event_lateness_seconds", "From the event's time to its arrival.", ["source"],
            buckets=LATENESS, registry=self.registry,
        )  # fmt: skip
        self.last = Gauge(
            "approvals_last_event_timestamp_seconds", "When a source told something last.", ["source"],
            registry=self.registry,
        )  # fmt: skip
        self.duration = Histogram(
            "approvals_ingest_request_duration_seconds", "From the request's head to its answer.", ["status"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.lag = Gauge(
            "approvals_consumer_lag_seconds", "How long an event waits for a worker.", registry=self.registry
        )
        self.held = Gauge("approvals_ingest_held_bytes", "Bytes under way to the broker.", registry=self.registry)
        self.ready = Gauge("approvals_ingest_ready", "Whether events are taken now.", registry=self.registry)
        build = Gauge("approvals_build_info", "The program.", ["version"], registry=self.registry)
        build.labels(version("govpulse")).set(1)
        for code in REASONS:
            self.rejected.labels(code)

    def event(self, event: Event, now: float, *, is_repeated: bool, dropped: int) -> None:
        """Counts an event that the broker has; `now` in seconds since 1970."""
        self.received.labels(event.source, event.type).inc()
        self.lateness.labels(event.source).observe(max(0.0, now - event.at.timestamp()))
        self.last.labels(event.source).set(now)
        if is_repeated:
            self.repeated.labels(event.source).inc()
        if dropped:
            self.dropped.labels(event.source).inc(dropped)

    def text(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self.registry)
