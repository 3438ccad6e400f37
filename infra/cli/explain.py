"""explain: why a case is due when it is: each source event, each pause, each day counted or skipped."""

from datetime import datetime
from typing import Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers, show_json, show_table


def explain(
    case: Annotated[str, typer.Argument(help="A case's number, or authority|number.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    all_days: Annotated[bool, typer.Option("--all-days", help="Show every day of long clocks.")] = False,
) -> None:
    """Explain one case: its events, pauses, clocks day by day, signals and findings."""
    key, subject, rulebook, as_of = _stored(case)
    from streams.domain.reading import read

    reading = read(subject, rulebook, as_of)
    if as_json:
        show_json(_plain(key, subject, reading))
    else:
        _tell(key, subject, reading, all_days=all_days)


def add_to(app: typer.Typer) -> None:
    app.command()(explain)


def _stored(case: str) -> tuple[str, Any, Any, datetime]:
    """The subject as the stream has it, the rulebook in force, and how far its time has come."""
    import psycopg

    from streams.domain.subject import unpack
    from streams.reference import read_rulebook

    with psycopg.connect(settings_with_servers().database) as connection:
        rows = connection.execute(
            """select s.subject_key, s.records, greatest(s.as_of, coalesce(
                      (select as_of from stream.clock as c where c.partition = s.partition and c.authority = s.authority limit 1),
                      case when a.clock is distinct from 'marked' then
                          (select as_of from stream.clock as c where c.partition = s.partition and c.authority = '*' limit 1) end,
                      s.as_of))
               from stream.subject as s left join reference.authority as a on a.authority = s.authority and a.until_version is null
               where s.family = 'case' and (s.subject_key = %(case)s or split_part(s.subject_key, '|', 2) = %(case)s)""",
            {"case": case},
        ).fetchall()
        rulebook = read_rulebook(connection)
    if not rows:
        raise typer.BadParameter(
            f"no case {case!r}: has its event arrived? 'govpulse sql' finds cases by other columns"
        )
    if len(rows) > 1:
        raise typer.BadParameter(f"{case!r} is ambiguous: {', '.join(row[0] for row in rows)}")
    key, records, as_of = rows[0]
    return key, unpack("case", key, bytes(records)), rulebook, as_of


def _entries(subject: Any) -> list[Any]:
    return sorted(subject.entries.values(), key=lambda entry: (entry.at_us, entry.sequence, entry.type))


def _plain(key: str, subject: Any, reading: Any) -> dict[str, Any]:
    import msgspec

    from streams.domain.explain import explain as days_of

    clocks = [clock for clock in (reading.promise, reading.statutory) if clock is not None]
    return {
        "case_key": key,
        "state": reading.state,
        "as_of": reading.as_of,
        "accepted_at": reading.accepted_at,
        "stopped_at": reading.stopped_at,
        "is_on_time": reading.is_on_time,
        "is_overdue": reading.is_overdue,
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
        "clocks": [
            {
                "clock_id": clock.clock_id,
                "due_on": clock.due_on,
                "due_at": clock.due_at,
                "used": clock.used,
                "paused": clock.not_used,
                "is_provisional": clock.is_provisional,
                "pauses": [msgspec.to_builtins(pause) for pause in clock.pauses],
                "days": [msgspec.to_builtins(day) for day in days_of(clock)],
            }
            for clock in clocks
        ],
        "signals": [msgspec.to_builtins(signal) for signal in reading.signals],
        "findings": list(reading.findings),
    }


def _tell(key: str, subject: Any, reading: Any, *, all_days: bool) -> None:
    clocks = [clock for clock in (reading.promise, reading.statutory) if clock is not None]
    zone = clocks[0].schedule.zone if clocks else None

    def at(instant: datetime | None) -> str:
        return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"

    console.print(f"{key}: {reading.state}, as of {at(reading.as_of)} ({zone})", style="bold", markup=False)
    rows = [
        (
            at(entry.at),
            entry.type + (" (deleted)" if entry.is_deletion else ""),
            entry.record_key,
            entry.source,
            entry.data.decode()[:90],
        )
        for entry in _entries(subject)
    ]
    show_table("\nEvents", ["at", "type", "record", "source", "data"], rows)
    for clock in clocks:
        _tell_clock(clock, at, all_days=all_days)
    if reading.signals:
        rows = [
            (signal.rule_id, signal.level, at(signal.since), at(signal.until) or "stands", at(signal.due_at))
            for signal in reading.signals
        ]
        show_table("\nSignals", ["rule", "level", "since", "until", "due"], rows)
    if reading.findings:
        console.print(f"\nFindings: {', '.join(reading.findings)}")


def _tell_clock(clock: Any, at: Any, *, all_days: bool) -> None:
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
        ("…", "", "", "") if day is None else (f"{day.day} {day.day:%a}", day.counted, day.total, day.reason)
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
