"""Family source: what a source says of itself: how far it has told, and that it lives."""

from streams.domain.families.values import AuthorityName, Data, Instant


class SourceClockAdvanced(Data, frozen=True):
    """时间标记: the mark of a replayed or simulated authority: everything up to `up_to` is sent."""

    authority: AuthorityName
    up_to: Instant


class SourceHeartbeat(Data, frozen=True):
    """心跳: a source says that it lives."""


TYPES = (
    ("clock_advanced", SourceClockAdvanced),
    ("heartbeat", SourceHeartbeat),
)
ONCE: frozenset[str] = frozenset()
