"""Limits: how long a unit may take, in the units that law and catalogue use."""

from calendar import monthrange
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Unit = Literal["workday", "day", "month", "hour", "minute", "halfday", "onspot"]

#: 工作日, 日, 月, 小时, 分钟, 半日, 当场
UNITS: tuple[str, ...] = ("workday", "day", "month", "hour", "minute", "halfday", "onspot")


#: The longest limits: 5,000 working days are twenty years, and as long may months be. No law waits longer, and whatever
#: was told before 2100 is then due on a day that the calendars have.
MOST, MOST_MONTHS = 5000, 240


class Limit(Struct, frozen=True, gc=False):
    """So many of a unit; `onspot` (当场) is the day itself and has the value 0."""

    value: Annotated[int, Meta(ge=0, le=MOST)] = 0
    unit: Unit = "workday"


class Span(Struct, frozen=True):
    """What a clock measures against: a limit, or an instant given by the source; `due_on`: the day whose 24:00 that is."""

    limit: Limit | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    includes_pauses: bool = False
    is_wall_time: bool = False


def is_too_long(value: int, unit: str) -> bool:
    """Whether no law has a limit of so many."""
    return value > (MOST_MONTHS if unit == "month" else MOST)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of the month where there is none (民法典 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
