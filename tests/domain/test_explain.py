"""An explanation adds up to the figure, day by day, and says why in both languages."""

import pytest

from streams.domain.explain import explain
from streams.domain.limits import Limit
from streams.domain.reading import read
from streams.domain.what_if import with_promise
from tests.cases import accepted, china, document, reading_of, subject_of
from tests.rulebooks import shipped_rulebook
from tests.stories.told import stories

CLOCKS = [
    (story.name, clock)
    for story in stories()
    for reading in story.readings(story.events).values()
    for clock in {
        id(one): one for one in (reading.promise, reading.statutory, *reading.clocks) if one is not None
    }.values()
]


@pytest.mark.parametrize(
    ("name", "clock"), CLOCKS, ids=[f"{name}-{clock.clock_id}-{n}" for n, (name, clock) in enumerate(CLOCKS)]
)
def test_the_days_add_up_to_what_is_used(name, clock):
    until = clock.schedule.local_date(clock.read_at)
    days = [day for day in explain(clock) if day.day <= until]
    if clock.counts_days:
        assert sum(day.counted for day in days) == clock.used
    else:
        assert sum(day.counted for day in days) >= clock.used // 60_000_000
    assert all(day.reason and day.reason_zh for day in days)


def reasons(told, as_of: str, language: str):
    clock = reading_of(told, shipped_rulebook(), as_of).promise
    return {f"{day.day:%m-%d}": day.reason_zh if language == "zh" else day.reason for day in explain(clock)}


def test_every_reason_is_told_in_both_languages():
    told = [
        accepted("2026-09-18", promise=(10, "workday")),
        document("special_started", "2026-09-22", sn=1, kind="hearing", basis="行政许可法 45", declared=1),
    ]
    en, zh = (reasons(told, "2026-10-12", language) for language in ("en", "zh"))
    assert en["09-18"].startswith("day 0")
    assert "民法典" in zh["09-18"]
    assert "weekend worked" in en["09-20"]
    assert "调休" in zh["09-20"]
    assert "paused (hearing), 行政许可法 45" in en["09-23"]
    assert "特别程序（hearing）" in zh["09-23"]
    assert "declared until 2026-09-23: counted again" in en["09-24"]
    assert "超出部分恢复计时" in zh["09-24"]
    assert "中秋" in zh["09-25"]
    assert zh["10-02"].startswith("休息日：国庆")


def test_days_name_the_notice_they_come_from():
    clock = reading_of([accepted("2026-09-18", promise=(10, "workday"))], shipped_rulebook(), "2026-10-12").promise
    assert {day.day.isoformat() for day in explain(clock) if "gov.cn" in day.notice} >= {"2026-09-20", "2026-10-01"}


def test_another_promise_changes_the_verdict_and_nothing_else():
    told = [accepted("2026-11-02", promise=(5, "workday")), document("finished", "2026-11-06", result="granted")]
    case, now = subject_of(told), china("2026-11-24")
    was = read(case, shipped_rulebook(), now)
    would = read(with_promise(case, Limit(3, "workday")), shipped_rulebook(), now)
    assert (was.is_on_time, would.is_on_time) == (True, False)
    assert was.used_workdays == would.used_workdays
