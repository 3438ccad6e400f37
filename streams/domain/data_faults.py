"""AR-16, faulty data: one signal for all that is wrong with the data of one subject, as every family can say it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from streams.domain.alert_rules import NO_LEVELS, Alerts
from streams.domain.findings import CLOCK_SKEW_US
from streams.domain.outlines import Moment
from streams.domain.stages import Climb, Step
from streams.domain.subject import Entry
from streams.domain.uscc import is_valid_uscc

RULE = "AR-16"
#: The one record by which all of it is known.
RECORD = "data"
#: Findings that make the data themselves doubtful.
DATA_FAULTS = frozenset({
    "stopped_before_start", "future_dated", "unknown_matter", "promise_above_limit", "limit_without_unit",
    "matter_not_in_force",
})  # fmt: skip


def of_reading(findings: Collection[str], ordered: Sequence[Entry], started_at: datetime | None) -> Iterator[datetime]:
    """Since when each finding about the data has been so."""
    for code in DATA_FAULTS.intersection(findings):
        match code:
            case "stopped_before_start" if started_at is not None:
                yield started_at
            case "future_dated":
                yield min(entry.at for entry in ordered if entry.at_us > entry.arrived_us + CLOCK_SKEW_US)
            case _:
                yield ordered[0].at


def of_companies(moments: Iterable[Moment]) -> Iterator[datetime]:
    """When a statement named a company by a code whose check character is wrong."""
    for moment in moments:
        code = getattr(moment.data, "uscc", None)
        if code is not None and not is_valid_uscc(code):
            yield moment.at


def climbs(faults: Iterable[datetime], alerts: Alerts) -> list[Climb]:
    """One climb of one step since the earliest fault, by the rule of its day; without a fault none: it is withdrawn."""
    since = min(faults, default=None)
    if since is None:  # nearly always
        return []
    return [Climb("", RECORD, (Step(rule, since),), None) for rule in alerts(since).get(RULE, NO_LEVELS)]
