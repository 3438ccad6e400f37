"""Why this date, and why so much used: every day of a clock, counted or skipped, and the reason in English and Chinese."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from streams.domain import reasons
from streams.domain.clocks import MINUTE, Clock
from streams.domain.reasons import NOTHING, Names, Words
from streams.domain.rulers import NaturalDayRuler, WallRuler

DAY = timedelta(days=1)
_NO_NAMES: Names = {}


class Day(Struct, frozen=True):
    """One local day of a clock; a clock of minutes has two where it stopped, or runs out, in the midst of a day.

    `counted`: days (0 or 1), or whole minutes; `total`: up to its end. `is_used`: part of what the clock has used; the
    rest is shown for the due date. `mark`: where it was `stop`ped or has come to `now`; `note` says so. `notice`: where
    the calendar has the day from.
    """

    day: date
    counted: int
    total: int
    reason: str
    reason_zh: str
    notice: str = ""
    is_used: bool = True
    mark: str = ""
    note: str = ""
    note_zh: str = ""


def explain(clock: Clock, names: Names = _NO_NAMES) -> list[Day]:
    """The days from the start to the last that matters: the due day, the stop, or now.

    `counted` of the used ones adds up to `whole(clock, clock.used)`. `names`: Chinese names of special procedures.
    """
    return list(_of_days(clock, names) if clock.counts_days else _of_minutes(clock, names))


def whole(clock: Clock, amount: int) -> int:
    """An amount of a clock's ruler in days, or in whole minutes, rounded down as `used_minutes` of a reading is."""
    return amount if clock.counts_days else amount // MINUTE


# ---------------------------------------------------------------------- days


def _of_days(clock: Clock, names: Names) -> Iterator[Day]:
    first = day = clock.start_place
    read = clock.ruler.place(clock.read_at)
    last, total = max(first, read, clock.due if clock.due is not None else first), 0
    reached: date | None = None
    while day <= last:
        counted, words = _count(clock, day, names)
        total += counted
        if total == clock.length and reached is None:
            reached = clock.ruler.roll(day)
            words = words.and_(reasons.ROLLED) if reached != day else words
        if day == reached and (clock.due is None or day < clock.due):
            words = words.and_(reasons.of_delay(clock, day))
        if clock.due == day:
            words = words.and_(reasons.LAST_DAY)
        is_read = day == max(first, read)
        yield _day(clock, day, counted, total, words, is_used=day <= read, is_read=is_read)
        day += DAY


def _count(clock: Clock, day: date, names: Names) -> tuple[int, Words]:
    if day == clock.start_place:
        return 0, reasons.DAY_ZERO
    for begin, end in clock.stretches:
        if begin < day and (end is None or day <= end):
            paused = reasons.of_pause_on(clock, day, names)
            return 0, Words(f"not counted: {paused.en}", f"不计入：{paused.zh}")
    words = reasons.of_day(clock, day)
    if not isinstance(clock.ruler, NaturalDayRuler) and not clock.schedule.calendar.is_workday(day):
        return 0, words
    return 1, words.and_(reasons.of_excess(clock, day, names))


# ---------------------------------------------------------------------- minutes


def _of_minutes(clock: Clock, names: Names) -> Iterator[Day]:
    start, before = clock.start.at, 0
    read = max(start, clock.read_at)
    due = max(start, clock.due_at) if clock.due_at is not None else None
    for begin, end in _parts(clock, start, read if due is None else max(read, due), {read, due}):
        day, total = clock.schedule.local_date(begin), _minutes_until(clock, end)
        words = reasons.of_hours(clock, day).and_(reasons.of_pause_between(clock, begin, end, names))
        if total > before:
            words = words.and_(reasons.of_excess(clock, day, names))
        if end > begin > clock.schedule.midnight_after(day - DAY):
            words = words.and_(reasons.since(clock, begin))
        if end == due:
            words = words.and_(reasons.runs_out(clock))
            if not clock.is_explicit and total > whole(clock, clock.length):
                words = words.and_(reasons.LATE)
        is_used = end <= clock.read_at
        yield _day(clock, day, total - before, total, words, is_used=is_used, is_read=end == read)
        before = total


def _parts(
    clock: Clock, start: datetime, last: datetime, cuts: set[datetime | None]
) -> Iterator[tuple[datetime, datetime]]:
    """The days from `start` to `last`, cut at these instants too; an empty part first where one is the start itself."""
    if start in cuts:
        yield start, start
    begin = start
    while begin < last:
        midnight = clock.schedule.midnight_after(clock.schedule.local_date(begin))
        end = min([cut for cut in cuts if cut is not None and cut > begin] + [midnight, last])
        yield begin, end
        begin = end


def _minutes_until(clock: Clock, instant: datetime) -> int:
    """Whole minutes counted from the start to an instant, pauses left out."""
    ruler, start = clock.ruler, clock.start.at
    counted = ruler.count(instant) - ruler.count(start)
    for begin, end in clock.stretches:
        if begin < instant:
            counted -= ruler.count(min(end, instant) if end is not None else instant) - ruler.count(begin)
    return max(0, int(counted)) // MINUTE


# ---------------------------------------------------------------------- both


def _day(clock: Clock, day: date, counted: int, total: int, words: Words, *, is_used: bool, is_read: bool) -> Day:
    rule = None if isinstance(clock.ruler, WallRuler) else clock.schedule.calendar.rules.get(day)
    mark = "" if not is_read else "now" if clock.stopped_at is None else "stop"
    note = _here(clock, mark) if is_read else NOTHING
    if not is_used and not is_read:
        note = reasons.TO_COME if clock.stopped_at is None else reasons.AFTER_STOP
    notice = rule.notice if rule is not None else ""
    return Day(day, counted, total, words.en, words.zh, notice, is_used, mark, note.en, note.zh)


def _here(clock: Clock, mark: str) -> Words:
    """What is used where the clock stopped, or up to now."""
    used = whole(clock, clock.used)
    if clock.read_at < clock.start.at:
        return Words("stopped before the start: nothing is used", "停表早于开始时间，已用0")
    if mark == "now":
        return Words(f"up to now: {used} used", f"截至目前，已用{used}")
    return Words(f"stopped here: {used} used", f"至此停表，已用{used}")
