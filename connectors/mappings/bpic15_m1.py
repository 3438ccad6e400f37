"""What the table of bpic15-m1 cannot say: suspensions paired over a whole trace, extensions, and cases left aside."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.sources.logged import Entry, Trace
from connectors.sources.mapping import Mapping
from connectors.sources.tell import document, instant

DECISIONS = ("01_HOOFD_510_2", "01_HOOFD_510_3", "01_HOOFD_510_4", "01_HOOFD_515")
LEFT_ASIDE = ("08_AWB45_090_2", "08_AWB45_090_3")
LEFT_ASIDE_PHASES = ("Buiten behandeling gelaten", "Aanvraag buiten behandeling")
EXTENDED = ("06_VD_020", "06_VD_030")
#: kind → codes that open and that close a suspension (Awb 4:15, and two older ways of the municipality).
SUSPENSIONS = {
    "incomplete_application": (("08_AWB45_020_2",), ("08_AWB45_040",)),
    "suspended": (("07_OPS_050", "01_HOOFD_570"), ("07_OPS_070", "01_HOOFD_590")),
    "withheld": (("11_AH_II_035",), ("11_AH_II_145",)),
}


def pauses_and_extensions(mapping: Mapping, trace: Trace) -> Iterator[dict[str, Any]]:
    """`special_started`, `special_ended`, `extended`, and the decision of a case that was left aside."""
    coded = sorted(
        (
            (instant(mapping, entry.attributes["time:timestamp"], column="time:timestamp"), entry)
            for entry in trace.entries
            if "action_code" in entry.attributes
        ),
        key=lambda found: (found[0], found[1].position),
    )
    decided_at = _first(coded, DECISIONS)
    if decided_at is None and _is_left_aside(trace):
        decided_at = _first(coded, LEFT_ASIDE)
        if decided_at is not None:
            yield _told(mapping, trace, "case.decided", decided_at, trace.end_position, record="decided")
    for at, entry in coded:
        if entry.attributes["action_code"] in EXTENDED and entry.attributes.get("question", "").isdigit():
            days = int(entry.attributes["question"])
            yield _told(mapping, trace, "case.extended", at, entry.position, value=days, unit="day")
    last = decided_at or max(
        instant(mapping, entry.attributes["time:timestamp"], column="time:timestamp") for entry in trace.entries
    )
    for place, (kind, (opens, closes)) in enumerate(SUSPENSIONS.items()):
        yield from _suspensions(mapping, trace, coded, opens, closes, kind=kind, first=1000 * place, last=last)


def _suspensions(
    mapping: Mapping,
    trace: Trace,
    coded: list[tuple[datetime, Entry]],
    opens: tuple[str, ...],
    closes: tuple[str, ...],
    *,
    kind: str,
    first: int,
    last: datetime,
) -> Iterator[dict[str, Any]]:
    """An opening while open and a closing while closed are ignored; an unclosed one ends with the decision."""
    number, is_open = first, False
    for at, entry in coded:
        code = entry.attributes["action_code"]
        if not is_open and code in opens and at < last:
            number, is_open = number + 1, True
            yield _told(mapping, trace, "case.special_started", at, entry.position, sn=number, kind=kind)
        elif is_open and code in closes:
            is_open = False
            yield _told(mapping, trace, "case.special_ended", at, entry.position, sn=number)
    if is_open:
        yield _told(mapping, trace, "case.special_ended", last, trace.end_position, sn=number)


def _told(
    mapping: Mapping,
    trace: Trace,
    type: str,  # noqa: A002 - CloudEvents calls it so
    at: datetime,
    position: int,
    *,
    record: str | None = None,
    **data: Any,
) -> dict[str, Any]:
    if "sn" in data:
        record = f"special/{data['sn']}/{'start' if type.endswith('started') else 'end'}"
    return document(mapping, trace, type=type, at=at, position=position, record=record, data=data)


def _first(coded: list[tuple[datetime, Entry]], codes: tuple[str, ...]) -> datetime | None:
    """When the first code of the list that occurs at all occurs first."""
    for code in codes:
        for at, entry in coded:
            if entry.attributes["action_code"] == code:
                return at
    return None


def _is_left_aside(trace: Trace) -> bool:
    return trace.attributes.get("last_phase") in LEFT_ASIDE_PHASES or any(
        entry.attributes.get("action_code") == "08_AWB45_060" and entry.attributes.get("question") == "True"
        for entry in trace.entries
    )
