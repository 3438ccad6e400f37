"""What is wrong with sources and units as wholes, and which signals stand of it. Pure.

AR-16 a source that is shut off, AR-17 back-entry, AR-18 silence, AR-19 an on-time rate that fell.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import sqrt

from msgspec import Struct

from streams.domain.alert_rules import AlertRule
from streams.domain.rulers import WorkdayRuler
from streams.domain.worktime import Schedule

# What holds where a rule's row says nothing else:
#: A case whose acceptance and finish arrive within so many minutes was entered afterwards (`reference` §4.5 补录率).
WITHIN_MINUTES = 10
#: So many times its usual gap may a source be silent.
GAPS = 3
#: A rate is worse than a year before when it is below this share of it.
WORSE_SHARE = Fraction(4, 5)
#: z of the 95 % interval.
Z = 1.96


class Entered(Struct, frozen=True):
    """A case as it came in: when its acceptance and its finish happened, and when each first arrived.

    No acceptance: nobody told it, or took it back, or when it first came is not known.
    """

    accepted_at: datetime | None
    finished_at: datetime
    accepted_arrival: datetime | None
    finished_arrival: datetime


class Heard(Struct, frozen=True):
    """A source: when it last told anything, and in how many different minutes of so many office minutes it did before."""

    last_at: datetime
    told_minutes: int
    office_minutes: int


class Unheard(Struct, frozen=True):
    """A source that never told anything: since when it is registered, and how often it was said to tell something."""

    registered_at: datetime
    rhythm: timedelta


class Kept(Struct, frozen=True):
    """Finished cases with a promise over three full months, and those that kept it; and a year before."""

    judged: int
    on_time: int
    judged_before: int = 0
    on_time_before: int = 0


class ShutOff(Struct, frozen=True):
    """A quarantine of a source: which, since when, and that `bad` of `told` messages could not be taken."""

    number: int
    since: datetime
    bad: int
    told: int


class Objection(Struct, frozen=True):
    """Why a source or unit is objected to, since when, and what tells this objection from a later one.

    `is_lasting`: as long as a signal of it stands it is that one, with whatever start it would begin now.
    """

    start_key: str
    since: datetime
    detail: str
    is_lasting: bool = False


class Found(Struct, frozen=True):
    """An objection, by which rule, and whom it concerns (`family`: `source` or `unit`)."""

    rule: AlertRule
    family: str
    subject_key: str
    authority: str
    unit_code: str | None
    objection: Objection


class Standing(Struct, frozen=True):
    """A signal that stands: its key, and the rule and subject it is about."""

    key: str
    rule_id: str
    family: str
    subject_key: str


def settle(standing: Collection[Standing], found: Iterable[Found]) -> tuple[dict[str, Found], set[str]]:
    """What is to be raised, by signal key, and the keys of what is to be cleared; the rest stands as it is."""
    keys = {(one.rule_id, one.family, one.subject_key): one.key for one in standing}
    now = {}
    for one in found:
        lasting = keys.get((one.rule.rule_id, one.family, one.subject_key)) if one.objection.is_lasting else None
        now[lasting or _key(one)] = one
    stood = {one.key for one in standing}
    return {key: one for key, one in now.items() if key not in stood}, stood - now.keys()


def _key(found: Found) -> str:
    parts = (found.rule.rule_id, found.family, found.subject_key, found.objection.start_key)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def shut_off(quarantine: ShutOff) -> Objection:
    """AR-16, of a source: most of what it told could not be taken, so no door takes anything of it until its release."""
    detail = f"{quarantine.bad} of {quarantine.told} messages could not be taken"
    return Objection(str(quarantine.number), quarantine.since, detail)


class _Tally(Struct, frozen=True):
    """Of a unit's cases of a day: how many finished in the same second, and how many of how many were entered afterwards."""

    most: int
    late: int
    told: int


def back_entry(rule: AlertRule, cases: Collection[Entered], *, schedule: Schedule, day: date) -> Iterator[Objection]:
    """AR-17: many cases of a unit finished in one second, or a large share of a day's cases entered afterwards."""
    least, tally = rule.least_cases or 1, _tally(rule, cases, schedule)
    if tally.most >= least or (tally.told >= least and tally.late > rule.share * tally.told):
        since = max(case.finished_arrival for case in cases)
        detail = f"{tally.late} of {tally.told} cases entered afterwards, {tally.most} of {len(cases)} finished in one second"
        yield Objection(day.isoformat(), since, detail)


def may_be_back_entry(rule: AlertRule, cases: Collection[Entered], *, schedule: Schedule) -> bool:
    """Whether AR-17 could object once it is known which of the facts had come before; if not, nobody need look."""
    least, tally = rule.least_cases or 1, _tally(rule, cases, schedule)
    return tally.most >= least or tally.late > rule.share * least


def _tally(rule: AlertRule, cases: Collection[Entered], schedule: Schedule) -> _Tally:
    seconds = Counter(case.finished_at.replace(microsecond=0) for case in cases)
    within = timedelta(minutes=rule.within_minutes or WITHIN_MINUTES)
    judged = [_is_afterwards(case, within, schedule) for case in cases]
    return _Tally(max(seconds.values(), default=0), judged.count(True), len(judged) - judged.count(None))


def _is_afterwards(case: Entered, within: timedelta, schedule: Schedule) -> bool | None:
    """Whether it was entered afterwards; none where no acceptance was told."""
    if case.accepted_at is None or case.accepted_arrival is None:
        return None
    days = WorkdayRuler(schedule)
    lasted = days.count(days.place(case.finished_at)) - days.count(days.place(case.accepted_at))
    return abs(case.finished_arrival - case.accepted_arrival) <= within and lasted >= 1


def silence(rule: AlertRule, heard: Heard, *, schedule: Schedule, as_of: datetime) -> Iterator[Objection]:
    """AR-18: silent for longer than an office hour (`least_minutes`), and than three times its usual gap (`gaps`)."""
    usual = heard.office_minutes / max(1, heard.told_minutes)
    patience = max(rule.least_minutes or 0, (rule.gaps or GAPS) * usual)
    broken_at = schedule.business_at(schedule.business_us(heard.last_at) + round(patience * 60_000_000))
    if as_of >= broken_at:
        yield Objection(heard.last_at.isoformat(), broken_at, f"silent since {heard.last_at.isoformat()}")


def never_heard(rule: AlertRule, unheard: Unheard, *, schedule: Schedule, as_of: datetime) -> Iterator[Objection]:
    """AR-18: an office hour and three times its rhythm, by the wall clock, went by since it was registered."""
    office_us = (rule.least_minutes or 0) * 60_000_000
    patient_to = schedule.business_at(schedule.business_us(unheard.registered_at) + office_us)
    broken_at = max(patient_to, unheard.registered_at + (rule.gaps or GAPS) * unheard.rhythm)
    if as_of >= broken_at:
        start = unheard.registered_at.isoformat()
        yield Objection(start, broken_at, f"nothing told since its registration at {start}")


def fallen(rule: AlertRule, kept: Kept, *, month: date, since: datetime) -> Iterator[Objection]:
    """AR-19: even the upper bound of the rate lies below the wanted one, or it is far worse than a year before.

    It lasts from month to month until the rate recovers.
    """
    least, worse = rule.least_cases or 1, rule.worse_share or WORSE_SHARE
    if kept.judged < least:
        return
    rate, upper = kept.on_time / kept.judged, upper_bound(kept.on_time, kept.judged)
    if upper < rule.share:
        detail = f"{kept.on_time} of {kept.judged} on time: at most {upper:.1%}"
        yield Objection(month.isoformat(), since, detail, is_lasting=True)
    elif kept.judged_before >= least and rate < worse * kept.on_time_before / kept.judged_before:
        before = kept.on_time_before / kept.judged_before
        yield Objection(month.isoformat(), since, f"{rate:.1%} on time, a year before {before:.1%}", is_lasting=True)


def upper_bound(hits: int, total: int) -> float:
    """The upper bound of the Wilson score interval at 95 % (Wilson 1927)."""
    rate = hits / total
    spread = Z * sqrt((rate * (1 - rate) + Z * Z / (4 * total)) / total)
    return (rate + Z * Z / (2 * total) + spread) / (1 + Z * Z / total)
