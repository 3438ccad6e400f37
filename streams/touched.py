"""Touched: the days on whose calendar a reading depends; a notice about any other day cannot alter it."""

from datetime import date, datetime, timedelta

from streams.domain.reading import Reading
from streams.domain.subject import EPOCH, Subject

A_DAY = timedelta(days=1)


def touched_days(subject: Subject, reading: Reading) -> tuple[date, date]:
    """The first and the last day, with one to spare on each side for whatever zone its office lives in.

    Working days are counted between a reading's own instants: what was told, starts, stops and due dates, the instant
    of reading while anything runs, and the next at which anything changes. What lies behind that has not happened yet.
    """
    instants = [*_told(subject), *_of_clocks(reading)]
    instants += [instant for instant in (reading.accepted_at, reading.stopped_at, reading.wake_at) if instant]
    if not instants or not _is_settled(reading):
        instants.append(reading.as_of)
    return (min(instants) - A_DAY).date(), (max(instants) + A_DAY).date()


def _told(subject: Subject) -> list[datetime]:
    """When the first and the last thing was told to have happened."""
    told = [entry.at_us for entry in subject.entries.values()]
    return [EPOCH + timedelta(microseconds=us) for us in (min(told), max(told))] if told else []


def _of_clocks(reading: Reading) -> list[datetime]:
    clocks = [clock for clock in (reading.promise, reading.statutory, *reading.clocks) if clock is not None]
    instants = [instant for clock in clocks for instant in (clock.start.at, clock.stopped_at, clock.due_at)]
    return [instant for instant in instants if instant is not None]


def _is_settled(reading: Reading) -> bool:
    """Whether nothing runs any more, so that the instant of reading plays no part."""
    has_ended = reading.stopped_at is not None and reading.wake_at is None
    return has_ended and all(clock.stopped_at is not None for clock in reading.clocks)
