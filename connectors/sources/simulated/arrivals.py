"""Arrivals: how busy a day is, and at which second of it somebody comes."""

from datetime import timedelta
from itertools import accumulate

from connectors.sources.simulated.city import DAILY_AREA
from connectors.sources.simulated.days import Days
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.world import World

#: `reference/domain.md` §9.2: the hour of opening has three times the mean, the first day after a long holiday twice.
OPENING_HOUR, AFTER_HOLIDAY, MONTH_END, DAY_OFF = 0.45, 2.0, 1.3, 0.15
LONG_HOLIDAY = 3


class Arrivals:
    """When people come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._days: Days = world.city.unit(DAILY_AREA, "market").days
        self._first = world.plan.first // DAY
        weights = [self._weight(place) for place in range(world.plan.days)]
        self._until = [sum_ / sum(weights) for sum_ in accumulate(weights)]

    def share_until(self, place: int) -> float:
        """The share of all events that is sent by the end of a day of the plan."""
        return self._until[place]

    def at(self, place: int) -> Instant:
        """An instant of a day: in office hours most come in the first; one in nine comes online at any hour."""
        world, day = self._world, self._first + place
        hours = self._days.sessions(day)
        if not hours or world.random() < 0.11:
            return day * DAY + 7 * 3600 + world.upto(15 * 3600)
        opens = hours[0][0]
        if world.random() < OPENING_HOUR:
            return day * DAY + opens + world.upto(3600)
        begin, end = world.one_of(hours)
        return day * DAY + begin + world.upto(end - begin - 1)

    def _weight(self, place: int) -> float:
        day = self._first + place
        if not self._days.sessions(day):
            return DAY_OFF
        weight = 1.0
        if all(not self._days.sessions(day - back) for back in range(1, LONG_HOLIDAY + 1)):
            weight *= AFTER_HOLIDAY
        if (self._world.plan.start + timedelta(days=place + 1)).day == 1:
            weight *= MONTH_END
        return weight
