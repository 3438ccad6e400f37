"""explain: why a subject is due when it is: each source event, each pause, each day counted or skipped."""

from typing import Annotated, Any, Literal

import typer

from infra.cli.screen import settings_with_servers, show_json


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
    import psycopg

    from infra.cli.explain_text import Text
    from infra.cli.explain_words import Speech, names_in
    from infra.cli.subjects import stored_subject
    from streams.domain.origins import Origins
    from streams.domain.reading import read

    database = settings_with_servers().database
    found = stored_subject(database, subject, family)
    reading = read(found.subject, found.rulebook, found.as_of)
    clocks = [one for one in _clocks(found.subject.family, reading) if clock in (None, one.clock_id)]
    if clock is not None and not clocks:
        known = ", ".join(sorted({one.clock_id for one in _clocks(found.subject.family, reading)})) or "none"
        raise typer.BadParameter(f"{subject!r} has no clock {clock!r}; it has {known}")
    origins = Origins(found.subject, found.rulebook, found.as_of)
    if as_json:
        show_json(_plain(found, reading, clocks, origins))
        return
    with psycopg.connect(database) as connection:
        speech = Speech(language, names_in(connection))
    Text(found, reading, origins, speech).tell(_entries(found.subject), clocks, all_days=all_days)


def add_to(app: typer.Typer) -> None:
    app.command()(explain)


def _clocks(family: str, reading: Any) -> list[Any]:
    """Every clock of a reading, once: of other families than case the main clock is one of the others."""
    core = [reading.promise, reading.statutory] if family == "case" else []
    return [*(one for one in core if one is not None), *reading.clocks]


def _entries(subject: Any) -> list[Any]:
    return sorted(subject.entries.values(), key=lambda entry: (entry.at_us, entry.sequence, entry.type))


def _plain(found: Any, reading: Any, clocks: list[Any], origins: Any) -> dict[str, Any]:
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
        "clocks": [_plain_clock(clock, origins) for clock in clocks],
        "signals": [msgspec.to_builtins(signal) for signal in reading.signals],
        "findings": list(reading.findings),
    }


def _plain_clock(clock: Any, origins: Any) -> dict[str, Any]:
    """A clock with its days; `used`, `paused` and `length` in its `unit`, minutes whole, rounded down."""
    import msgspec

    from infra.cli.explain_text import verdict
    from infra.cli.explain_words import chinese_of
    from streams.domain.explain import explain as days_of
    from streams.domain.explain import whole

    return {
        "clock_id": clock.clock_id,
        "started_at": clock.start.at,
        "started_by": clock.start.record_key,
        "started_by_event": origins.event_id(clock.start.record_key),
        "deemed_at": clock.start.deemed_at,
        "stopped_at": clock.stopped_at,
        "limit": msgspec.to_builtins(clock.span.limit),
        "origin": msgspec.to_builtins(origins.of(clock)),
        "unit": "days" if clock.counts_days else "minutes",
        "calendar": clock.schedule.calendar.name,
        "due_on": clock.due_on,
        "due_at": clock.due_at,
        "length": whole(clock, clock.length),
        "used": whole(clock, clock.used),
        "paused": whole(clock, clock.not_used),
        "verdict": verdict(clock),
        "is_on_time": clock.is_on_time if clock.is_judged else None,
        "is_broken": clock.is_broken,
        "is_provisional": clock.is_provisional,
        "pauses": [msgspec.to_builtins(pause) for pause in clock.pauses],
        "days": [msgspec.to_builtins(day) for day in days_of(clock, chinese_of("case.special_started.kind"))],
    }
