"""How a subject of any family but case is read: its outline, the runs of its clocks, and what follows from them."""

from collections.abc import Mapping
from datetime import datetime

from streams.domain import data_faults, measures, stages
from streams.domain.alert_rules import Levels, Scope
from streams.domain.clocks import Clock
from streams.domain.events import OUTLINES
from streams.domain.families.values import UNMAPPED, says_no_unit, says_unmapped
from streams.domain.findings import CLOCK_SKEW_US
from streams.domain.measures import Cell, Contribution
from streams.domain.moments import in_order, moments_of
from streams.domain.outlines import Finding, Outline
from streams.domain.pauses import NEVER, DayRuler, Paused, idle_of
from streams.domain.readings import Reading
from streams.domain.rulebook import Rulebook
from streams.domain.runs import Run, runs_of
from streams.domain.stages import Climb
from streams.domain.subject import Entry, Subject
from streams.domain.timers import Timers, timers_of, used_workdays
from streams.domain.worktime import Schedule


class FamilyReader:
    """One reading in the making."""

    def __init__(
        self, subject: Subject, rulebook: Rulebook, as_of: datetime, *, entries: list[Entry], pending: list[datetime]
    ) -> None:
        self.subject, self.rulebook, self.as_of, self.pending = subject, rulebook, as_of, pending
        self.ordered = in_order(entries)
        moments, self._repeated = moments_of(self.ordered)
        self.outline: Outline = OUTLINES[subject.family](moments, rulebook.authority(subject.authority).law)
        outline = self.outline
        self.schedule: Schedule = rulebook.schedule_of(outline.unit_code, outline.area_code, subject.authority)

    def reading(self) -> Reading:
        outline, as_of = self.outline, self.as_of
        timers = timers_of(self.runs(), schedule=self.schedule, alerts=self._alerts, pausing=self._pausing, as_of=as_of)
        main = self._main(timers)
        used = used_workdays(main) if main is not None else None
        found = self._findings(timers)
        told = self._data_faults(found)
        return Reading(
            as_of=as_of,
            state=outline.state,
            unit_code=outline.unit_code,
            matter_code=outline.matter_code,
            area_code=outline.area_code,
            accepted_at=outline.started_at,
            stopped_at=outline.stopped_at,
            result=outline.result,
            promise=main,
            promise_due_at=main.due_at if main is not None else None,
            promise_due_on=main.due_on if main is not None else None,
            is_provisional_due=any(clock.is_provisional for clock in timers.clocks),
            used_workdays=used,
            used_minutes=_used_minutes(main),
            is_on_time=main.is_on_time if main is not None and main.is_judged else None,
            is_overdue=main.is_broken if main is not None else False,
            clocks=timers.clocks,
            clock_workdays=timers.used,
            signals=stages.at([*timers.climbs, *told], as_of, subject=(self.subject.family, self.subject.key)),
            findings=tuple(sorted(found)),
            contribution=self._contribution(main, used) + timers.contribution(self._cell),
            wake_at=min(
                [*self.pending, *timers.wakes(as_of), *stages.wakes(told, as_of), *self._waits_until(timers)],
                default=None,
            ),
        )

    def runs(self) -> list[Run]:
        """The runs of its clocks."""
        outline = self.outline
        return runs_of(self.rulebook.clocks[self.subject.family], outline.moments, outline.matter_code, self.schedule)

    def _main(self, timers: Timers) -> Clock | None:
        """The clock by which the subject as a whole is judged: the last of those that the table calls main."""
        table = self.rulebook.clocks[self.subject.family]
        return next((clock for clock in reversed(timers.clocks) if table.is_main(clock.clock_id)), None)

    def _alerts(self, start: datetime) -> Mapping[str, Levels]:
        outline = self.outline
        scope = Scope(outline.unit_code or "", outline.matter_code or "", self.subject.authority)
        return self.rulebook.alerts.on(scope, self.schedule.local_date(start))

    def _pausing(self, _: object, days: DayRuler) -> Paused:
        outline = self.outline
        if not outline.idle or outline.started_at is None:
            return NEVER
        return idle_of(outline.idle, days, start=outline.started_at)

    def _waits_until(self, timers: Timers) -> list[datetime]:
        """When what is awaited is a finding, with no clock to say so."""
        awaited = self.outline.awaited
        return [] if awaited is None or timers.clocks or awaited.since <= self.as_of else [awaited.since]

    def _awaited(self, timers: Timers) -> Finding | None:
        """What is awaited and did not come in time."""
        awaited = self.outline.awaited
        if awaited is None:
            return None
        clocks = timers.clocks
        is_late = any(clock.is_broken for clock in clocks) if clocks else awaited.since <= self.as_of
        return awaited if is_late else None

    def _data_faults(self, found: set[str]) -> list[Climb]:
        """AR-16: what is wrong with the subject's data."""
        outline = self.outline
        told = data_faults.of_reading(found, self.ordered, outline.started_at)
        return data_faults.climbs([*told, *data_faults.of_companies(outline.moments)], self._alerts)

    def _findings(self, timers: Timers) -> set[str]:
        outline = self.outline
        found = {finding.code for finding in (*outline.findings, self._awaited(timers)) if finding is not None}
        if (
            outline.started_at is not None
            and outline.stopped_at is not None
            and outline.stopped_at < outline.started_at
        ):
            found.add("stopped_before_start")
        is_unmapped = UNMAPPED in (outline.matter_code, outline.result)
        if is_unmapped or any(says_unmapped(entry.data) for entry in self.ordered):
            found.add("unmapped_code")
        if any(says_no_unit(entry.data) for entry in self.ordered):
            found.add("limit_without_unit")
        found |= {f"repeated:{name.partition('.')[2]}" for name in self._repeated}
        is_marked = self.rulebook.is_marked(self.subject.authority)
        for entry in self.ordered:
            if entry.has_conflict:
                found.add("version_conflict")
            if not is_marked and entry.at_us > entry.arrived_us + CLOCK_SKEW_US:
                found.add("future_dated")
        return found

    def _contribution(self, main: Clock | None, used: int | None) -> Contribution:
        outline = self.outline
        is_open, is_broken = outline.stopped_at is None, main is not None and main.is_broken
        cells: list[tuple[Cell, dict[int, int]]] = []
        if outline.started_at is not None:
            started = measures.values(cases=1, open=int(is_open), open_overdue=int(is_open and is_broken))
            cells.append((self._cell("accepted", outline.started_at), started))
        if outline.stopped_at is not None:
            judged = {} if main is None or not main.is_judged else {
                "judged": 1,
                "on_time": int(main.is_on_time is True),
                "measured": 1,
                "sum_used": used or 0,
                measures.bucket(used or 0): 1,
            }  # fmt: skip
            ended = measures.values(cases=1, overdue=int(is_broken), **judged)
            cells.append((self._cell("finished", outline.stopped_at), ended))
        return tuple(cells)

    def _cell(self, cohort: str, instant: datetime, clock_id: str = "") -> Cell:
        outline = self.outline
        return Cell(
            self.subject.authority,
            outline.unit_code or "",
            outline.matter_code or "",
            outline.area_code or "",
            cohort,
            self.schedule.local_date(instant),
            clock_id,
        )


def _used_minutes(clock: Clock | None) -> int | None:
    """Counted office minutes of a clock up to its stop or now."""
    if clock is None:
        return None
    schedule = clock.schedule
    counted = schedule.business_us(clock.read_at) - schedule.business_us(clock.start.at)
    for begin, end in clock.paused.instants:
        last = clock.read_at if end is None else min(end, clock.read_at)
        if last > begin:
            counted -= schedule.business_us(last) - schedule.business_us(begin)
    return max(0, counted) // 60_000_000
