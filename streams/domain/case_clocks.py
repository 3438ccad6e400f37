"""What starts the clocks of a case, and its two core ones: promise and statutory limit (`docs/reading-a-case.md` §2, §4)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from streams.domain.case import EXCLUDED, CaseFacts
from streams.domain.clock_rules import FOLLOWING, ClockRule, DayUnit
from streams.domain.clocks import Clock, Start, extend, read_clock
from streams.domain.law import Law
from streams.domain.limits import Limit, Span
from streams.domain.outlines import Moment
from streams.domain.pauses import NEVER, DayRuler, Paused, clipped, paused_of, reopened_of
from streams.domain.rulebook import Matter, Rulebook
from streams.domain.rulers import NaturalDayRuler, WorkdayRuler
from streams.domain.runs import Run, runs_of
from streams.domain.worktime import Schedule

#: 收件后的补正告知期限 where no rule says otherwise (行政许可法 32(4)).
DEEMED_AFTER = Limit(5, "workday")


class CaseClocks:
    """The core clocks of one case at an instant. `base`: the statutory one, extensions left out."""

    def __init__(
        self,
        facts: CaseFacts,
        rulebook: Rulebook,
        *,
        schedule: Schedule,
        law: Law,
        matter_code: str | None,
        as_of: datetime,
    ) -> None:
        self.facts, self.rulebook, self.schedule, self.as_of = facts, rulebook, schedule, as_of
        self.matter_code = matter_code
        self.law = law
        self._pauses: dict[type[DayRuler], Paused] = {}
        self.start, self.deeming_at = self._start()
        self.matter = self._matter()
        self.promise: Clock | None = None
        self.base: Clock | None = None
        self.statutory: Clock | None = None
        if self.start is not None:
            self.promise, self.base = self._promise(self.start), self._statutory(self.start)
            if self.base is not None:
                cap = self.matter.extension if self.matter is not None else None
                self.statutory = extend(self.base, facts.extensions, law, cap)

    def paused(self, days: DayRuler) -> Paused:
        """The pauses, worked out once for clocks of working days and once for those of natural days."""
        found = self._pauses.get(type(days))
        if found is None:
            facts = self.facts
            if self.start is None and facts.stopped_at is None:  # what was refused at the counter is over
                facts = replace(facts, stopped_at=facts.not_accepted_at)
            found = self._pauses[type(days)] = paused_of(facts, days, self.law, as_of=self.as_of, kinds=self._kinds)
        return found

    def _core_paused(self, days: DayRuler) -> Paused:
        """The pauses since the core clocks began."""
        return clipped(self.paused(days), days, self.start.at) if self.start is not None else NEVER

    def runs(self, moments: Sequence[Moment]) -> list[Run]:
        """The runs of the case's other clocks."""
        deemed_at = self.start.deemed_at if self.start is not None else None
        table = self.rulebook.clocks["case"]
        if deemed_at is not None:
            moments = _with_deemed_acceptance(moments)
        return runs_of(table, moments, self.matter_code, self.schedule, deemed_at=deemed_at)

    def left_out(self, rule: ClockRule, days: DayRuler) -> Paused:
        """What another clock of the case leaves out."""
        return self.paused(days) if rule.pauses == "special" else reopened_of(self.facts.gaps, days)

    @property
    def _kinds(self) -> frozenset[str]:
        """The special procedures that the matter has; none named: any."""
        return self.matter.special_kinds if self.matter is not None else frozenset()

    @property
    def day_unit(self) -> DayUnit:
        """What declared days are counted in: as the promise, else the statutory limit, counts its own."""
        clock = self.promise or self.statutory
        return "day" if clock is not None and isinstance(clock.ruler, NaturalDayRuler) else "workday"

    def following(self) -> Iterator[Clock]:
        """The promise once more, under the name and the rules of 超时默许, where that holds for the matter."""
        of = {"promise": self.promise, "statutory": self.statutory}
        for clock_id, followed in FOLLOWING.items():
            clock = of[followed]
            if clock is not None and self._is_followed(clock_id, clock.start):
                yield replace(clock, clock_id=clock_id)

    def _is_followed(self, clock_id: str, start: Start) -> bool:
        """Whether the catalogue, or a row of the clock in force on the day of the start, has it for the matter."""
        if clock_id == "consent" and self.matter is not None and self.matter.is_deemed_consent:
            return True
        day = self.schedule.local_date(start.at)
        return self.rulebook.clocks["case"].rule_on(clock_id, self.matter_code, day) is not None

    def _start(self) -> tuple[Start | None, datetime | None]:
        """What started the clocks, and the instant at which acceptance will be deemed if nothing comes before."""
        facts = self.facts
        if facts.received_at is not None:
            deemed_at = self._deeming(facts.received_at)
            answers = (facts.accepted_at, facts.not_accepted_at, facts.first_correction_at, facts.first_finished_at)
            if not any(answer is not None and answer < deemed_at for answer in answers):
                if self.as_of >= deemed_at:
                    return Start(facts.received_at, facts.received_key or "", deemed_at), None
                return None, deemed_at
        if facts.accepted_at is not None:
            return Start(self._accepted_start(facts.accepted_at), facts.accepted_key or ""), None
        return None, None

    def _accepted_start(self, accepted_at: datetime) -> datetime:
        """The acceptance; where the law counts from 收到申请之日, when the (corrected) papers came."""
        papers_at = self.facts.accepted_papers_at
        if papers_at is None or self.matter_code is None:
            return accepted_at
        matter = self.matter_on(accepted_at)
        return papers_at if matter is not None and matter.clock_start == "receive" else accepted_at

    def _deeming(self, received_at: datetime) -> datetime:
        """24:00 of the last day for an answer: the limit of clock `receipt`, five working days or the matter's own."""
        day = self.schedule.local_date(received_at)
        rule = self.rulebook.clocks["case"].rule_on("receipt", self.matter_code, day)
        limit = rule.limit if rule is not None and rule.limit is not None else DEEMED_AFTER
        days = NaturalDayRuler(self.schedule) if limit.unit == "day" else WorkdayRuler(self.schedule)
        return self.schedule.midnight_after(days.roll(days.days_after(day, limit.value)))

    def _matter(self) -> Matter | None:
        """The catalogue's row of the day of acceptance."""
        start, accepted_at = self.start, self.facts.accepted_at
        if start is None:
            return None
        return self.matter_on(start.at if start.deemed_at is not None or accepted_at is None else accepted_at)

    def matter_on(self, at: datetime) -> Matter | None:
        """The catalogue's row of the local day of an instant."""
        if self.matter_code is None:
            return None
        return self.rulebook.matter_on(self.matter_code, self.schedule.local_date(at))

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
        limit, due_at = self.matter.limit if self.matter is not None else None, None
        if limit is None and accepted is not None:  # the catalogue does not say
            due_at = accepted.statutory_due_at
            limit = accepted.statutory if due_at is None else None
        return self._clock("statutory", Span(limit=limit, due_at=due_at.astimezone(UTC) if due_at else None), start)

    def findings(self) -> set[str]:
        """What the clocks say is wrong, or has come about by default."""
        found = self._differences() | self._defaults()
        if self._kinds and any(special.kind not in self._kinds for special in self.facts.specials):
            found.add("improper_pause")
        is_listed = self.matter_code is not None and self.rulebook.has_matter(self.matter_code)
        if is_listed and self.start is not None and self.matter is None:
            found.add("matter_not_in_force")
        return found

    def _defaults(self) -> set[str]:
        """What came about because nobody decided in time: consent (超时默许), renewal (行政许可法 50)."""
        found, facts = set[str](), self.facts
        if self.start is not None and self.promise is not None and self.promise.is_broken:
            found |= {"deemed_approved"} if self._is_followed("consent", self.start) else set()
        if self.expires_at is not None:
            decided_at = min(facts.stops, default=self.as_of)  # whatever was reopened afterwards
            found |= {"deemed_renewed"} if decided_at > self.expires_at else set()
        return found

    @property
    def expires_at(self) -> datetime | None:
        """When the licence ends that is to be renewed; unless the renewal was refused at the counter."""
        facts = self.facts
        told = (about.renews_until for about in (facts.accepted, facts.applied) if about is not None)
        renews_until = next((day for day in told if day is not None), None)
        if renews_until is None or facts.not_accepted_at is not None:
            return None
        return self.schedule.midnight_after(renews_until)

    def _differences(self) -> set[str]:
        """What the acceptance says of limit and promise, and the catalogue of that day says otherwise."""
        accepted, matter = self.facts.accepted, self.matter
        if accepted is None or matter is None:
            return set()
        told = {
            # 当场, "otherwise within 3 working days": either is the law's
            "limit_differs": (accepted.statutory, (matter.limit, matter.statutory)),
            "promise_differs": (accepted.promise, (matter.promise,)),
        }
        return {code for code, (said, listed) in told.items() if said and listed[0] and said not in listed}

    def _clock(self, clock_id: str, span: Span, start: Start) -> Clock | None:
        if span.limit is None and span.due_at is None:
            return None
        if self.matter is not None and self.matter.is_wall_time:
            span = replace(span, is_wall_time=True)
        return read_clock(
            clock_id,
            span,
            start,
            schedule=self.schedule,
            pausing=self._core_paused,
            stopped_at=self.facts.stopped_at,
            law=self.law,
            as_of=self.as_of,
            is_judged=self.facts.result not in EXCLUDED,
        )


def _with_deemed_acceptance(moments: Sequence[Moment]) -> list[Moment]:
    """An acceptance that came about by default counts from the receipt: `case.deemed_accepted` stands behind it."""
    found = []
    for moment in moments:
        found.append(moment)
        if moment.type == "case.received":
            found.append(Moment("case.deemed_accepted", moment.at, moment.record_key, moment.data))
    return found
