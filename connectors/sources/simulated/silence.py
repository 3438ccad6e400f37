"""Silence: sources that say nothing for hours or days, and then everything at once (AR-18)."""

from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.world import World


class Silences:
    """When each source is silent: once, or never."""

    def __init__(self, world: World) -> None:
        self._windows: dict[str, tuple[Instant, Instant]] = {}
        for source in world.city.sources:
            if world.happens("silenced"):
                begin = world.plan.first + world.upto((world.plan.days - 2) * DAY) // DAY * DAY + 10 * 3600
                self._windows[source] = (begin, begin + 2 * 3600 + world.upto(2 * DAY))

    def broken(self, source: str, at: Instant) -> Instant:
        """When a source that has something to say then says it."""
        window = self._windows.get(source)
        return at if window is None or not window[0] <= at < window[1] else window[1] + at % 60

    def holds(self, source: str, at: Instant) -> bool:
        return self.broken(source, at) != at
