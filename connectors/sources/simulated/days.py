"""Days of work as whole seconds: instants from working days and office hours, by the domain's own calendar."""

from datetime import UTC, date, datetime, time, timedelta

from connectors.sources.simulated.plan import DAY, Instant
from streams.domain.worktime import Schedule

#: Local seconds of China count from here: one zone, and no daylight saving since 1991.
_ORIGIN = datetime(1969, 12, 31, 16, tzinfo=UTC)
_FIRST = date(1970, 1, 1).toordinal()
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
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


class Days:
    """By what an office works. A working day is known by its number in the calendar."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._numbers: dict[int, int] = {}
        self._places: dict[int, int] = {}
        self._sessions: dict[int, Sessions] = {}
        self._openings: dict[int, int] = {}

    def number(self, instant: Instant) -> int:
        """How many working days there were up to and including the instant's."""
        day = instant // DAY
        found = self._numbers.get(day)
        if found is None:
            found = self._numbers[day] = self._schedule.calendar.workday_number(date.fromordinal(_FIRST + day))
        return found

    def day(self, number: int) -> int:
        """The working day of this number, counted from 1970."""
        found = self._places.get(number)
        if found is None:
            found = self._places[number] = self._schedule.calendar.nth_workday(number).toordinal() - _FIRST
        return found

    def sessions(self, day: int) -> Sessions:
        """The office hours of a day in its seconds; none on a day off."""
        found = self._sessions.get(day)
        if found is None:
            hours = self._schedule.sessions(date.fromordinal(_FIRST + day))
            found = tuple((_second(opens), _second(closes)) for opens, closes in hours)
            self._sessions[day] = found
        return found

    def opening(self, day: int) -> int:
        """The microsecond at which the office opens on a working day."""
        found = self._openings.get(day)
        if found is None:
            found = self._openings[day] = (day * DAY + self.sessions(day)[0][0]) * MICRO
        return found

    def workday_from(self, day: int) -> int:
        """The day itself, or the next working day."""
        return day if self.sessions(day) else self.day(self.number(day * DAY) + 1)

    def office_micros(self, micros: int) -> int:
        """Microseconds of office hours up to an instant, from a fixed origin."""
        return self._schedule.business_us(_ORIGIN + micros * _MICROSECOND)

    def after_office_micros(self, count: int) -> int:
        """The earliest instant with so many."""
        return (self._schedule.business_at(count) - _ORIGIN) // _MICROSECOND

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
        counted = self._schedule.business_us(aware(instant)) + seconds * 1_000_000
        return (self._schedule.business_at(counted) - _ORIGIN) // _SECOND

    def office_seconds(self, begin: Instant, end: Instant) -> int:
        """Seconds of office hours from one instant to another."""
        counted = self._schedule.business_us(aware(end)) - self._schedule.business_us(aware(begin))
        return counted // 1_000_000


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
