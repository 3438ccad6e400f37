"""due: when a limit runs out, by the same engine that watches the cases."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from infra.cli.screen import console, show_json, show_table
from streams.domain.limits import MOST, MOST_MONTHS, is_too_long

UNITS = {
    "wd": "workday", "workday": "workday", "workdays": "workday", "d": "day", "day": "day", "days": "day",
    "mo": "month", "month": "month", "months": "month", "h": "hour", "hour": "hour", "hours": "hour",
    "min": "minute", "minute": "minute", "minutes": "minute", "hd": "halfday", "halfday": "halfday",
    "halfdays": "halfday", "onspot": "onspot",
}  # fmt: skip


def due(
    start: Annotated[
        str, typer.Option("--from", help="Day or instant of acceptance, such as 2026-04-01 or 2026-04-01T10:30.")
    ],
    limit: Annotated[str, typer.Option(help="10wd, 20d, 2mo, 4h, 90min, 1hd or onspot.")],
    pause: Annotated[
        list[str] | None,
        typer.Option(
            help="DAY..DAY: its first day counts, the others do not; of hours and minutes, from 09:00 of the first day "
            "to 09:00 of the last. May be given several times."
        ),
    ] = None,
    calendar: Annotated[str, typer.Option(help="A shipped schedule: cn, weekdays, every_day.")] = "cn",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say when a limit runs out, and why: each day counted or skipped."""
    from infra.reference_data.shipped import shipped_rulebook
    from streams.domain.explain import explain

    rulebook = shipped_rulebook()
    if calendar not in rulebook.schedules:
        raise typer.BadParameter(f"no schedule {calendar!r}: there are {', '.join(sorted(rulebook.schedules))}")
    clock = _clock(rulebook, calendar, _instant(start), limit_of(limit), [_pause(text) for text in pause or ()])
    zone = clock.schedule.zone
    due_at = clock.due_at
    days = explain(clock)
    if as_json:
        show_json(
            {
                "from": start,
                "limit": limit,
                "calendar": calendar,
                "due_on": clock.due_on and clock.due_on.isoformat(),
                "due_at": due_at and due_at.astimezone(zone).isoformat(),
                "is_provisional": clock.is_provisional,
                "days": [
                    {
                        "day": day.day.isoformat(),
                        "counted": day.counted,
                        "total": day.total,
                        "reason": day.reason,
                        "reason_zh": day.reason_zh,
                    }
                    for day in days
                ],
            }
        )
        return
    unit = "days" if clock.counts_days else "minutes"
    show_table(
        None,
        ["day", unit, "total", ""],
        [(f"{day.day} {day.day:%a}", day.counted, day.total, day.reason) for day in days],
        right=frozenset({unit, "total"}),
    )
    if due_at is None:
        console.print("\nunknown while a pause is open")
    else:
        mark = " (provisional: counted over days without an official notice)" if clock.is_provisional else ""
        console.print(f"\ndue on {clock.due_on}; it runs out at {due_at.astimezone(zone):%Y-%m-%d %H:%M %Z}{mark}")


def add_to(app: typer.Typer) -> None:
    app.command()(due)


def _clock(
    rulebook: Any, calendar: str, start: datetime, limit: dict[str, Any], pauses: list[tuple[date, date]]
) -> Any:
    """The promise clock of a case that was accepted then and paused so."""
    from msgspec.structs import replace

    from streams import wire
    from streams.domain.reading import read
    from streams.domain.subject import entry_of, join, new_subject

    schedule = rulebook.schedules[calendar]
    started = schedule.at_local(start.date(), start.time()) if start.tzinfo is None else start.astimezone(UTC)

    def told(name: str, at: datetime, **data: Any) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "type": wire.type_name(f"case.{name}"),
            "source": "urn:govpulse:due",
            "id": f"{name}/{data.get('sn')}",
            "subject": "due",
            "authority": "due",
            "time": at.isoformat(),
            "data": data,
        }

    documents = [told("accepted", started, matter_code="due", unit_code="due", promise=limit)]
    for number, (first, last) in enumerate(pauses, start=1):
        documents.append(told("special_started", schedule.at_local(first, time(9)), sn=number, kind="pause"))
        documents.append(told("special_ended", schedule.at_local(last, time(9)), sn=number))
    subject = new_subject("case", "due|due")
    for document in documents:
        event = wire.decode(wire.encode(document))
        if isinstance(event, wire.Rejected):
            raise typer.BadParameter(f"{event.field}: {event.detail}")
        subject = join(subject, [entry_of(event, event.at)])
    law = replace(rulebook, assignments={**rulebook.assignments, ("authority", "due"): calendar})
    latest = max(
        event_at for _, event_at in [(0, started), *((1, schedule.at_local(last, time(9))) for _, last in pauses)]
    )
    clock = read(subject, law, latest + timedelta(seconds=1)).promise
    if clock is None or clock.counts_days or clock.due_at is None:
        return clock
    return replace(clock, as_of=clock.due_at)  # as it stands when it runs out: its minutes are told day by day


def limit_of(text: str) -> dict[str, Any]:
    """A limit from its short form, such as 10wd; a usage error where it is none."""
    found = re.fullmatch(r"(\d{1,5})?\s*([a-z]+)", text.strip().lower())
    unit = UNITS.get(found[2]) if found else None
    if found is None or unit is None or (found[1] is None and unit not in ("onspot", "halfday")):
        raise typer.BadParameter(f"{text!r} is no limit: 10wd, 20d, 2mo, 4h, 90min, 1hd or onspot")
    value = int(found[1] or (0 if unit == "onspot" else 1))
    if unit == "onspot" and value:
        raise typer.BadParameter(f"{text!r} is no limit: on the spot is the day itself; write onspot")
    if unit != "onspot" and not value:
        raise typer.BadParameter(f"{text!r} is no limit: one is above 0; write how many {unit}s, or onspot")
    if is_too_long(value, unit):
        raise typer.BadParameter(f"no law has a limit of {text!r}: at most {MOST} of a unit, and {MOST_MONTHS} months")
    return {"value": value, "unit": unit}


def _instant(text: str) -> datetime:
    from streams.wire import EARLIEST, LATEST

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a day nor an instant: 2026-04-01 or 2026-04-01T10:30") from None
    if not EARLIEST.year <= found.year < LATEST.year:
        raise typer.BadParameter(
            f"{text!r}: no event is of that year; give one from {EARLIEST.year} to {LATEST.year - 1}"
        )
    return found


def _pause(text: str) -> tuple[date, date]:
    first, _, last = text.partition("..")
    try:
        found = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no pause: 2026-04-07..2026-04-13") from None
    if found[1] < found[0]:
        raise typer.BadParameter(f"{text!r} ends before it begins")
    return found
