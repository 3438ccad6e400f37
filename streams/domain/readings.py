"""What is so at an instant: the value that `read()` returns."""

from datetime import date, datetime

from msgspec import Struct

from streams.domain.children import Child
from streams.domain.clocks import Clock
from streams.domain.measures import Contribution
from streams.domain.signals import Signal


class Reading(Struct, frozen=True, kw_only=True):
    """What is so at `as_of`. Instants are UTC; `used_*` are whole; ratios are left to those who publish them."""

    as_of: datetime
    state: str
    unit_code: str | None = None
    matter_code: str | None = None
    area_code: str | None = None
    accepted_at: datetime | None = None
    is_deemed_accepted: bool = False
    stopped_at: datetime | None = None
    result: str | None = None
    exclusion_reason: str | None = None
    promise: Clock | None = None  # of other families: the family's main clock
    statutory: Clock | None = None
    clocks: tuple[Clock, ...] = ()  # every other run of a clock
    clock_workdays: tuple[int, ...] = ()  # the working days each of those has used
    promise_due_at: datetime | None = None
    promise_due_on: date | None = None
    statutory_due_at: datetime | None = None
    statutory_due_on: date | None = None
    is_provisional_due: bool = False
    gross_workdays: int | None = None
    used_workdays: int | None = None
    used_minutes: int | None = None
    is_on_time: bool | None = None
    is_overdue: bool = False
    is_past_statutory: bool = False
    signals: tuple[Signal, ...] = ()
    findings: tuple[str, ...] = ()
    contribution: Contribution = ()
    wake_at: datetime | None = None
    child: Child | None = None  # what it tells its bundle
