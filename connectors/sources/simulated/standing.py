"""Standing: how a subject stands at the end: its clocks, signals and findings, and what it adds to the live metrics."""

import hashlib
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from connectors.sources.simulated.cells import Cell, Cells, used
from connectors.sources.simulated.clocks import MAIN, Scene, watches
from connectors.sources.simulated.courses import Core, of_case
from connectors.sources.simulated.days import day_text, micro_text, text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life, Place
from connectors.sources.simulated.matters import CONSENTED
from connectors.sources.simulated.objections import doubted, objections
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.spans import spans
from connectors.sources.simulated.truth import ClockTruth, SignalTruth, SpanTruth, Truth
from connectors.sources.simulated.warnings import Warned, warned
from connectors.sources.simulated.watches import Watch
from streams.domain.events import RANK

#: Findings that make the data of a subject themselves doubtful (AR-16).
_DOUBTFUL = frozenset({"unknown_matter", "promise_above_limit"})


def stand(life: Life, *, end: Instant, cells: Cells) -> Truth | None:
    """The whole truth of a life; None of what is not a subject."""
    truth, place = life.truth, life.place
    if truth is None or place is None or truth.is_deleted:
        return truth
    told = (*life.facts, *life.derived, *_by_silence(life))
    facts = sorted((fact for fact in told if fact.at <= end), key=_order)
    scene = Scene(facts, place.matter_code, place.days, end, life.stills, life.since)
    runs = [*sorted(watches(life.family, scene), key=lambda run: (run.start, run.clock_id)), *_consented(life, place)]
    signals = list(warned(runs))
    if life.family == "case":
        signals += objections(facts, stop=life.stop)
        signals += [] if life.core is None else of_case(life.core, end)
        _count_case(cells, life, place, truth)
    else:
        _count_family(cells, life, place, truth, runs=runs)
    if life.has_fault or not _DOUBTFUL.isdisjoint(life.findings):
        signals += doubted(facts)
    for run in runs:
        _count_run(cells, life.family, place, run)
    if life.family != "case" and any(run.clock_id in MAIN and not run.is_judged for run in runs):
        truth = replace(truth, is_on_time=None)
    return replace(
        truth,
        unit_code=place.unit_code,
        matter_code=place.matter_code,
        area_code=place.area_code,
        result=life.result,
        findings=tuple(sorted({*life.findings, *_by_default(life, place, runs)})),
        clocks=tuple(map(_clock, runs)),
        signals=tuple(_signal(life.family, truth.subject_key, one) for one in signals),
        spans=() if life.core is None else tuple(_spans(life.core)),
    )


def _by_silence(life: Life) -> Iterator[Fact]:
    """An acceptance that came about because nobody answered; it counts from the receipt."""
    if life.core is not None and life.core.deemed_at is not None and life.since is not None:
        yield Fact("case.deemed_accepted", life.since, life.core.record)


def _consented(life: Life, place: Place) -> Iterator[Watch]:
    """超时默许: the promise once more, by its own warnings."""
    promise = life.core.promise if life.core is not None else None
    if life.core is not None and promise is not None and place.matter_code == CONSENTED:
        yield replace(
            promise,
            clock_id="consent",
            record=life.core.record,
            clear=promise.stop,
            deemed_at=life.core.deemed_at,
            is_judged=life.result != "withdrawn",
        )


def _by_default(life: Life, place: Place, runs: Iterable[Watch]) -> Iterator[str]:
    """What came about because nobody decided in time."""
    promise = life.core.promise if life.core is not None else None
    if promise is not None and promise.is_broken and place.matter_code == CONSENTED:
        yield "deemed_approved"
    if any(run.clock_id == "renewal" and run.is_broken for run in runs):
        yield "deemed_renewed"


def _order(fact: Fact) -> tuple[int, int, str]:
    """The order in which statements are read (`docs/reading-a-case.md` §1); what is derived comes last."""
    return (fact.at, RANK.get(fact.type, len(RANK)), fact.record)


def _spans(core: Core) -> Iterator[SpanTruth]:
    for clock in (core.promise, core.statutory):
        if clock is not None:
            yield from spans(clock)


def _clock(run: Watch) -> ClockTruth:
    due_at, due_on = run.due_at, run.due_on
    return ClockTruth(
        clock_id=run.clock_id,
        start_key=run.record,
        started_at=text(run.start),
        stopped_at=None if run.stop is None else text(run.stop),
        due_at=None if due_at is None else micro_text(due_at),
        due_on=None if due_on is None else day_text(due_on),
        used_workdays=run.used_workdays,
        is_broken=run.is_broken,
    )


def _signal(family: str, key: str, one: Warned) -> SignalTruth:
    parts = f"{one.rule_id}\x1f{family}\x1f{key}\x1f{one.clock_id}\x1f{one.record}"
    return SignalTruth(
        signal_key=hashlib.sha256(parts.encode()).hexdigest()[:32],
        rule_id=one.rule_id,
        level=one.level,
        clock_id=one.clock_id,
        since=micro_text(one.since),
        until=None if one.until is None else micro_text(one.until),
        due_at=None if one.due_at is None else micro_text(one.due_at),
    )


# ------------------------------------------------------------------ what it adds


def _cell(family: str, place: Place, at: Instant, cohort: str, clock_id: str = "") -> Cell:
    return Cell(at // DAY, family, place.unit_code, place.matter_code, place.area_code, cohort, clock_id)


def _count_case(cells: Cells, life: Life, place: Place, truth: Truth) -> None:
    core, is_open = life.core, life.stop is None
    is_excluded = not is_open and life.result in ("withdrawn", "not_accepted")
    is_broken = core is not None and core.promise is not None and core.promise.is_broken
    if core is not None and life.since is not None:
        cell = _cell("case", place, life.since, "accepted")
        cells.add(cell, cases=1, open=is_open, open_overdue=is_open and is_broken, excluded=is_excluded)
    if life.stop is not None:
        judged = {} if is_excluded or core is None else _judged(core, truth)
        past = core is not None and core.statutory is not None and core.statutory.is_broken
        cell = _cell("case", place, life.stop, "finished")
        cells.add(cell, cases=1, excluded=is_excluded, overdue=is_broken, past_statutory=past, **judged)


def _judged(core: Core, truth: Truth) -> dict[str, int]:
    """L, P and A of a finished case, where they are known (`docs/reading-a-case.md` §6)."""
    taken = truth.used_workdays or 0
    found = used(taken) | {"judged": core.promise is not None, "on_time": truth.is_on_time is True}
    if core.limit is not None:
        found |= {"sum_limit": core.limit}
        if core.limit > 0:
            found |= {"with_limit": 1, "sum_limit_used": taken}
            if core.promised is not None:
                found |= {"with_promise": 1, "sum_promise_limit": core.limit, "sum_promise": core.promised}
    return found


def _count_family(cells: Cells, life: Life, place: Place, truth: Truth, *, runs: list[Watch]) -> None:
    main = next((run for run in reversed(runs) if run.clock_id in MAIN), None)
    is_open, is_broken = life.stop is None, main is not None and main.is_broken
    if life.since is not None:
        cell = _cell(life.family, place, life.since, "accepted")
        cells.add(cell, cases=1, open=is_open, open_overdue=is_open and is_broken)
    if life.stop is not None:
        is_judged = main is not None and main.is_judged
        judged = {} if not is_judged else used(truth.used_workdays or 0) | {"judged": 1, "on_time": not is_broken}
        cells.add(_cell(life.family, place, life.stop, "finished"), cases=1, overdue=is_broken, **judged)


def _count_run(cells: Cells, family: str, place: Place, run: Watch) -> None:
    is_open, is_broken = run.stop is None, run.is_broken
    cell = _cell(family, place, run.start, "accepted", run.clock_id)
    cells.add(cell, cases=1, open=is_open, open_overdue=is_open and is_broken)
    if run.stop is not None:
        cell = _cell(family, place, run.stop, "finished", run.clock_id)
        judged = {"judged": 1, "on_time": not is_broken, "overdue": is_broken, **used(run.used_workdays)}
        cells.add(cell, cases=1, **(judged if run.is_judged else {"excluded": 1}))
