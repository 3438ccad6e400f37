"""Why a day counts or does not, in English and Chinese: what the calendar, the ruler and the pauses say of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from streams.domain.clocks import Clock
from streams.domain.pauses import Pause
from streams.domain.rulers import NaturalDayRuler, WallRuler
from streams.domain.worktime import Schedule

#: Code of a special procedure → its Chinese name; a code without one is told as it is.
Names = Mapping[str, str]
DAY = timedelta(days=1)


class Words(NamedTuple):
    """One reason in both languages."""

    en: str = ""
    zh: str = ""

    def and_(self, other: "Words") -> "Words":
        return Words(
            "; ".join(text for text in (self.en, other.en) if text),
            "；".join(text for text in (self.zh, other.zh) if text),
        )


NOTHING = Words()
DAY_ZERO = Words("day 0: the day of the start is not counted (民法典 201)", "开始当日不计入（民法典第201条）")
LAST_DAY = Words("the last day", "期限最后一日")
ROLLED = Words(
    "the limit is reached on a day off: it runs out on the next working day (民法典 203)",
    "期限届满日为休息日，顺延至下一工作日（民法典第203条）",
)
HELD = Words(
    "the limit is reached while a pause is on: it runs out when the pause ends",
    "期限届满时正在暂停，于暂停结束之日到期",
)
LATE = Words(
    "the limit is reached: pauses that began later move where it runs out (this authority's reading)",
    "期限届满：其后开始的暂停仍使到期日顺延（本机构口径）",
)
AFTER_STOP = Words("after the stop: not used, shown for the due date", "停表之后：不计入已用，仅为列明到期日")
TO_COME = Words("still to come: shown for the due date", "尚未到来：仅为列明到期日")


def of_day(clock: Clock, day: date) -> Words:
    """What a day counts as on a clock of days, pauses aside."""
    about = of_calendar(clock.schedule, day)
    if not isinstance(clock.ruler, NaturalDayRuler):
        return about
    every = Words("every day counts", "自然日逐日计算")
    return every if clock.schedule.calendar.is_workday(day) else every.and_(about)


def of_hours(clock: Clock, day: date) -> Words:
    """What counts of a day on a clock of minutes, pauses aside: the office hours, or all of it."""
    if isinstance(clock.ruler, WallRuler):
        return Words("every hour counts, day and night", "昼夜连续计时")
    schedule = clock.schedule
    words, sessions = of_calendar(schedule, day), schedule.sessions(day)
    if not sessions:
        return words
    hours = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in sessions)
    return Words(f"{words.en}, {hours}", f"{words.zh}，{hours}")


def of_calendar(schedule: Schedule, day: date) -> Words:
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


def of_pause_on(clock: Clock, day: date, names: Names) -> Words:
    """Which pause takes a local day from a clock of days."""
    for pause in clock.pauses:
        first, last = _days_of(pause, clock.schedule)
        if first < day and (last is None or day <= last):
            return of_pause(pause, names)
    return Words("paused", "暂停计时")


def of_pause_between(clock: Clock, begin: datetime, end: datetime, names: Names) -> Words:
    """Which pauses take something of (begin, end] from a clock of minutes, and from when to when."""
    words, zone = NOTHING, clock.schedule.zone
    for pause in clock.pauses:
        low = max(pause.started_at, begin)
        high = end if pause.ended_at is None else min(pause.ended_at, end)
        if low < high:
            what, hours = of_pause(pause, names), f"{low.astimezone(zone):%H:%M:%S}–{until(clock, high)}"
            words = words.and_(Words(f"not counted {hours}: {what.en}", f"{hours} 不计入：{what.zh}"))
    return words


def of_pause(pause: Pause, names: Names) -> Words:
    """What stands between a clock and the time, with its legal basis."""
    match pause.kind, pause.reason:
        case "excluded", _:
            what = Words("from the stop to the reopening", "办结至重开期间")
        case _, "idle":
            what = Words("no part of it was under way", "各阶段均未办理")
        case _, reason:
            what = Words(f"paused ({reason})", f"特别程序（{names.get(reason, reason)}）")
    return Words(f"{what.en}, {pause.basis}", f"{what.zh}，{pause.basis}") if pause.basis else what


def of_delay(clock: Clock, day: date) -> Words:
    """Why a limit in days that is reached does not run out on that day."""
    is_held = any(begin <= day and (end is None or day < end) for begin, end in clock.paused.standing)
    return HELD if is_held else LATE


def of_excess(clock: Clock, day: date, names: Names) -> Words:
    """A pause was told to last no longer than to a day before this, and still went on: such days count again."""
    for pause in clock.pauses:
        if pause.is_capped and pause.ended_on is not None and pause.ended_on < day:
            told = pause.told_ended_at
            if told is None or day <= clock.schedule.local_date(told):
                last = f"{pause.ended_on:%Y-%m-%d}"
                return Words(
                    f"{pause.reason} declared until {last}: counted again",
                    f"{names.get(pause.reason, pause.reason)}告知至{last}，超出部分恢复计时",
                )
    return NOTHING


def since(clock: Clock, instant: datetime) -> Words:
    """Where a part of a day begins."""
    at = f"{instant.astimezone(clock.schedule.zone):%H:%M:%S}"
    return Words(f"from {at}", f"自{at}起")


def runs_out(clock: Clock) -> Words:
    """Where a clock of minutes runs out."""
    if clock.due_at is None:
        return NOTHING
    if clock.due_at < clock.start.at:
        on = f"{clock.due_at.astimezone(clock.schedule.zone):%Y-%m-%d %H:%M:%S}"
        return Words(f"ran out before the start, {on}", f"{on} 即开始之前已到期")
    at = until(clock, clock.due_at)
    return Words(f"runs out at {at}", f"{at} 到期")


def until(clock: Clock, instant: datetime) -> str:
    """The time of day at which something ends; midnight is 24:00:00."""
    local = f"{instant.astimezone(clock.schedule.zone):%H:%M:%S}"
    return "24:00:00" if local == "00:00:00" else local


def _days_of(pause: Pause, schedule: Schedule) -> tuple[date, date | None]:
    """The local days of a pause as (after, up to and with]; None: open."""
    first = schedule.local_date(pause.started_at) - pause.takes_first_day * DAY
    last = pause.ended_on or (schedule.local_date(pause.ended_at) if pause.ended_at is not None else None)
    return first, last
