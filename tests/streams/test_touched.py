"""A notice about days that a reading does not touch cannot alter it, whatever the case has lived through."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.domain.reading import read
from streams.domain.rulebook import Rulebook
from streams.domain.subject import join, new_subject
from streams.domain.worktime import DayRule, Schedule, WorkCalendar
from streams.touched import touched_days
from tests.domain.test_laws import INSTANTS, LIVES, entries, life, standing
from tests.rulebooks import shipped_rulebook

A_DAY = timedelta(days=1)


def other_notice(book: Rulebook, days) -> Rulebook:
    """The rulebook as if a notice said the opposite of these days, and not officially."""
    schedule = book.schedules["cn"]
    known = schedule.calendar
    rules = dict(known.rules) | {day: DayRule(not known.is_workday(day), is_official=False) for day in days}
    calendar = WorkCalendar("cn", rules, ordinary=known.ordinary, is_ordinary_official=known.is_ordinary_official)
    changed = Schedule("cn", calendar, schedule.seasons, schedule.zone)
    return replace(book, schedules={**book.schedules, "cn": changed})


def stored(reading):
    used = (reading.used_workdays, reading.used_minutes, reading.clock_workdays)
    return standing(reading), used


@given(LIVES, INSTANTS, st.integers(1, 60), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_notice_about_days_outside_leaves_the_reading_alone(seed, as_of, length, is_before):
    known = entries(life(seed))
    if not known:
        return
    book = shipped_rulebook()
    subject = join(new_subject("case", "jdz|1"), known)
    reading = read(subject, book, as_of)
    first, last = touched_days(subject, reading)
    days = [first - A_DAY * n if is_before else last + A_DAY * n for n in range(1, length + 1)]
    again = read(subject, other_notice(book, days), as_of)
    assert stored(again) == stored(reading)


@given(LIVES, INSTANTS)
@settings(max_examples=60, deadline=None)
def test_the_days_reach_from_the_first_event_to_the_last_instant(seed, as_of):
    known = entries(life(seed))
    if not known:
        return
    subject = join(new_subject("case", "jdz|1"), known)
    reading = read(subject, shipped_rulebook(), as_of)
    first, last = touched_days(subject, reading)
    assert first <= min(entry.at for entry in known).date()
    instants = (reading.promise_due_at, reading.statutory_due_at, reading.stopped_at, reading.wake_at)
    assert all(instant.date() < last for instant in instants if instant is not None)
