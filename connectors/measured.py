"""Measured: what every door tells Prometheus. Labels are registered sources, types of the contract, our own codes."""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from connectors.reasons import REASONS
from streams.wire import Event

LATENESS = (1.0, 10.0, 60.0, 600.0, 3600.0, 6 * 3600.0, 86400.0, 3 * 86400.0, 7 * 86400.0, 30 * 86400.0)


class Counters:
    """Counters of one door, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "approvals_events_received", "Events that the broker has.", ["source", "type"], registry=self.registry
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
        build = Gauge("approvals_build_info", "The program.", ["version"], registry=self.registry)
        build.labels(version("govpulse")).set(1)
        for code in REASONS:
            self.rejected.labels(code)

    def event(self, event: Event, now: float, *, dropped: int) -> None:
        """Counts an event that the broker has; `now` in seconds since 1970."""
        self.received.labels(event.source, event.type).inc()
        self.lateness.labels(event.source).observe(max(0.0, now - event.at.timestamp()))
        self.last.labels(event.source).set(now)
        if dropped:
            self.dropped.labels(event.source).inc(dropped)

    def text(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self.registry)
