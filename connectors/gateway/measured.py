"""Measured: what the gateway tells Prometheus beside what every door does."""

from prometheus_client import Counter, Gauge, Histogram

from connectors.measured import Counters

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measured(Counters):
    """Counters of one gateway."""

    def __init__(self) -> None:
        super().__init__()
        self.repeated = Counter(
            "approvals_events_duplicates",
            "Events received again with the same body.",
            ["source"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "approvals_ingest_request_duration_seconds", "From the request's head to its answer.", ["status"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.lag = Gauge(
            "approvals_consumer_lag_seconds", "How long an event waits for a worker.", registry=self.registry
        )
        self.held = Gauge("approvals_ingest_held_bytes", "Bytes under way to the broker.", registry=self.registry)
        self.ready = Gauge("approvals_ingest_ready", "Whether events are taken now.", registry=self.registry)
