"""The runs of a subject's clocks: from what starts each to what stops it, moment by moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.case import EXCLUDED
from streams.domain.clock_rules import ClockRule, ClockTable
from streams.domain.events import DECIDED, ONCE, ONCE_A_ROUND, REOPENED
from streams.domain.outlines import Moment
from streams.domain.worktime import Schedule

ACCEPTED, FINISHED = "case.accepted", "case.finished"
#: After these no clock begins that they stop: papers corrected later are no application, steps after the end no work.
FINAL = frozenset({ACCEPTED, DECIDED, FINISHED})
#: What stops a run though it is dated before the start: a subject comes to it once. Clocks differ, and some tell days.
ENDS = (
    ONCE
    | FINAL
    | {"case.not_accepted", "bundle.completed", "ledger.closed", "ledger.ended"}
    | {"payout.approved", "payout.rejected", "payout.paid"}
)


class Run(Struct, frozen=True):
    """One run of a clock: from a start to its stop, if there was one. `cleared_at`: when its signals ended.

    `gaps`: from a finish that ended it unanswered to the reopening that took the finish back.
    `is_judged`: it was answered, or may be yet; what was withdrawn, refused at the counter or closed without it was not.
    """

    rule: ClockRule
    start: Moment
    stop: Moment | None = None
    cleared_at: datetime | None = None
    is_judged: bool = True
    gaps: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def stopped_at(self) -> datetime | None:
        return None if self.stop is None else self.stop.at

    @property
    def key(self) -> Any:
        """By what runs of one clock are told apart."""
        return getattr(self.start.data, self.rule.each, None) if self.rule.each else None

    @property
    def place(self) -> tuple[str, Any]:
        """Of the runs of one place one goes on at a time."""
        return (self.rule.clock_id, self.key)

    def is_concerned_by(self, moment: Moment) -> bool:
        """A statement without the field by which runs are told apart concerns all of them."""
        if not self.rule.each:
            return True
        own = getattr(moment.data, self.rule.each, None)
        return own is None or own == self.key

    def limited_by(self, moment: Moment) -> "Run":
        """The same run with the limit that another statement gives."""
        return replace(self, start=replace(self.start, data=moment.data))

    def over(self, stop: Moment) -> "Run":
        """Stopped: judged if that was an answer."""
        is_judged = stop.type in self.rule.stop and not _is_excluded(stop)
        return Run(self.rule, self.start, stop, stop.at, is_judged, self.gaps)

    def resumed(self, reopened_at: datetime) -> "Run":
        """Not over after all: what a finish had ended without an answer leaves out the time until it was taken back."""
        gaps = self.gaps
        if self.stop is not None and self.stop.type == FINISHED and self.rule.is_ended_by(self.stop):
            gaps = (*gaps, (self.stop.at, reopened_at))
        return Run(self.rule, self.start, gaps=gaps)


def runs_of(
    table: ClockTable,
    moments: Sequence[Moment],
    matter_code: str | None,
    schedule: Schedule,
    *,
    deemed_at: datetime | None = None,
) -> list[Run]:
    """Every run of every clock that has a limit, in the order of their starts.

    None begins after what ends it for good (`FINAL`), unless the case was reopened. `deemed_at`: when the acceptance came
    about by default.
    """
    course = _Course(table, moments, matter_code, schedule, deemed_at)
    for place in range(len(moments)):
        course.take(place)
    found = [*course.found, *course.running.values()]
    if course.is_excluded:
        found = [_unjudged(run) for run in found]
    found = [_cleared(run, moments) if run.rule.cleared_by else run for run in found]
    return sorted(found, key=lambda run: (run.start.at, run.rule.clock_id)) if len(found) > 1 else found


class _Course:
    """What runs, what has run, and what is over for good, as moment follows moment."""

    def __init__(
        self,
        table: ClockTable,
        moments: Sequence[Moment],
        matter_code: str | None,
        schedule: Schedule,
        deemed_at: datetime | None,
    ) -> None:
        self._table, self._moments, self._deemed_at = table, moments, deemed_at
        self._matter_code, self._schedule = matter_code, schedule
        self.running: dict[tuple[str, Any], Run] = {}
        self.found: list[Run] = []
        self.is_excluded = False  # it ended without an answer
        self._final: list[Moment] = []
        self._reopened = 0  # before this place everything was of an earlier round
        self._earlier = 0  # … and before this one of what was found

    def take(self, place: int) -> None:
        """The moment at this place; all before it were taken."""
        moment = self._moments[place]
        if self.running:
            self._stop(moment)
        if moment.type in FINAL:
            self._final.append(moment)
            self.is_excluded = self.is_excluded or _is_excluded(moment)
        elif moment.type == REOPENED:
            self.is_excluded = False
            self._reopen(moment.at)
            self._reopened, self._earlier = place, len(self.found)
        starting = self._table.starting.get(moment.type)
        if starting is not None:
            for clock_id in starting:
                self._start(clock_id, place)

    def _stop(self, moment: Moment) -> None:
        """Ends the runs that it ends; one that it begins anew ends, too, and one that it takes back vanishes."""
        for place, run in list(self.running.items()):
            rule = run.rule
            if not run.is_concerned_by(moment):
                continue
            if rule.is_stopped_by(moment):
                del self.running[place]
                self.found.append(run.over(moment))
            elif moment.type in rule.restart:
                self.found.append(replace(run, stop=moment, cleared_at=moment.at))
                anew = self._rule(rule.clock_id, moment) or rule
                self.running[place] = Run(anew, Moment(moment.type, moment.at, moment.record_key, run.start.data))
            elif moment.type in rule.void:
                del self.running[place]
            elif moment.type == run.start.type and moment.type in ONCE_A_ROUND:  # decided anew, which begins it anew
                del self.running[place]
                self.found.append(replace(run, stop=moment, cleared_at=moment.at, is_judged=False))

    def _reopen(self, at: datetime) -> None:
        """The acceptance stands. What goes on, and what the finish had ended without an answer, is not stopped after all."""
        self._final = [one for one in self._final if one.type == ACCEPTED]
        last = {run.place: run for run in self.found}
        for place, run in last.items():
            if place not in self.running and (run.rule.goes_on or _is_ended_by_finish(run)):
                self.found.remove(run)
                self.running[place] = run.resumed(at)

    def _start(self, clock_id: str, place: int) -> None:
        moment = self._moments[place]
        rule = self._rule(clock_id, moment)
        if rule is None or moment.type not in rule.start or self._is_over(rule, moment):
            return
        if rule.is_started_by(moment.data):
            run = Run(rule, moment)
            before = self.running.get(run.place)
            if before is not None:  # nothing new, but the limit: an acceptance is heard before the application
                if moment.type == ACCEPTED and rule.limit_field:
                    self.running[run.place] = before.limited_by(moment)
            else:
                stop = self._early_stop(run, self._moments[self._reopened : place])
                if stop is None:
                    self.running[run.place] = run
                else:
                    self.found.append(run.over(stop))

    def _rule(self, clock_id: str, moment: Moment) -> ClockRule | None:
        return self._table.rule_on(clock_id, self._matter_code, self._schedule.local_date(moment.at))

    def _is_over(self, rule: ClockRule, moment: Moment) -> bool:
        """Whether what the clock waits for has been there before it could begin.

        An acceptance begins what it begins, whatever was told of an earlier instant, but once.
        """
        if moment.type == ACCEPTED and not any(run.rule.clock_id == rule.clock_id for run in self.found):
            return False
        if self._deemed_at is not None and moment.at >= self._deemed_at and ACCEPTED in rule.stop:
            return True
        return bool(self._final) and any(map(rule.is_stopped_by, self._final))

    def _early_stop(self, run: Run, before: Sequence[Moment]) -> Moment | None:
        """What stopped the first run of its place in this round before it began."""
        early = [one for one in before if one.type in run.rule.stop and (one.type in ENDS or run.rule.each)]
        if not early or any(other.place == run.place for other in self.found[self._earlier :]):
            return None
        return next((one for one in early if run.is_concerned_by(one)), None)


def _is_excluded(moment: Moment) -> bool:
    """Whether a case ended by it without an answer."""
    return getattr(moment.data, "result", None) in EXCLUDED


def _is_ended_by_finish(run: Run) -> bool:
    return run.stop is not None and run.stop.type == FINISHED and FINISHED in run.rule.ended_by


def _unjudged(run: Run) -> Run:
    """The run of a case that was decided, and then withdrawn or void: that was no answer."""
    is_decided = run.stop is not None and run.stop.type == DECIDED
    return replace(run, is_judged=False) if is_decided else run


def _cleared(run: Run, moments: Sequence[Moment]) -> Run:
    """The run with the first moment, at its stop or after, that ends its signals."""
    stop = run.stopped_at
    after = [moment.at for moment in moments if moment.type in run.rule.cleared_by and stop and moment.at >= stop]
    return replace(run, cleared_at=min(after, default=None))
