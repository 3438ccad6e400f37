"""Why this date: every day of a clock, counted or skipped, and the reason, in English and Chinese."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from streams.domain.clocks import Clock
from streams.domain.pauses import Pause
from streams.domain.rulers import NaturalDayRuler
from streams.domain.worktime import Schedule

#: Longer clocks are explained up to here.
MOST_DAYS = 3000


class Words(NamedTuple):
    """One reason in both languages."""

    en: str
    zh: str

    def and_(self, other: "Words") -> "Words":
        return Words(f"{self.en}; {other.en}", f"{self.zh}；{other.zh}")


class Day(Struct, frozen=True):
    """One local day of a clock. `counted`: days (0 or 1), or office minutes of an instant clock; `total`: up to then.

    `notice`: where the calendar has the day from.
    """

    day: date
    counted: int
    total: int
    reason: str
    reason_zh: str
    notice: str = ""


def explain(clock: Clock) -> list[Day]:
    """The days from the start to the last that matters: the due day, the stop, or today."""
    schedule = clock.schedule
    first = schedule.local_date(clock.start.at)
    ends = [schedule.local_date(clock.read_at), *([clock.due_on] if clock.due_on is not None else [])]
    last = min(max(ends), first + timedelta(days=MOST_DAYS))
    days = _of_days(clock, first, last) if clock.counts_days else _of_minutes(clock, first, last)
    return list(days)


def _of_days(clock: Clock, first: date, last: date) -> Iterator[Day]:
    total, day = 0, first
    while day <= last:
        counted, words = _count(clock, first, day)
        total += counted
        if clock.due_on == day:
            words = words.and_(Words("the last day", "期限最后一日"))
        yield _day(clock, day, counted, total, words)
        day += timedelta(days=1)


def _count(clock: Clock, first: date, day: date) -> tuple[int, Words]:
    if day == first:
        return 0, Words("day 0: the day of the start is not counted (民法典 201)", "开始当日不计入（民法典第201条）")
    for begin, end in clock.stretches:
        if begin < day and (end is None or day <= end):
            paused = _pause_of(clock, day)
            return 0, Words(f"not counted: {paused.en}", f"不计入：{paused.zh}")
    words = _about(clock.schedule, day)
    if (excess := _excess_of(clock, day)) is not None:
        words = words.and_(excess)
    if isinstance(clock.ruler, NaturalDayRuler):
        return 1, words
    return (1 if clock.schedule.calendar.is_workday(day) else 0), words


def _of_minutes(clock: Clock, first: date, last: date) -> Iterator[Day]:
    schedule, day, before = clock.schedule, first, 0
    while day <= last:
        midnight = schedule.midnight_after(day)
        total = _minutes_until(clock, midnight)
        words = _hours(schedule, day)
        if any(begin < midnight and (end is None or end > schedule.midnight_after(day - timedelta(days=1)))
               for begin, end in clock.stretches):  # fmt: skip
            words = words.and_(_pause_of(clock, day))
        if clock.due_on == day and clock.due_at is not None:
            at = f"{clock.due_at.astimezone(schedule.zone):%H:%M:%S}"
            words = words.and_(Words(f"runs out at {at}", f"{at} 到期"))
        yield _day(clock, day, total - before, total, words)
        before, day = total, day + timedelta(days=1)


def _day(clock: Clock, day: date, counted: int, total: int, words: Words) -> Day:
    rule = clock.schedule.calendar.rules.get(day)
    return Day(day, counted, total, words.en, words.zh, rule.notice if rule is not None else "")


def _minutes_until(clock: Clock, instant: datetime) -> int:
    """Office minutes counted from the start to an instant, pauses left out."""
    ruler, start = clock.ruler, clock.start.at
    counted = ruler.count(instant) - ruler.count(start)
    for begin, end in clock.stretches:
        if begin < instant:
            counted -= ruler.count(min(end, instant) if end is not None else instant) - ruler.count(begin)
    return max(0, int(counted)) // 60_000_000


def _pause_of(clock: Clock, day: date) -> Words:
    """What stands between the clock and this day."""
    midnight = clock.schedule.midnight_after(day)
    for pause in clock.pauses:
        if pause.started_at < midnight and (pause.ended_at is None or clock.schedule.local_date(pause.ended_at) >= day):
            return _words_of(pause)
    return Words("paused", "暂停计时")


def _words_of(pause: Pause) -> Words:
    match pause.kind, pause.reason:
        case "excluded", _:
            what = Words("from the stop to the reopening", "办结至重开期间")
        case _, "idle":
            what = Words("no part of it was under way", "各阶段均未办理")
        case _, reason:
            what = Words(f"paused ({reason})", f"特别程序（{reason}）")
    return Words(f"{what.en}, {pause.basis}", f"{what.zh}，{pause.basis}") if pause.basis else what


def _excess_of(clock: Clock, day: date) -> Words | None:
    """A pause was told to last no longer than this: its further days count again."""
    for pause in clock.pauses:
        if pause.is_capped and pause.ended_on is not None and pause.ended_on < day:
            told = f"{pause.ended_on:%Y-%m-%d}"
            return Words(
                f"{pause.reason} declared until {told}: counted again", f"{pause.reason}告知至{told}，超出部分恢复计时"
            )
    return None


def _about(schedule: Schedule, day: date) -> Words:
    """What the calendar says of a day."""
    calendar = schedule.calendar
    rule = calendar.rules.get(day)
    worked, weekday = calendar.is_workday(day), day.weekday() < 5
    if worked:
        is_ordinary = weekday or calendar.ordinary == "every_day"
        words = (
            Words("working day", "工作日")
            if is_ordinary
            else Words("working day: a weekend worked instead of a holiday", "工作日（调休上班）")
        )
    elif rule is not None and rule.name:
        words = Words(f"day off: {rule.name}", f"休息日：{rule.name}")
    else:
        words = Words("day off", "休息日") if weekday else Words("day off: weekend", "休息日：周末")
    is_official = rule.is_official if rule is not None else calendar.is_ordinary_official
    if is_official:
        return words
    return Words(f"{words.en} (provisional: no notice yet)", f"{words.zh}（暂定：尚无放假通知）")


def _hours(schedule: Schedule, day: date) -> Words:
    """What the calendar says of a day, and the office hours of a worked one."""
    words, sessions = _about(schedule, day), schedule.sessions(day)
    if not sessions:
        return words
    hours = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in sessions)
    return Words(f"{words.en}, {hours}", f"{words.zh}，{hours}")
