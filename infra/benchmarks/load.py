"""The load: cases of eight events each, interleaved over many open ones, as structured CloudEvents of 600 bytes and more."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice

from streams.wire import type_name

EVENTS_A_CASE = 8
OPEN_CASES = 50_000
LEAST_BYTES = 600
AUTHORITY, SOURCE = "jdz", "urn:gov:360200:bench"
#: The cases began within these days before now: most within their promise of ten working days, some warned of.
YOUNGEST_DAYS, OLDEST_DAYS = 10, 14
#: What happens to a case, in order: type, days after its start, record key, data.
_LIFE: tuple[tuple[str, float, str, dict[str, object]], ...] = (
    ("case.applied", 0.0, "applied", {"matter_code": "M007", "unit_code": "{unit}", "channel": "online"}),
    ("case.received", 0.1, "received", {}),
    (
        "case.accepted",
        0.2,
        "accepted",
        {
            "matter_code": "M007",
            "unit_code": "{unit}",
            "area_code": "360200",
            "promise": {"value": 10, "unit": "workday"},
        },
    ),
    ("case.step_completed", 1.2, "step/1", {"node": "review", "sn": 1}),
    (
        "case.special_started",
        2.0,
        "special/1/start",
        {
            "sn": 1,
            "kind": "expert_review",
            "declared": 20,
            "basis": "行政许可法 45",
            "notified_at": "2026-01-05T09:00:00+08:00",
        },
    ),
    ("case.special_ended", 4.0, "special/1/end", {"sn": 1}),
    ("case.step_completed", 6.0, "step/2", {"node": "decision", "sn": 2}),
    ("case.finished", 9.0, "finished", {"result": "granted"}),
)
#: An office that receives an application accepts it soon: told one after the other, or it would seem to have slept for days.
_TOGETHER = ((0,), (1, 2), (3,), (4,), (5,), (6,), (7,))


def events(
    number: int, *, now: datetime, first_case: int = 0, open_cases: int = OPEN_CASES
) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of so many events up to `now`. While one case gets its next event, all the others stay open."""
    open_cases = max(1, min(open_cases, number))
    templates = [_template(*life) for life in _LIFE]
    lives = (
        (first_case + wave * open_cases + place, step)
        for wave in count()
        for steps in _TOGETHER
        for place in range(open_cases)
        for step in steps
    )
    for case, step in islice(lives, number):
        age = timedelta(days=YOUNGEST_DAYS + case % (OLDEST_DAYS - YOUNGEST_DAYS), seconds=case % 25_000)
        at = (now - age + timedelta(days=_LIFE[step][1])).replace(microsecond=0)
        yield _fill(case, step, at, *templates[step])


def _template(kind: str, _: float, record: str, data: dict[str, object]) -> tuple[str, str]:
    """The canonical JSON around number, id, time and unit."""
    said = json.dumps(data, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    head = f'{{"authority":"{AUTHORITY}","data":{said},"door":"http","id":"'
    tail = (
        f'","ingesttime":"%s","operation":"U","recordedtime":"%s","recordkey":"{record}","sequence":"%s",'
        f'"source":"{SOURCE}","specversion":"1.0","subject":"%s","time":"%s","type":"{type_name(kind)}"}}'
    )
    return head, tail


def _fill(case: int, step: int, at: datetime, head: str, tail: str) -> tuple[bytes, bytes]:
    number, time = f"360200-2026-{case:09}", at.isoformat()
    end = tail % (time, time, f"{step:032}", number, time)
    begin = head.replace("{unit}", f"u{case % 40:02}")
    # Sources with long identifiers fill what is missing to the size that the figures are promised for.
    identifier = f"{number}-{step}-".ljust(max(30, LEAST_BYTES - len(begin) - len(end)), "0")
    return f"{AUTHORITY}|{number}".encode(), f"{begin}{identifier}{end}".encode()
