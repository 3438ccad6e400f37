"""An explanation as text: events, each clock with its figures, origin and days, signals, findings."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra.cli.explain_words import Speech, chinese_of
from infra.cli.screen import console, show_table
from streams.domain.explain import explain as days_of
from streams.domain.explain import whole

#: Longer explanations show their ends, the stop and the due day.
MOST_ROWS = 40


class Text:
    """What is printed of one subject, in one language and its office's zone."""

    def __init__(self, found: Any, reading: Any, origins: Any, speech: Speech) -> None:
        self.found, self.reading, self.origins, self.speech = found, reading, origins, speech
        self.zone: ZoneInfo = found.zone

    def tell(self, entries: list[Any], clocks: list[Any], *, all_days: bool) -> None:
        say, reading = self.speech.say, self.reading
        self._line(
            say(
                "as_of",
                key=self.found.subject.key,
                family=self.speech.family(self.found.subject.family),
                state=self.speech.state(reading.state),
                at=self._at(reading.as_of),
                zone=self.zone,
                version=self.found.rulebook.version,
                calendar=self.found.rulebook.calendar_version,
            ),
            style="bold",
        )
        self._tell_events(entries)
        for clock in clocks:
            self._tell_clock(clock, all_days=all_days)
        if reading.signals:
            self._tell_signals()
        if reading.findings:
            codes = ", ".join(map(self.speech.finding, reading.findings))
            self._line("\n" + say("findings", codes=codes))

    def _tell_events(self, entries: list[Any]) -> None:
        say = self.speech.say
        rows = []
        for entry in entries:
            name = self.speech.event(entry.type)
            kind = say("deleted", type=name) if entry.is_deletion else name
            rows.append((self._at(entry.at), kind, entry.record_key, entry.source, entry.id, entry.data.decode()[:90]))
        columns = [say(key) for key in ("at", "type", "record", "source", "id", "data")]
        show_table("\n" + say("events"), columns, rows)

    def _tell_clock(self, clock: Any, *, all_days: bool) -> None:
        say = self.speech.say
        title = say(
            "clock_title",
            clock=self.speech.clock(clock.clock_id).capitalize(),
            limit=self._limit(clock.span.limit),
            due=self._due(clock),
            verdict=say(verdict(clock)),
        )
        self._line("\n" + title, style="bold")
        for line in self._about(clock):
            self._line("  " + line)
        self._tell_days(clock, all_days=all_days)
        for pause in clock.pauses:
            self._line("  " + self._pause(pause))

    def _about(self, clock: Any) -> Iterator[str]:
        """Figures, ends and origin of a clock: what its days add up to."""
        say, start = self.speech.say, clock.start
        unit = say("days" if clock.counts_days else "minutes")
        figures = {"used": clock.used, "length": clock.length, "paused": clock.not_used}
        yield say("used", unit=unit, **{name: whole(clock, amount) for name, amount in figures.items()})
        event = self.origins.event_id(start.record_key)
        yield say("started", at=self._at(start.at), record=start.record_key, event=event)
        if start.deemed_at is not None:
            yield say("deemed", at=self._at(start.deemed_at), received=self._at(start.at))
        yield say("open" if clock.stopped_at is None else "stopped", at=self._at(clock.read_at))
        yield say("schedule", calendar=clock.schedule.calendar.name)
        yield from self._origin(self.origins.of(clock))

    def _origin(self, origin: Any) -> Iterator[str]:
        if origin is None:
            return
        say = self.speech.say
        yield say(
            f"from_{origin.kind}",
            limit=self._limit(origin.limit),
            field=origin.field,
            record=origin.record_key,
            event=origin.event_id,
            matter=origin.matter_code,
            name=origin.name,
            valid_from=origin.valid_from,
            basis=say("basis", basis=origin.basis) if origin.basis else "",
            of_matter=say("of_matter", matter=origin.matter_code) if origin.matter_code else "",
        )
        for one in origin.extensions:
            outcome = say(one.outcome, added=self.speech.limit(one.added, one.unit))
            limit = self.speech.limit(one.value, one.unit)
            yield say("extension", limit=limit, at=self._at(one.at), event=one.event_id, outcome=outcome)

    def _tell_days(self, clock: Any, *, all_days: bool) -> None:
        say = self.speech.say
        days = days_of(clock, chinese_of("case.special_started.kind"))
        notices: dict[str, int] = {}
        rows: list[tuple[Any, ...]] = []
        for row in days if all_days else _picked(days, clock.due_on):
            if isinstance(row, int):
                rows.append((say("hidden", count=row), "", "", "", ""))
                continue
            place = notices.setdefault(row.notice, len(notices) + 1) if row.notice else None
            day = f"{row.day} {self.speech.weekday(row.day)}"
            rows.append((day, row.counted, row.total, self.speech.reason(row), f"[{place}]" if place else ""))
        unit, total = say("days" if clock.counts_days else "minutes"), say("total")
        columns = [say("day"), unit, total, say("reason"), say("notice")]
        show_table(None, columns, rows, right=frozenset({unit, total}))
        for notice, number in notices.items():
            self._line(f"  [{number}] {notice}")

    def _pause(self, pause: Any) -> str:
        say = self.speech.say
        is_ours = pause.reason in ("idle", "reopened")
        reason = say(pause.reason) if is_ours else self.speech.code("case.special_started.kind", pause.reason)
        told = say(
            "pause",
            begin=self._at(pause.started_at),
            end=self._at(pause.ended_at) or say("now"),
            reason=reason,
            basis=say("basis", basis=pause.basis) if pause.basis else "",
        )
        if not pause.is_capped:
            return told
        return told + say("capped", told=self._at(pause.told_ended_at) or say("not_yet"))

    def _tell_signals(self) -> None:
        say, speech = self.speech.say, self.speech
        rows = [
            (
                speech.rule(signal.rule_id, signal.level),
                speech.clock(signal.clock_id) if signal.clock_id else "",
                speech.code("signals.level", signal.level),
                self._at(signal.since),
                self._at(signal.until) or say("stands"),
                self._at(signal.due_at),
            )
            for signal in self.reading.signals
        ]
        columns = [say(key) for key in ("rule", "clock", "level", "since", "until", "due")]
        show_table("\n" + say("signals"), columns, rows)

    def _limit(self, limit: Any) -> str:
        return self.speech.say("given") if limit is None else self.speech.limit(limit.value, limit.unit)

    def _due(self, clock: Any) -> str:
        """When it runs out; a day does so at 24:00."""
        if clock.due_at is None:
            return self.speech.say("unknown_due")
        due = f"{clock.due_on} 24:00:00" if clock.counts_days else self._at(clock.due_at)
        return self.speech.say("provisional", due=due) if clock.is_provisional else due

    def _at(self, instant: datetime | None) -> str:
        return "" if instant is None else f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def _line(self, text: str, style: str | None = None) -> None:
        console.print(text, style=style, markup=False)


def verdict(clock: Any) -> str:
    """What became of a clock, in one word; what ended without an answer was neither kept nor broken."""
    if clock.stopped_at is not None and not clock.is_judged:
        return "excluded"
    return "broken" if clock.is_broken else "running" if clock.stopped_at is None else "kept"


def _picked(days: list[Any], due_on: Any) -> Iterator[Any]:
    """The rows that say most, and of those between how many they are: the ends, around the stop and the due day."""
    if len(days) <= MOST_ROWS:
        yield from days
        return
    kept = {*range(8), *range(len(days) - 4, len(days))}
    for place, day in enumerate(days):
        if day.mark or day.day == due_on:
            kept |= {near for near in range(place - 2, place + 2) if 0 <= near < len(days)}
    before = -1
    for place in sorted(kept):
        if place > before + 1:
            yield place - before - 1
        yield days[place]
        before = place
