"""How a case is read: its start, its two core clocks, what follows from them, and its other clocks (`docs/reading-a-case.md`)."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from msgspec.structs import replace

from streams.domain import measures, signals, stages, statements
from streams.domain.alert_rules import AlertRule, Scope
from streams.domain.case import EXCLUDED, fold
from streams.domain.case_clocks import CaseClocks
from streams.domain.clock_rules import CORE, ClockTable
from streams.domain.clocks import Clock, Start, length_in_workdays
from streams.domain.findings import Situation, findings
from streams.domain.measures import Cell, Contribution
from streams.domain.moments import in_order, moments_of
from streams.domain.pauses import NEVER
from streams.domain.readings import Reading
from streams.domain.rulebook import Rulebook
from streams.domain.rulers import MICROSECOND, BusinessRuler, WorkdayRuler, counted
from streams.domain.subject import Entry, Subject
from streams.domain.timers import timers_of
from streams.domain.worktime import Schedule


class CaseReader:
    """One reading of a case in the making: what several of its parts need, worked out once."""

    def __init__(
        self, subject: Subject, rulebook: Rulebook, as_of: datetime, *, entries: list[Entry], pending: list[datetime]
    ) -> None:
        self.subject, self.rulebook, self.as_of = subject, rulebook, as_of
        self.entries, self.pending = entries, pending
        self.ordered = in_order(entries)
        self.facts = facts = fold(self.ordered)
        told = facts.accepted or facts.applied
        self.unit_code = facts.moved_to or (told.unit_code if told else None)
        self.matter_code = told.matter_code if told else None
        self.area_code = _first(*(about.area_code for about in (facts.accepted, facts.applied) if about is not None))
        self.schedule: Schedule = rulebook.schedule_of(self.unit_code, self.area_code, subject.authority)
        self.core = CaseClocks(
            facts,
            rulebook,
            schedule=self.schedule,
            law=rulebook.authority(subject.authority),
            matter_code=self.matter_code,
            as_of=as_of,
        )
        self.start = self.core.start

    def reading(self) -> Reading:
        return self._with_other_clocks(self._with_core_clocks(self.start) if self.start else self._without_clock())

    def _with_core_clocks(self, start: Start) -> Reading:
        facts, as_of = self.facts, self.as_of
        promise, base, statutory = self.core.promise, self.core.base, self.core.statutory
        rules = self._alerts(start.at)
        course = signals.courses(
            promise, statutory, {rule.rule_id: rule for clock_id in CORE for rule in rules.get(clock_id, ())}
        )
        exclusion = facts.result if facts.result in EXCLUDED and facts.stopped_at is not None else None
        is_overdue = promise.is_broken if promise is not None else False
        is_past_statutory = statutory.is_broken if statutory is not None else False
        judged = promise is not None and facts.stopped_at is not None and exclusion is None
        gross, used_workdays, used_minutes = self._used(start, promise or statutory)
        compared = (
            length_in_workdays(base) if base is not None else None,
            length_in_workdays(promise) if promise is not None else None,
        )
        due_dates = [None if clock is None else (clock.due_at, clock.due_on) for clock in (promise, statutory)]
        promise_due, statutory_due = ((None, None) if due is None else due for due in due_dates)
        return Reading(
            as_of=as_of,
            state=self._state(promise or statutory),
            unit_code=self.unit_code,
            matter_code=self.matter_code,
            area_code=self.area_code,
            accepted_at=start.at,
            is_deemed_accepted=start.deemed_at is not None,
            stopped_at=facts.stopped_at,
            result=facts.result,
            exclusion_reason=exclusion,
            promise=promise,
            statutory=statutory,
            promise_due_at=promise_due[0],
            promise_due_on=promise_due[1],
            statutory_due_at=statutory_due[0],
            statutory_due_on=statutory_due[1],
            is_provisional_due=any(clock.is_provisional for clock in (promise, statutory) if clock is not None),
            gross_workdays=gross,
            used_workdays=used_workdays,
            used_minutes=used_minutes,
            is_on_time=promise.is_on_time if judged and promise is not None else None,
            is_overdue=is_overdue,
            is_past_statutory=is_past_statutory,
            signals=signals.at(
                course,
                as_of,
                subject=(self.subject.family, self.subject.key),
                start_key=start.record_key,
            ),
            findings=self._findings(statutory, compared),
            contribution=self._contribution(
                promise, exclusion, used_workdays, compared, is_overdue=is_overdue, is_past=is_past_statutory
            ),
            wake_at=self._wake_at(course, (promise, statutory)),
        )

    def _with_other_clocks(self, core: Reading) -> Reading:
        """The reading with the runs of all other clocks, and what single statements say."""
        table = self.rulebook.clocks["case"]
        moments = moments_of(self.ordered, _wanted(table))
        timers = timers_of(
            table.runs(moments, self.matter_code, self.schedule),
            schedule=self.schedule,
            alerts=self._alerts,
            pausing=lambda _, days: self.core.paused(days),
            as_of=self.as_of,
        )
        told = statements.climbs(
            statements.Scene(moments, core, self.ordered, self.core.matter),
            self._alerts(self.start.at if self.start is not None else self.as_of),
        )
        if not timers.clocks and not told:
            return core
        climbs = [*timers.climbs, *told]
        wakes = [*timers.wakes(self.as_of), *stages.wakes(told, self.as_of)]
        return replace(
            core,
            clocks=timers.clocks,
            signals=core.signals + stages.at(climbs, self.as_of, subject=(self.subject.family, self.subject.key)),
            contribution=core.contribution + timers.contribution(self._cell),
            wake_at=min([*wakes, *([core.wake_at] if core.wake_at else [])], default=None),
        )

    def _alerts(self, start: datetime) -> Mapping[str, tuple[AlertRule, ...]]:
        """The alert rules for a clock that starts then."""
        scope = Scope(self.unit_code or "", self.matter_code or "", self.subject.authority)
        return self.rulebook.alerts.on(scope, self.schedule.local_date(start))

    # ------------------------------------------------------------------ figures

    def _used(self, start: Start, clock: Clock | None) -> tuple[int, int, int]:
        """(gross working days, used working days, used whole minutes) up to the stop or now."""
        end = self.facts.stopped_at or self.as_of
        days, minutes = WorkdayRuler(self.schedule), BusinessRuler(self.schedule)
        paused = clock.paused if clock is not None else NEVER
        first, last = days.place(start.at), days.place(end)
        used, _ = counted(days, paused.dates, first, last)
        used_us, _ = counted(minutes, paused.instants, start.at, end)
        return max(0, days.count(last) - days.count(first)), used, used_us // 60_000_000

    def _state(self, clock: Clock | None) -> str:
        facts = self.facts
        if self.start is None and facts.not_accepted_at is not None:
            return "not_accepted"
        if facts.finished_at is not None:
            return "finished"
        if facts.stopped_at is not None:
            return "decided"
        if self.start is not None:
            is_paused = clock is not None and any(pause.ended_at is None for pause in clock.pauses)
            return "paused" if is_paused else "accepted"
        if facts.is_correcting:
            return "correcting"
        if facts.received_at is not None:
            return "received"
        return "applied" if facts.applied is not None else "unknown"

    def _without_clock(self) -> Reading:
        """A case that was never accepted: not yet, not at all, or finished without."""
        facts = self.facts
        is_refused = facts.not_accepted_at is not None
        exclusion = "not_accepted" if is_refused else (facts.result if facts.result in EXCLUDED else None)
        ended_at = facts.not_accepted_at or facts.stopped_at
        contribution: Contribution = ()
        if ended_at is not None:
            measured = measures.values(cases=1, excluded=int(exclusion is not None))
            contribution = ((self._cell("finished", ended_at), measured),)
        deeming = [self.core.deeming_at] if self.core.deeming_at is not None else []
        return Reading(
            as_of=self.as_of,
            state=self._state(None),
            unit_code=self.unit_code,
            matter_code=self.matter_code,
            area_code=self.area_code,
            stopped_at=ended_at,
            result="not_accepted" if is_refused else facts.result,
            exclusion_reason=exclusion,
            findings=self._findings(None, (None, None)),
            contribution=contribution,
            wake_at=min([*self.pending, *deeming], default=None),
        )

    def _findings(self, statutory: Clock | None, compared: tuple[int | None, int | None]) -> tuple[str, ...]:
        situation = Situation(
            facts=self.facts,
            start=self.start,
            entries=self.entries,
            limit=compared[0],
            promise=compared[1],
            is_matter_known=self.matter_code is None or self.rulebook.has_matter(self.matter_code),
            is_marked=self.rulebook.is_marked(self.subject.authority),
        )
        found = findings(situation)
        return tuple(sorted(found.union(statutory.findings) if statutory is not None else found))

    # ------------------------------------------------------------------ measures and the next change

    def _contribution(
        self,
        promise: Clock | None,
        exclusion: str | None,
        used: int,
        compared: tuple[int | None, int | None],
        *,
        is_overdue: bool,
        is_past: bool,
    ) -> Contribution:
        assert self.start is not None
        stopped_at = self.facts.stopped_at
        is_open = stopped_at is None
        accepted = measures.values(
            cases=1, open=int(is_open), open_overdue=int(is_open and is_overdue), excluded=int(exclusion is not None)
        )
        cells = [(self._cell("accepted", self.start.at), accepted)]
        if stopped_at is not None:
            ended = measures.values(
                cases=1,
                excluded=int(exclusion is not None),
                overdue=int(is_overdue),
                past_statutory=int(is_past),
                **(
                    {}
                    if exclusion is not None
                    else measures.judged(
                        used,
                        *compared,
                        is_promised=promise is not None,
                        is_on_time=promise is not None and promise.is_on_time is True,
                    )
                ),
            )
            cells.append((self._cell("finished", stopped_at), ended))
        return tuple(cells)

    def _cell(self, cohort: str, instant: datetime, clock_id: str = "") -> Cell:
        return Cell(
            self.subject.authority,
            self.unit_code or "",
            self.matter_code or "",
            self.area_code or "",
            cohort,
            self.schedule.local_date(instant),
            clock_id,
        )

    def _wake_at(self, course: list[signals.Course], clocks: tuple[Clock | None, ...]) -> datetime | None:
        instants = [*self.pending, *signals.wakes(course, self.as_of)]
        if self.facts.stopped_at is None:
            for clock in clocks:
                if clock is not None:
                    instants += [pause.cap_at for pause in clock.pauses if pause.cap_at is not None]
                    if (due_at := clock.due_at) is not None:
                        instants.append(due_at if clock.counts_days else due_at + MICROSECOND)
        return min((instant for instant in instants if instant > self.as_of), default=None)


@lru_cache(16)
def _wanted(table: ClockTable) -> frozenset[str]:
    """The types that the other clocks and the rules about statements look at."""
    return frozenset(table.listening) | statements.TYPES


def _first(*candidates: str | None) -> str | None:
    return next((candidate for candidate in candidates if candidate is not None), None)
