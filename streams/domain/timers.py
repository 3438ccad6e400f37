"""The runs of a subject's clocks as they stand at an instant: when due, how much used, what they warn of and add."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, lru_cache

from msgspec import Struct

from streams.domain import measures, stages
from streams.domain.alert_rules import NO_LEVELS, Alerts
from streams.domain.clock_rules import ClockRule, DayUnit
from streams.domain.clocks import Clock, Start, read_clock
from streams.domain.law import Law
from streams.domain.measures import Cell, Contribution
from streams.domain.pauses import NEVER, DayRuler, Paused, clipped, reopened_of
from streams.domain.rulers import MICROSECOND, WorkdayRuler, counted
from streams.domain.runs import Run
from streams.domain.stages import Climb
from streams.domain.worktime import Schedule

#: What a run leaves out, by its rule; declared days counted on a day ruler.
Pausing = Callable[[ClockRule, DayRuler], Paused]
#: Where a run counts: (cohort, instant, clock id).
Place = Callable[[str, datetime, str], Cell]
_PLAIN = Law()
#: What a run adds that ended without an answer.
_UNJUDGED = measures.values(cases=1, excluded=1)


class Timers(Struct, frozen=True):
    """Clocks and, beside them, what their alert rules do, and the working days each has used."""

    clocks: tuple[Clock, ...] = ()
    climbs: tuple[Climb, ...] = ()
    used: tuple[int, ...] = ()

    def wakes(self, as_of: datetime) -> list[datetime]:
        """The instants after `as_of` at which a level is reached, a run ends, breaks, or a capped pause is over."""
        instants = stages.wakes(self.climbs, as_of)
        for clock in self.clocks:
            if clock.stopped_at is None:
                instants += [pause.cap_at for pause in clock.pauses if pause.cap_at is not None]
                if clock.due_at is not None:
                    instants.append(clock.due_at if clock.counts_days else clock.due_at + MICROSECOND)
            else:
                instants.append(clock.stopped_at)
        return [instant for instant in instants if instant > as_of]

    def contribution(self, place: Place) -> Contribution:
        """What the runs add: one to the cell of the start's day, and once stopped one to that of the stop's."""
        cells: list[tuple[Cell, dict[int, int]]] = []
        for clock, used in zip(self.clocks, self.used, strict=True):
            is_open = clock.stopped_at is None
            started = _started(is_open, is_open and clock.is_broken)
            cells.append((place("accepted", clock.start.at, clock.clock_id), started))
            if clock.stopped_at is not None:
                stopped = _stopped(used, clock.is_broken) if clock.is_judged else _UNJUDGED
                cells.append((place("finished", clock.stopped_at, clock.clock_id), stopped))
        return tuple(cells) if len(self.clocks) < 2 else _merged(cells)


def timers_of(
    runs: Iterable[Run],
    *,
    schedule: Schedule,
    alerts: Alerts,
    pausing: Pausing,
    as_of: datetime,
    following: Iterable[Clock] = (),
    day_unit: DayUnit = "workday",
) -> Timers:
    """The clocks of these runs at `as_of` (a run without a limit is none), and those that follow a core one.

    `day_unit`: what a number of days counts that was told without a unit.
    """
    clocks, climbs = [], list[Climb]()
    found = [(_clock(run, schedule, pausing, as_of, day_unit), run.cleared_at) for run in runs]
    for clock, ends_at in [*found, *((clock, clock.stopped_at) for clock in following)]:
        if clock is not None:
            clocks.append(clock)
            levels = alerts(clock.start.at).get(clock.clock_id, NO_LEVELS)
            climbs += stages.climbs(clock, levels, ends_at=ends_at)
    return Timers(tuple(clocks), tuple(climbs), tuple(used_workdays(clock) for clock in clocks))


def used_workdays(clock: Clock) -> int:
    """Counted working days of a clock up to its stop or now, whatever its own unit."""
    schedule = clock.schedule
    first, last = schedule.local_date(clock.start.at), schedule.local_date(clock.read_at)
    if not clock.paused.dates:
        return max(0, schedule.calendar.workday_number(last) - schedule.calendar.workday_number(first))
    return counted(WorkdayRuler(schedule), clock.paused.dates, first, last)[0]


def _clock(run: Run, schedule: Schedule, pausing: Pausing, as_of: datetime, day_unit: DayUnit) -> Clock | None:
    span = run.rule.span(run.start.data, schedule, day_unit)
    if span is None:
        return None

    def paused(days: DayRuler) -> Paused:
        if run.rule.pauses:
            return clipped(pausing(run.rule, days), days, run.start.at, run.stopped_at)
        return reopened_of(run.gaps, days) if run.gaps else NEVER

    return read_clock(
        run.rule.clock_id,
        span,
        Start(run.start.at, run.start.record_key),
        schedule=schedule,
        pausing=paused,
        stopped_at=run.stopped_at,
        law=_PLAIN,
        as_of=as_of,
        is_judged=run.is_judged,
    )


@cache
def _started(is_open: bool, is_overdue: bool) -> dict[int, int]:  # noqa: FBT001 - a pair of flags, remembered
    return measures.values(cases=1, open=int(is_open), open_overdue=int(is_overdue))


@lru_cache(1024)
def _stopped(used: int, is_broken: bool) -> dict[int, int]:  # noqa: FBT001 - what was worked out of one run is remembered
    return measures.values(
        cases=1,
        judged=1,
        on_time=int(not is_broken),
        overdue=int(is_broken),
        measured=1,
        sum_used=used,
        **{measures.bucket(used): 1},
    )


def _merged(cells: list[tuple[Cell, dict[int, int]]]) -> Contribution:
    """One entry per cell: two runs of a clock may start on one day."""
    total: dict[Cell, dict[int, int]] = {}
    measures.add(total, cells, 1)
    return tuple(total.items())
