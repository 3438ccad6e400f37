"""The truth of a subject at the end of the simulation, from what was drawn."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from connectors.sources.simulated.days import Days, day_text, text
from connectors.sources.simulated.plan import DAY, Instant

#: (number of the working day it begins on, working days not counted; None: it still goes on).
Standstill = tuple[int, int | None]


class ClockTruth(Struct, frozen=True, omit_defaults=True, gc=False):
    """One run of a clock other than a case's promise and statutory limit; `start_key`: the record that began it."""

    clock_id: str
    start_key: str
    started_at: str
    stopped_at: str | None
    due_at: str | None
    due_on: str | None
    used_workdays: int
    is_broken: bool


class SignalTruth(Struct, frozen=True, omit_defaults=True, gc=False):
    """A warning or breach that stands, or (with `until`) stood."""

    signal_key: str
    rule_id: str
    level: str
    clock_id: str
    since: str
    until: str | None
    due_at: str | None


class SpanTruth(Struct, frozen=True, omit_defaults=True, gc=False):
    """A stretch of a case's promise or statutory limit."""

    clock_id: str
    kind: str
    started_at: str
    ended_at: str
    workdays: int


class Truth(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of `truth.jsonl`; what is not there is null.

    `accepted_at` of cases, `started_at` of others. `promise_due_on` of clocks of days, `promise_due_at` of clocks of
    instants. `used_workdays` and `is_on_time` only once stopped. `statutory_due_on`, `is_past_statutory`: of cases, with
    the extension. `clocks`: all others; `signals`: all that were raised and are not withdrawn.
    """

    family: str
    subject_key: str
    as_of: str
    accepted_at: str | None = None
    started_at: str | None = None
    stopped_at: str | None = None
    promise_due_on: str | None = None
    promise_due_at: str | None = None
    used_workdays: int | None = None
    is_on_time: bool | None = None
    statutory_due_on: str | None = None
    is_past_statutory: bool = False
    is_deleted: bool = False
    unit_code: str | None = None
    matter_code: str | None = None
    area_code: str | None = None
    result: str | None = None
    findings: tuple[str, ...] = ()
    clocks: tuple[ClockTruth, ...] = ()
    signals: tuple[SignalTruth, ...] = ()
    spans: tuple[SpanTruth, ...] = ()


encode_truth = msgspec.json.Encoder().encode


class Verdict(Struct, frozen=True):
    """How a clock stands: its due date or instant, and whether it was, or is, broken."""

    due_on: str | None = None
    due_at: str | None = None
    is_broken: bool = False


UNLIMITED = Verdict()


def due_number(start: int, limit: int, *, standstills: Iterable[Standstill]) -> int | None:
    """The number of the last working day; None while something that may move it still goes on.

    A standstill moves the due date if it begins on or before it (行政许可法 45; `docs/reading-a-case.md` §4).
    """
    due = start + limit
    for begin, length in standstills:
        if begin > due:
            break
        if length is None:
            return None
        due += length
    return due


def judge_days(
    days: Days,
    start: Instant,
    *,
    limit: int,
    stop: Instant | None,
    end: Instant,
    standstills: Iterable[Standstill] = (),
) -> Verdict:
    """A clock of working days: broken once its last day is over (行政许可法 82, 民法典 201)."""
    number = due_number(days.number(start), limit, standstills=standstills)
    if number is None:
        return UNLIMITED
    day = days.day(number)
    return Verdict(due_on=day_text(day), is_broken=(end if stop is None else stop) // DAY > day)


def judge_instant(due_at: Instant, *, stop: Instant | None, end: Instant) -> Verdict:
    """A clock with a due instant: broken after it."""
    return Verdict(due_at=text(due_at), is_broken=(end if stop is None else stop) > due_at)
