"""Pace: how many events at once, and how long to wait after a failure (exponential, full jitter)."""

from random import SystemRandom

from msgspec import Struct

from connectors.gateway.bodies import LARGEST_BATCH, MOST_EVENTS

_dice = SystemRandom()
#: Two brackets stand around a batch.
MOST_BYTES = LARGEST_BATCH - 2


class Pace(Struct):
    """First `shortest` seconds at most, then twice as long each time, up to `longest`; a door's own wish is kept.

    Full jitter: anything between nothing and that, so that many publishers do not come back all at once
    (M. Brooker, Exponential Backoff And Jitter, 2015).
    """

    shortest: float = 0.5
    longest: float = 60.0
    longest_asked: float = 3600.0
    most_events: int = MOST_EVENTS
    failures: int = 0
    at_once: int = MOST_EVENTS

    def delay(self, asked: float | None = None) -> float:
        """Seconds to wait after one more failure; never less than the door asked for."""
        most = min(self.longest, self.shortest * 2 ** min(self.failures, 30))
        self.failures += 1
        return min(max(asked or 0.0, 0.0), self.longest_asked) + _dice.uniform(0.0, most)

    def well(self) -> None:
        """A request was answered."""
        self.failures = 0
        self.at_once = min(self.most_events, self.at_once * 2)

    def fewer(self, tried: int) -> None:
        """Half as many next time, so that what spoils a request is found."""
        self.at_once = max(1, tried // 2)
