"""Where the limit of a clock came from: the catalogue's row, a field of a statement, or a rule, and what was added to it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from streams.domain.case_reading import CaseReader
from streams.domain.clock_rules import CORE, FOLLOWING
from streams.domain.clocks import Clock
from streams.domain.events import DERIVED
from streams.domain.family_reading import FamilyReader
from streams.domain.limits import Limit
from streams.domain.outlines import Moment
from streams.domain.rulebook import Rulebook
from streams.domain.rulers import EPOCH, MICROSECOND
from streams.domain.runs import Run
from streams.domain.subject import Subject, visible


class Extended(Struct, frozen=True):
    """An extension as told, and what became of it.

    `outcome`: `counts`, `cut` to the longest one allowed, `too_late`, another `unit` than the limit's, or `replaced` by
    a later one. `added`: what it added, in its unit.
    """

    value: int
    unit: str
    at: datetime
    event_id: str
    outcome: str
    added: int = 0


class Origin(Struct, frozen=True):
    """Where a limit came from. `kind`: `catalogue` (a row of the matters), `event` (a statement), `rule` (a clock rule).

    `field`: that gave it. A row has `matter_code`, `valid_from` and, in the catalogue, `name` and `basis`; a statement
    `record_key` and `event_id`. `limit`: before any extension; None where an instant was given.
    """

    kind: str
    field: str
    limit: Limit | None = None
    matter_code: str = ""
    name: str = ""
    valid_from: date | None = None
    basis: str = ""
    record_key: str = ""
    event_id: str = ""
    extensions: tuple[Extended, ...] = ()


class Origins:
    """The origins of the clocks of one reading."""

    def __init__(self, subject: Subject, rulebook: Rulebook, as_of: datetime) -> None:
        entries, _ = visible(subject, rulebook, (as_of - EPOCH) // MICROSECOND)
        self._entries = {entry.record_key: entry for entry in entries}
        self._case: CaseReader | None = None
        if subject.family == "case":
            self._case = CaseReader(subject, rulebook, as_of, entries=entries, pending=[])
            self._moments: Sequence[Moment] = self._case.moments
            self._runs = self._case.core.runs(self._moments)
        else:
            reader = FamilyReader(subject, rulebook, as_of, entries=entries, pending=[])
            self._moments = reader.outline.moments
            self._runs = reader.runs()

    def of(self, clock: Clock) -> Origin | None:
        """Where the limit of this clock came from; None: it is none of the reading's."""
        followed = FOLLOWING.get(clock.clock_id, clock.clock_id)
        if self._case is not None and followed in CORE:
            return self._of_core(self._case, replace(clock, clock_id=followed))
        run = next((run for run in self._runs if _is_of(run, clock)), None)
        return self._of_run(run, clock) if run is not None else None

    def event_id(self, record_key: str) -> str:
        """The event that states a record; '' where the platform derived it."""
        entry = self._entries.get(record_key)
        return entry.id if entry is not None else ""

    def _of_core(self, reader: CaseReader, clock: Clock) -> Origin:
        facts, matter, is_promise = reader.facts, reader.core.matter, clock.clock_id == "promise"
        if facts.accepted is not None and (is_promise or matter is None or matter.limit is None):
            field = f"{clock.clock_id}_due_at" if clock.is_explicit else clock.clock_id
            key = facts.accepted_key or ""
            limit = reader.core.base.span.limit if not is_promise and reader.core.base is not None else clock.span.limit
            origin = Origin("event", field, limit, record_key=key, event_id=self.event_id(key))
        else:
            assert matter is not None, "a limit that no statement gave is the catalogue's"
            field = "promise" if is_promise else "fallback" if matter.fallback else "statutory"
            origin = Origin(
                "catalogue",
                field,
                matter.promise if is_promise else matter.limit,
                matter_code=matter.code,
                name=matter.name,
                valid_from=matter.valid_from,
                basis=matter.basis,
            )
        return origin if is_promise else replace(origin, extensions=tuple(_extended(self, reader)))

    def _of_run(self, run: Run, clock: Clock) -> Origin:
        rule, data = run.rule, run.start.data
        if rule.limit_field and getattr(data, rule.limit_field, None) is not None:
            # A run that was begun anew keeps what its first statement said; what is derived bears what another told.
            stated = (moment for moment in self._moments if moment.type not in DERIVED)
            told = next((moment for moment in stated if moment.data is data), run.start)
            return Origin(
                "event",
                rule.limit_field,
                clock.span.limit,
                record_key=told.record_key,
                event_id=self.event_id(told.record_key),
            )
        return Origin("rule", rule.clock_id, rule.limit, matter_code=rule.matter_code, valid_from=rule.valid_from)


def _is_of(run: Run, clock: Clock) -> bool:
    place = (run.rule.clock_id, run.start.at, run.start.record_key)
    return place == (clock.clock_id, clock.start.at, clock.start.record_key)


def _extended(origins: Origins, reader: CaseReader) -> Iterator[Extended]:
    """Every extension told and what became of it (`docs/reading-a-case.md` §4)."""
    base, statutory, matter = reader.core.base, reader.core.statutory, reader.core.matter
    if base is None or statutory is None:
        return
    told = [moment for moment in reader.moments if moment.type == "case.extended"]
    any_time = reader.core.law.extension_any_time
    in_time = [moment for moment in told if any_time or base.due_at is None or moment.at < base.due_at]
    cap = matter.extension if matter is not None else None
    for moment in told:
        value, unit = moment.data.value, moment.data.unit
        most = cap.value if cap is not None and cap.unit == unit else value
        if not in_time or moment is not in_time[-1]:
            outcome, added = "replaced" if any(moment is one for one in in_time) else "too_late", 0
        elif "extension_unit" in statutory.findings:
            outcome, added = "unit", 0
        else:
            outcome, added = "cut" if value > most else "counts", min(value, most)
        yield Extended(value, unit, moment.at, origins.event_id(moment.record_key), outcome, added)
