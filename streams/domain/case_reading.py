"""How a case is read: its start, its two core clocks, what follows from them, and its other clocks (`docs/reading-a-case.md`)."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from streams.domain import children, measures, signals, stages, statements
from streams.domain.alert_rules import Levels, Scope
from streams.domain.case import EXCLUDED, TYPES, fold
from streams.domain.case_clocks import CaseClocks
from streams.domain.children import Child, child_of
from streams.domain.clock_rules import CORE, ClockTable
from streams.domain.clocks import Clock, Start, length_in_workdays
from streams.domain.findings import Situation, findings
from streams.domain.measures import Cell, Contribution
from streams.domain.moments import in_order, moments_of
from streams.domain.pauses import NEVER
from streams.domain.readings import Reading
from streams.domain.rulebook import Rulebook
from streams.domain.rulers import MICROSECOND, BusinessRuler, WorkdayRuler, counted
from streams.domain.stages import Climb
from streams.domain.subject import Entry, Subject
from streams.domain.timers import Timers, timers_of
from streams.domain.worktime import Schedule


class CaseReader:
    """One reading of a case in the making: what several of its parts need, worked out once."""

    def __init__(
        self, subject: Subject, rulebook: Rulebook, as_of: datetime, *, entries: list[Entry], pending: list[datetime]
    ) -> None:
        self.subject, self.rulebook, self.as_of = subject, rulebook, as_of
        self.entries, self.pending = entries, pending
        self.ordered = in_order(entries)
        self.moments, repeated = moments_of(self.ordered, _wanted(rulebook.clocks["case"]))
        self.facts = facts = fold(self.moments, repeated)
        told = facts.accepted or facts.applied
        self.unit_code = facts.moved_to or (told.unit_code if told else None)
        self.matter_code = told.matter_code if told else None
        self.area_code = _first(*(about.area_code for about in (facts.accepted, facts.applied) if about is not None))
        self.schedule: Schedule = rulebook.schedule_of(self.unit_code, self.area_code, subject.authority)
        self.core = CaseClocks(
            facts,
            rulebook,
            schedule=self.schedule,
            law=rulebook.authority(subject.authority).law,
            matter_code=self.matter_code,
            as_of=as_of,
        )
        self.start = self.core.start
        self._authority = subject.authority
        self._key = (subject.family, subject.key)
        self._scope = Scope(self.unit_code or "", self.matter_code or "", self._authority)

    def reading(self) -> Reading:
        return self._with_clocks(self.start) if self.start is not None else self._without_clock()

    def _with_clocks(self, start: Start) -> Reading:
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
        # a limit of 当场 is compared with, but nothing is a share of it
        measured = (None, compared[1]) if base is not None and base.is_on_the_spot else compared
        found = self._findings(statutory, compared)
        timers, told = self._others(found, stopped_at=facts.stopped_at)
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
            clocks=timers.clocks,
            clock_workdays=timers.used,
            promise_due_at=promise.due_at if promise is not None else None,
            promise_due_on=promise.due_on if promise is not None else None,
            statutory_due_at=statutory.due_at if statutory is not None else None,
            statutory_due_on=statutory.due_on if statutory is not None else None,
            is_provisional_due=(promise is not None and promise.is_provisional)
            or (statutory is not None and statutory.is_provisional),
            gross_workdays=gross,
            used_workdays=used_workdays,
            used_minutes=used_minutes,
            is_on_time=promise.is_on_time if judged and promise is not None else None,
            is_overdue=is_overdue,
            is_past_statutory=is_past_statutory,
            signals=signals.at(course, as_of, subject=self._key, start_key=start.record_key)
            + stages.at([*timers.climbs, *told], as_of, subject=self._key),
            findings=found,
            contribution=self._contribution(
                promise, exclusion, used_workdays, measured, is_overdue=is_overdue, is_past=is_past_statutory
            )
            + timers.contribution(self._cell),
            wake_at=self._wake_at(course, (promise, statutory), timers, told),
            child=self._child(),
        )

    def _others(self, found: tuple[str, ...], *, stopped_at: datetime | None) -> tuple[Timers, list[Climb]]:
        """The runs of all other clocks, and what single statements say under the rules in force."""
        timers = timers_of(
            self.core.runs(self.moments),
            schedule=self.schedule,
            alerts=self._alerts,
            pausing=self.core.left_out,
            as_of=self.as_of,
            following=self.core.following(),
            day_unit=self.core.day_unit,
        )
        scene = statements.Scene(
            self.moments,
            self.facts,
            found,
            self.ordered,
            self.core.matter if self.start is not None else self.core.matter_on(self.ordered[0].at),
            started_at=self.start.at if self.start is not None else None,
            stopped_at=stopped_at,
        )
        return timers, statements.climbs(scene, self._alerts)

    def _child(self) -> Child | None:
        accepted = self.facts.accepted
        if accepted is None or accepted.bundle is None:
            return None
        started_at = self.start.at if self.start is not None else None
        codes = (self.matter_code, self.unit_code)
        return child_of(self.subject.key, self.facts, self.moments, started_at=started_at, codes=codes)

    def _alerts(self, instant: datetime) -> Mapping[str, Levels]:
        """The alert rules for a clock that starts then, or for what is said then."""
        return self.rulebook.alerts.on(self._scope, self.schedule.local_date(instant))

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
        found = self._findings(None, (None, None))
        timers, told = self._others(found, stopped_at=ended_at)
        return Reading(
            as_of=self.as_of,
            state=self._state(None),
            unit_code=self.unit_code,
            matter_code=self.matter_code,
            area_code=self.area_code,
            stopped_at=ended_at,
            result="not_accepted" if is_refused else facts.result,
            exclusion_reason=exclusion,
            clocks=timers.clocks,
            clock_workdays=timers.used,
            signals=stages.at([*timers.climbs, *told], self.as_of, subject=self._key),
            findings=found,
            contribution=contribution + timers.contribution(self._cell),
            wake_at=self._wake_at([], (), timers, told),
            child=self._child(),
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
        found = findings(situation) | self.core.findings()
        return tuple(sorted(found.union(statutory.findings) if statutory is not None else found))

    # ------------------------------------------------------------------ measures and the next change

    def _contribution(
        self,
        promise: Clock | None,
        exclusion: str | None,
        used: int,
        measured: tuple[int | None, int | None],
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
                        *measured,
                        is_promised=promise is not None,
                        is_on_time=promise is not None and promise.is_on_time is True,
                    )
                ),
            )
            cells.append((self._cell("finished", stopped_at), ended))
        return tuple(cells)

    def _cell(self, cohort: str, instant: datetime, clock_id: str = "") -> Cell:
        return Cell(
            self._authority,
            self.unit_code or "",
            self.matter_code or "",
            self.area_code or "",
            cohort,
            self.schedule.local_date(instant),
            clock_id,
        )

    def _wake_at(
        self, course: list[signals.Course], clocks: tuple[Clock | None, ...], timers: Timers, told: list[Climb]
    ) -> datetime | None:
        instants = [*self.pending, *signals.wakes(course, self.as_of), *timers.wakes(self.as_of)]
        instants += stages.wakes(told, self.as_of)
        if self.core.deeming_at is not None:
            instants.append(self.core.deeming_at)
        if self.core.expires_at is not None:
            instants.append(self.core.expires_at + MICROSECOND)
        if self.facts.stopped_at is None:
            for clock in clocks:
                if clock is not None:
                    instants += [pause.cap_at for pause in clock.pauses if pause.cap_at is not None]
                    if (due_at := clock.due_at) is not None:
                        instants.append(due_at if clock.counts_days else due_at + MICROSECOND)
        return min((instant for instant in instants if instant > self.as_of), default=None)


@lru_cache(16)
def _wanted(table: ClockTable) -> frozenset[str]:
    """The types that change anything: the facts, the other clocks, the rules about statements."""
    return TYPES | table.listening | statements.TYPES | children.TYPES


def _first(*candidates: str | None) -> str | None:
    return next((candidate for candidate in candidates if candidate is not None), None)
