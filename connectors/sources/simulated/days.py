"""Days of work as whole seconds, counted a second time: the simulation is the witness of the platform's own count."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate

from connectors.sources.simulated.plan import DAY, Instant
from streams.domain.worktime import Schedule

#: Local seconds of China count from here: one zone, and no daylight saving since 1991.
_ORIGIN = datetime(1969, 12, 31, 16, tzinfo=UTC)
_FIRST = date(1970, 1, 1).toordinal()
_SECOND = timedelta(seconds=1)
#: So many in a second.
MICRO = 1_000_000
_TIMES = [f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+08:00" for second in range(DAY)]
_dates: dict[int, str] = {}

Sessions = tuple[tuple[int, int], ...]


def text(instant: Instant) -> str:
    """RFC 3339 with China's offset."""
    day, second = divmod(instant, DAY)
    return day_text(day) + _TIMES[second]


def micro_text(micros: int) -> str:
    """The same of microseconds, which are written only where there are any."""
    instant, rest = divmod(micros, MICRO)
    return text(instant) if not rest else f"{text(instant)[:19]}.{rest:06}+08:00"


def day_text(day: int) -> str:
    """The date of a day counted from 1970."""
    found = _dates.get(day)
    if found is None:
        found = _dates[day] = date.fromordinal(_FIRST + day).isoformat()
    return found


def aware(instant: Instant) -> datetime:
    """The instant in UTC."""
    return _ORIGIN + instant * _SECOND


#: Nothing simulated is due before or after these days.
_BEGIN, _END = date(2010, 1, 1).toordinal() - _FIRST, date(2061, 1, 1).toordinal() - _FIRST


class Days:
    """By what an office works. A working day is known by its number, counted here day by day.

    Which days are worked and when the office is open is the schedule's; how much of it lies between two instants is not
    asked of it.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    @cached_property
    def _sessions(self) -> list[Sessions]:
        days = (date.fromordinal(_FIRST + day) for day in range(_BEGIN, _END))
        return [
            tuple((_second(opens), _second(closes)) for opens, closes in self._schedule.sessions(day)) for day in days
        ]

    @cached_property
    def _numbers(self) -> list[int]:
        return list(accumulate(int(bool(hours)) for hours in self._sessions))

    @cached_property
    def _places(self) -> list[int]:
        return [day for day, hours in enumerate(self._sessions, start=_BEGIN) if hours]

    @cached_property
    def _before(self) -> list[int]:
        """Microseconds of office hours before each day."""
        worked = (sum(closes - opens for opens, closes in hours) * MICRO for hours in self._sessions)
        return [0, *accumulate(worked)]

    def number(self, instant: Instant) -> int:
        """How many working days there were up to and including the instant's."""
        return self._numbers[instant // DAY - _BEGIN]

    def day(self, number: int) -> int:
        """The working day of this number, counted from 1970."""
        return self._places[number - 1]

    def sessions(self, day: int) -> Sessions:
        """The office hours of a day in its seconds; none on a day off."""
        return self._sessions[day - _BEGIN]

    def opening(self, day: int) -> int:
        """The microsecond at which the office opens on a working day."""
        return (day * DAY + self.sessions(day)[0][0]) * MICRO

    def workday_from(self, day: int) -> int:
        """The day itself, or the next working day."""
        return day if self.sessions(day) else self.day(self.number(day * DAY) + 1)

    def office_micros(self, micros: int) -> int:
        """Microseconds of office hours up to an instant, from a fixed origin."""
        day, rest = divmod(micros, DAY * MICRO)
        gone = sum(max(0, min(rest, closes * MICRO) - opens * MICRO) for opens, closes in self.sessions(day))
        return self._before[day - _BEGIN] + gone

    def after_office_micros(self, count: int) -> int:
        """The earliest instant with so many."""
        place = bisect_left(self._before, count) - 1
        left = count - self._before[place]
        for opens, closes in self._sessions[place]:
            if left <= (closes - opens) * MICRO:
                return ((_BEGIN + place) * DAY + opens) * MICRO + left
            left -= (closes - opens) * MICRO
        raise ValueError(f"{count} microseconds of office hours lie after 2060")

    def morning(self, number: int, share: float) -> Instant:
        """An instant of a working day's first session, so much of it gone."""
        day = self.day(number)
        opens, closes = self.sessions(day)[0]
        return day * DAY + opens + int(share * (closes - opens - 1))

    def afternoon(self, number: int, share: float) -> Instant:
        """An instant of its last session."""
        day = self.day(number)
        opens, closes = self.sessions(day)[-1]
        return day * DAY + opens + int(share * (closes - opens - 1))

    def closing(self, instant: Instant) -> Instant | None:
        """When the office closes on this day, if it has been opened and not closed yet."""
        day, second = divmod(instant, DAY)
        hours = self.sessions(day)
        return day * DAY + hours[-1][1] if hours and hours[0][0] <= second < hours[-1][1] else None

    def attended(self, instant: Instant, share: float) -> Instant:
        """The instant itself in office hours, else one of the next morning's first half."""
        if self.closing(instant) is not None:
            return instant
        number = self.number(instant)
        day, second = divmod(instant, DAY)
        hours = self.sessions(day)
        comes_before_opening = bool(hours) and second < hours[0][0]
        return self.morning(number if comes_before_opening else number + 1, share / 2)

    def after_office(self, instant: Instant, seconds: int) -> Instant:
        """The instant by which so many seconds of office hours have gone."""
        return self.after_office_micros(self.office_micros(instant * MICRO) + seconds * MICRO) // MICRO

    def office_seconds(self, begin: Instant, end: Instant) -> int:
        """Seconds of office hours from one instant to another."""
        return (self.office_micros(end * MICRO) - self.office_micros(begin * MICRO)) // MICRO


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
