"""read(): everything that follows from a subject's records at an instant. Pure; the one function of the stream."""

from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from streams.domain import measures, signals
from streams.domain.case import EXCLUDED, fold
from streams.domain.clocks import Clock, Readings, Span, Start, extend, length_in_workdays, read_clock
from streams.domain.findings import Situation, findings
from streams.domain.limits import Limit
from streams.domain.measures import Cell, Contribution
from streams.domain.pauses import NEVER, DayRuler, Paused, paused_of
from streams.domain.rulebook import Matter, Rulebook
from streams.domain.rulers import EPOCH, MICROSECOND, BusinessRuler, WorkdayRuler, counted
from streams.domain.signals import Signal
from streams.domain.subject import Entry, Subject, visible
from streams.domain.worktime import Schedule

#: Raised when the same records would be read differently: stored readings are made again.
ENGINE_VERSION = 1
#: Working days of silence after which a received case is accepted (行政许可法 32(4)).
DEEMED_AFTER_WORKDAYS = 5


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
    promise: Clock | None = None
    statutory: Clock | None = None
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


def read(subject: Subject, rulebook: Rulebook, as_of: datetime) -> Reading:
    """The reading of a subject at `as_of` under a rulebook.

    Two people who hold the same three get the same reading. `wake_at` is the next instant at which any part of it
    but the clocks' figures changes with no new record.
    """
    if subject.is_oversized:
        return Reading(as_of=as_of, state="oversized", findings=("oversized",))
    as_of_us = (as_of - EPOCH) // MICROSECOND
    entries, next_us = visible(subject, rulebook, as_of_us)
    pending = [] if next_us is None else [EPOCH + timedelta(microseconds=next_us)]
    if not entries:
        state = "unknown" if pending else "deleted"
        return Reading(as_of=as_of, state=state, wake_at=min(pending, default=None))
    return _Case(subject, rulebook, as_of, entries=entries, pending=pending).reading()


class _Case:
    """One reading in the making: what several of its parts need, worked out once."""

    def __init__(
        self, subject: Subject, rulebook: Rulebook, as_of: datetime, *, entries: list[Entry], pending: list[datetime]
    ) -> None:
        self.subject, self.rulebook, self.as_of = subject, rulebook, as_of
        self.entries, self.pending = entries, pending
        self.facts = facts = fold(entries)
        told = facts.accepted or facts.applied
        self.unit_code = facts.moved_to or (told.unit_code if told else None)
        self.matter_code = told.matter_code if told else None
        self.area_code = _first(*(about.area_code for about in (facts.accepted, facts.applied) if about is not None))
        self.schedule: Schedule = rulebook.schedule_of(self.unit_code, self.area_code, subject.authority)
        law = rulebook.authority(subject.authority)
        self.readings = Readings(law.extension_any_time, law.late_pauses_extend)
        self._pauses: dict[type[DayRuler], Paused] = {}
        self.start, self.deeming_at = self._start()
        self.matter = self._matter()

    def reading(self) -> Reading:
        facts, as_of = self.facts, self.as_of
        if self.start is None:
            return self._without_clock()
        promise = self._promise(self.start)
        base = self._statutory(self.start)
        statutory = extend(base, facts.extensions, self.readings) if base is not None else None
        course = signals.courses(promise, statutory, self.rulebook.alert_rules)
        exclusion = facts.result if facts.result in EXCLUDED and facts.stopped_at is not None else None
        is_overdue = promise.is_broken if promise is not None else False
        is_past_statutory = statutory.is_broken if statutory is not None else False
        judged = promise is not None and facts.stopped_at is not None and exclusion is None
        gross, used_workdays, used_minutes = self._used(self.start, promise or statutory)
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
            accepted_at=self.start.at,
            is_deemed_accepted=self.start.deemed_at is not None,
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
                start_key=self.start.record_key,
            ),
            findings=self._findings(statutory, compared),
            contribution=self._contribution(
                promise, exclusion, used_workdays, compared, is_overdue=is_overdue, is_past=is_past_statutory
            ),
            wake_at=self._wake_at(course, (promise, statutory)),
        )

    # ------------------------------------------------------------------ start and clocks

    def _start(self) -> tuple[Start | None, datetime | None]:
        """What started the clocks, and the instant at which acceptance will be deemed if nothing comes before."""
        facts = self.facts
        if facts.received_at is not None:
            day = self.schedule.local_date(facts.received_at)
            days = WorkdayRuler(self.schedule)
            deemed_at = self.schedule.midnight_after(days.days_after(day, DEEMED_AFTER_WORKDAYS))
            answers = (facts.accepted_at, facts.not_accepted_at, facts.first_correction_at, facts.first_finished_at)
            if not any(answer is not None and answer < deemed_at for answer in answers):
                if self.as_of >= deemed_at:
                    return Start(facts.received_at, facts.received_key or "", deemed_at), None
                return None, deemed_at
        if facts.accepted_at is not None:
            return Start(facts.accepted_at, facts.accepted_key or ""), None
        return None, None

    def _matter(self) -> Matter | None:
        if self.matter_code is None or self.start is None:
            return None
        return self.rulebook.matter_on(self.matter_code, self.schedule.local_date(self.start.at))

    def _promise(self, start: Start) -> Clock | None:
        accepted = self.facts.accepted
        if accepted is None:
            limit = self.matter.promise if self.matter is not None else None
            span = Span(limit=limit)
        else:
            due_at = accepted.promise_due_at
            span = Span(
                limit=accepted.promise if due_at is None else None,
                due_at=due_at.astimezone(UTC) if due_at is not None else None,
                includes_pauses=accepted.promise_due_includes_pauses,
            )
        return self._clock("promise", span, start)

    def _statutory(self, start: Start) -> Clock | None:
        accepted = self.facts.accepted
        due_at = accepted.statutory_due_at if accepted is not None else None
        limit: Limit | None = None
        if due_at is None:
            limit = accepted.statutory if accepted is not None else None
            if limit is None and self.matter is not None:
                limit = self.matter.fallback or self.matter.statutory
        return self._clock("statutory", Span(limit=limit, due_at=due_at.astimezone(UTC) if due_at else None), start)

    def _clock(self, clock_id: str, span: Span, start: Start) -> Clock | None:
        if span.limit is None and span.due_at is None:
            return None
        if self.matter is not None and self.matter.is_wall_time:
            span = Span(span.limit, span.due_at, span.includes_pauses, is_wall_time=True)
        return read_clock(
            clock_id,
            span,
            start,
            schedule=self.schedule,
            pausing=self._paused,
            stopped_at=self.facts.stopped_at,
            readings=self.readings,
            as_of=self.as_of,
        )

    def _paused(self, days: DayRuler) -> Paused:
        """The pauses, worked out once for clocks of working days and once for those of natural days."""
        found = self._pauses.get(type(days))
        if found is None:
            start = self.start.at if self.start is not None else self.as_of
            found = self._pauses[type(days)] = paused_of(self.facts, days, start=start, as_of=self.as_of)
        return found

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
        deeming = [self.deeming_at] if self.deeming_at is not None else []
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

    def _cell(self, cohort: str, instant: datetime) -> Cell:
        return Cell(
            self.subject.authority,
            self.unit_code or "",
            self.matter_code or "",
            self.area_code or "",
            cohort,
            self.schedule.local_date(instant).replace(day=1),
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


def _first(*candidates: str | None) -> str | None:
    return next((candidate for candidate in candidates if candidate is not None), None)
