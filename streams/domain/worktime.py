"""Working days and office hours, each counted by one subtraction."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec import Struct

#: Office minutes of half a day, where a schedule says nothing else (`reference` §3.3).
HALFDAY_MINUTES = 240
#: Calendars know these days. Whatever would lie outside is their first or last: no reading fails for a date.
FIRST_DAY, LAST_DAY = date(1989, 12, 1), date(2120, 12, 31)
_FIRST = FIRST_DAY.toordinal()
_DAYS = LAST_DAY.toordinal() - _FIRST + 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_EPOCH, _DAY = EPOCH.toordinal(), timedelta(days=1)
_FIXED_SINCE = datetime(1992, 1, 2, tzinfo=UTC)


class DayRule(Struct, frozen=True):
    """What a notice says of one day."""

    is_workday: bool
    is_official: bool
    name: str = ""
    notice: str = ""


class WorkCalendar:
    """Which days are worked. Days without a rule are ordinary: Monday to Friday worked, or every day.

    It answers for every day: before its first and after its last as of these.
    """

    def __init__(self, name: str, rules: Mapping[date, DayRule], *, ordinary: str, is_ordinary_official: bool) -> None:
        self.name = name
        self.rules = rules
        self.ordinary = ordinary
        self.is_ordinary_official = is_ordinary_official
        workdays = bytearray(b"\1" * _DAYS if ordinary == "every_day" else _mondays_to_fridays())
        provisional = bytearray(b"\0" * _DAYS if is_ordinary_official else b"\1" * _DAYS)
        for day, rule in rules.items():
            place = day.toordinal() - _FIRST
            workdays[place] = rule.is_workday
            provisional[place] = not rule.is_official
        self._is_workday = bytes(workdays)
        self._numbers = _running(workdays)
        self._provisional = _running(provisional)
        #: Its working days, as `date.toordinal` counts.
        self.ordinals = array("l", (place + _FIRST for place in range(_DAYS) if workdays[place]))

    def is_workday(self, day: date) -> bool:
        return bool(self._is_workday[_place(day)])

    def workday_number(self, day: date) -> int:
        """How many working days there are up to and including this one, from a fixed origin."""
        place = day.toordinal() - _FIRST
        return self._numbers[place] if 0 <= place < _DAYS else self._numbers[_place(day)]

    def nth_workday(self, number: int) -> date:
        """The working day with this number (the first of the calendar for smaller ones, the last for larger)."""
        return date.fromordinal(self.ordinals[min(max(0, number - 1), len(self.ordinals) - 1)])

    def next_workday(self, day: date) -> date:
        """The day itself if it is worked, else the next that is (the last of the calendar where there is none)."""
        place = day.toordinal() - _FIRST
        if 0 <= place < _DAYS and self._is_workday[place]:
            return day
        return self.nth_workday(self.workday_number(day) + 1)

    def has_provisional(self, after: date, to: date) -> bool:
        """Whether any day in (after, to] lacks an official notice."""
        return self._provisional[_place(to)] > self._provisional[_place(after)]


def _place(day: date) -> int:
    return min(max(0, day.toordinal() - _FIRST), _DAYS - 1)


def _mondays_to_fridays() -> bytes:
    week = bytes(1 if date.fromordinal(_FIRST + place).weekday() < 5 else 0 for place in range(7))
    return (week * (_DAYS // 7 + 1))[:_DAYS]


def _running(flags: Iterable[int]) -> "array[int]":
    total, numbers = 0, array("l")
    for flag in flags:
        total += flag
        numbers.append(total)
    return numbers


class Season(Struct, frozen=True, order=True):
    """Office sessions from one month and day to another, both inclusive ('06-01' to '09-30')."""

    since: str
    until: str
    sessions: tuple[tuple[time, time], ...]

    def covers(self, day: date) -> bool:
        month_day = f"{day.month:02}-{day.day:02}"
        if self.since <= self.until:
            return self.since <= month_day <= self.until
        return month_day >= self.since or month_day <= self.until


class Schedule:
    """A calendar, office hours and a zone: by what somebody works. Instants in and out are aware, out in UTC."""

    def __init__(
        self,
        name: str,
        calendar: WorkCalendar,
        seasons: tuple[Season, ...],
        zone: ZoneInfo,
        *,
        halfday_minutes: int = HALFDAY_MINUTES,
    ) -> None:
        self.name = name
        self.halfday_minutes = halfday_minutes
        self.calendar = calendar
        self.seasons = seasons
        self.zone = zone
        # Thousands of cases share their days: what was worked out of one is remembered.
        self._offset = _fixed_offset(zone)
        self._midnights: dict[date, datetime] = {}
        self._openings: dict[date, datetime | None] = {}
        self._by: dict[str, Schedule] = {}

    def by(self, calendar: WorkCalendar) -> "Schedule":
        """The same hours, on the working days of another calendar."""
        if calendar.name not in self._by:
            hours = (self.seasons, self.zone)
            self._by[calendar.name] = Schedule(self.name, calendar, *hours, halfday_minutes=self.halfday_minutes)
        return self._by[calendar.name]

    def local_date(self, instant: datetime) -> date:
        if self._offset is not None and instant >= _FIXED_SINCE:
            return (instant + self._offset).date()
        return instant.astimezone(self.zone).date()

    def at_local(self, day: date, at: time) -> datetime:
        """The instant of a local time of day."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def midnight_after(self, day: date) -> datetime:
        """24:00 local of the day, whatever daylight saving does that night."""
        found = self._midnights.get(day)
        if found is None:
            known = min(max(FIRST_DAY, day), LAST_DAY)  # a licence may be valid until 9999-12-31
            found = self._midnights[day] = self.at_local(known + timedelta(days=1), time())
        return found

    def sessions(self, day: date) -> tuple[tuple[time, time], ...]:
        """The office sessions of a working day; none on a day off."""
        if not self.calendar.is_workday(day):
            return ()
        return next((season.sessions for season in self.seasons if season.covers(day)), ())

    def opening(self, day: date) -> datetime | None:
        """When the office opens on this day."""
        if day not in self._openings:
            sessions = self.sessions(day)
            self._openings[day] = self.at_local(day, sessions[0][0]) if sessions else None
        return self._openings[day]

    def next_opening(self, instant: datetime) -> datetime:
        """The first opening of a day at or after the instant (the instant itself where the calendar has none)."""
        day = self.local_date(instant)
        while True:
            worked = self.calendar.next_workday(day)
            if worked < day:
                return instant
            opening = self.opening(worked)
            if opening is not None and opening >= instant:
                return opening
            day = worked + timedelta(days=1)

    def minutes_of_day(self, day: date) -> int:
        """Office minutes of a working day (of the day's season)."""
        sessions = next((season.sessions for season in self.seasons if season.covers(day)), ())
        return sum(_seconds(closes) - _seconds(opens) for opens, closes in sessions) // 60

    def business_us(self, instant: datetime) -> int:
        """Office microseconds up to the instant, from a fixed origin."""
        opens, closes, counts = self._sessions
        us = (instant - EPOCH) // MICROSECOND
        place = bisect_right(opens, us) - 1
        if place < 0:
            return 0
        return counts[place] + min(us, closes[place]) - opens[place]

    def business_at(self, count: int) -> datetime:
        """The earliest instant with so many office microseconds (the first opening for none, the last closing for more)."""
        opens, closes, counts = self._sessions
        place = max(0, bisect_left(counts, count) - 1)
        return EPOCH + timedelta(microseconds=min(opens[place] + count - counts[place], closes[place]))

    @cached_property
    def _sessions(self) -> "tuple[array[int], array[int], array[int]]":
        """Begin, end (µs since 1970) and running count before of every session of the calendar, made on first use."""
        opens, closes, counts = array("q"), array("q"), array("q")
        of_season: dict[tuple[int, int], list[tuple[int, int]]] = {}  # month and day → µs after midnight
        total = 0
        for ordinal in self.calendar.ordinals:
            day = date.fromordinal(ordinal)
            place = (day.month, day.day)
            sessions = of_season.get(place)
            if sessions is None:
                told = self.sessions(day)
                sessions = of_season[place] = [(_seconds(begin) * 10**6, _seconds(end) * 10**6) for begin, end in told]
            if sessions:
                midnight = self._midnight_us(day, sessions[0][0])
                for begin, end in sessions:
                    opens.append(midnight + begin)
                    closes.append(midnight + end)
                    counts.append(total)
                    total += end - begin
        return opens, closes, counts

    def _midnight_us(self, day: date, opening: int) -> int:
        """00:00 of a day in µs since 1970, on the clock that shows its opening (µs after midnight)."""
        if self._offset is not None and day > _FIXED_SINCE.date():
            return ((day.toordinal() - _EPOCH) * _DAY - self._offset) // MICROSECOND
        at = time(opening // 3_600_000_000, opening // 60_000_000 % 60, opening // 1_000_000 % 60)
        return (self.at_local(day, at) - EPOCH) // MICROSECOND - opening


def _fixed_offset(zone: ZoneInfo) -> timedelta | None:
    """The zone's one offset from UTC where it has had only one since 1992, as China has: added without a look-up."""
    months = (
        datetime(year, month, 1, tzinfo=zone) for year in range(1992, LAST_DAY.year + 1) for month in range(1, 13)
    )
    offsets = {month.utcoffset() for month in months}
    return offsets.pop() if len(offsets) == 1 else None


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
