"""explain: why a subject is due when it is: each source event, each pause, each day counted or skipped."""

from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table


def explain(
    subject: Annotated[str, typer.Argument(help="The number of a case, bundle, demand …, or authority|number.")],
    family: Annotated[
        str | None, typer.Option(help="Where a number is known in several families: case, demand …")
    ] = None,
    clock: Annotated[str | None, typer.Option(help="Only this clock, such as promise or delivery.")] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Language of the reasons; JSON has both.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    all_days: Annotated[bool, typer.Option("--all-days", help="Show every day of long clocks.")] = False,
) -> None:
    """Explain one subject: its events, pauses, clocks day by day, signals and findings."""
    from infra.cli.subjects import stored_subject
    from streams.domain.reading import read

    found = stored_subject(settings_with_servers().database, subject, family)
    reading = read(found.subject, found.rulebook, found.as_of)
    clocks = [one for one in _clocks(found.subject.family, reading) if clock in (None, one.clock_id)]
    if clock is not None and not clocks:
        known = ", ".join(sorted({one.clock_id for one in _clocks(found.subject.family, reading)})) or "none"
        raise typer.BadParameter(f"{subject!r} has no clock {clock!r}; it has {known}")
    if as_json:
        show_json(_plain(found, reading, clocks))
    else:
        _tell(found, reading, clocks, language=language, all_days=all_days)


def add_to(app: typer.Typer) -> None:
    app.command()(explain)


def _clocks(family: str, reading: Any) -> list[Any]:
    """Every clock of a reading, once: of other families than case the main clock is one of the others."""
    core = [reading.promise, reading.statutory] if family == "case" else []
    return [*(one for one in core if one is not None), *reading.clocks]


def _entries(subject: Any) -> list[Any]:
    return sorted(subject.entries.values(), key=lambda entry: (entry.at_us, entry.sequence, entry.type))


def _plain(found: Any, reading: Any, clocks: list[Any]) -> dict[str, Any]:
    import msgspec

    subject = found.subject
    return {
        "family": subject.family,
        "case_key" if subject.family == "case" else "subject_key": subject.key,
        "state": reading.state,
        "as_of": reading.as_of,
        "accepted_at": reading.accepted_at,
        "stopped_at": reading.stopped_at,
        "is_on_time": reading.is_on_time,
        "is_overdue": reading.is_overdue,
        "rulebook_version": found.rulebook.version,
        "calendar_version": found.rulebook.calendar_version,
        "events": [
            {
                "at": entry.at,
                "type": entry.type,
                "source": entry.source,
                "id": entry.id,
                "record": entry.record_key,
                "version": entry.data_version,
                "is_deletion": entry.is_deletion,
                "data": msgspec.json.decode(entry.data),
            }
            for entry in _entries(subject)
        ],
        "clocks": [_plain_clock(clock) for clock in clocks],
        "signals": [msgspec.to_builtins(signal) for signal in reading.signals],
        "findings": list(reading.findings),
    }


def _plain_clock(clock: Any) -> dict[str, Any]:
    import msgspec

    from streams.domain.explain import explain as days_of

    return {
        "clock_id": clock.clock_id,
        "started_at": clock.start.at,
        "started_by": clock.start.record_key,
        "deemed_at": clock.start.deemed_at,
        "stopped_at": clock.stopped_at,
        "limit": msgspec.to_builtins(clock.span.limit),
        "unit": "days" if clock.counts_days else "minutes",
        "calendar": clock.schedule.calendar.name,
        "due_on": clock.due_on,
        "due_at": clock.due_at,
        "used": clock.used,
        "paused": clock.not_used,
        "is_on_time": clock.is_on_time,
        "is_broken": clock.is_broken,
        "is_provisional": clock.is_provisional,
        "pauses": [msgspec.to_builtins(pause) for pause in clock.pauses],
        "days": [msgspec.to_builtins(day) for day in days_of(clock)],
    }


def _tell(found: Any, reading: Any, clocks: list[Any], *, language: str, all_days: bool) -> None:
    subject, zone = found.subject, found.zone

    def at(instant: datetime | None) -> str:
        return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"

    console.print(
        f"{subject.key}: {subject.family}, {reading.state}, as of {at(reading.as_of)} ({zone}),"
        f" reference data {found.rulebook.version}",
        style="bold",
        markup=False,
    )
    rows = [
        (
            at(entry.at),
            entry.type + (" (deleted)" if entry.is_deletion else ""),
            entry.record_key,
            entry.source,
            entry.id,
            entry.data.decode()[:90],
        )
        for entry in _entries(subject)
    ]
    show_table("\nEvents", ["at", "type", "record", "source", "id", "data"], rows)
    for clock in clocks:
        _tell_clock(clock, at, language=language, all_days=all_days)
    if reading.signals:
        signals = [
            (
                signal.rule_id,
                signal.clock_id,
                signal.level,
                at(signal.since),
                at(signal.until) or "stands",
                at(signal.due_at),
            )
            for signal in reading.signals
        ]
        show_table("\nSignals", ["rule", "clock", "level", "since", "until", "due"], signals)
    if reading.findings:
        console.print(f"\nFindings: {', '.join(reading.findings)}")


def _tell_clock(clock: Any, at: Any, *, language: str, all_days: bool) -> None:
    from streams.domain.explain import explain as days_of

    days = days_of(clock)
    unit = "days" if clock.counts_days else "minutes"
    given = (
        "the instant given by the source" if clock.is_explicit else f"{clock.span.limit.value} {clock.span.limit.unit}"
    )
    verdict = {True: "kept", False: "broken", None: "broken" if clock.is_broken else "running"}[clock.is_on_time]
    shown: list[Any] = list(days)
    if not all_days and len(days) > 40:
        shown = [*days[:8], None, *_around(days, clock.due_on), None, *days[-4:]]
    rows = [
        ("…", "", "", "")
        if day is None
        else (f"{day.day} {day.day:%a}", day.counted, day.total, day.reason_zh if language == "zh" else day.reason)
        for day in shown
    ]
    show_table(
        f"\n{clock.clock_id.capitalize()}: {given}, due {at(clock.due_at)}: {verdict}",
        ["day", unit, "total", ""],
        rows,
        right=frozenset({unit, "total"}),
    )
    for pause in clock.pauses:
        cap = " (ended by its declared days)" if pause.is_capped else ""
        console.print(f"  paused {at(pause.started_at)} to {at(pause.ended_at) or 'now'}: {pause.reason}{cap}")


def _around(days: list[Any], due_on: Any) -> list[Any]:
    place = next((place for place, day in enumerate(days) if day.day == due_on), None)
    return [] if place is None or place < 10 or place > len(days) - 6 else days[place - 2 : place + 2]
