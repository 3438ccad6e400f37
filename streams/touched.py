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
    instants = _of_clocks(reading)
    if reading.accepted_at is not None:
        instants.append(reading.accepted_at)
    if reading.stopped_at is not None:
        instants.append(reading.stopped_at)
    if reading.wake_at is not None:
        instants.append(reading.wake_at)
    if not instants or not _is_settled(reading):
        instants.append(reading.as_of)
    first, last = min(instants), max(instants)
    told = [entry.at_us for entry in subject.entries.values()]
    if told:
        first = min(first, EPOCH + timedelta(microseconds=min(told)))
        last = max(last, EPOCH + timedelta(microseconds=max(told)))
    return (first - A_DAY).date(), (last + A_DAY).date()


def _of_clocks(reading: Reading) -> list[datetime]:
    """Starts, stops and due dates."""
    instants = []
    for clock in (reading.promise, reading.statutory, *reading.clocks):
        if clock is not None:
            instants.append(clock.start.at)
            if clock.stopped_at is not None:
                instants.append(clock.stopped_at)
            if clock.due_at is not None:
                instants.append(clock.due_at)
    return instants


def _is_settled(reading: Reading) -> bool:
    """Whether nothing runs any more, so that the instant of reading plays no part."""
    has_ended = reading.stopped_at is not None and reading.wake_at is None
    return has_ended and all(clock.stopped_at is not None for clock in reading.clocks)
