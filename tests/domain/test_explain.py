"""An explanation adds up to the figure, day by day, and says why in both languages."""

import pytest
from msgspec.structs import replace

from streams.domain.explain import explain, whole
from streams.domain.law import Law
from streams.domain.limits import Limit
from streams.domain.reading import read
from streams.domain.rulebook import Authority
from streams.domain.subject import entry_of, join, new_subject
from streams.domain.what_if import promising, with_promise
from tests.cases import accepted, china, document, event_of, reading_of, subject_of
from tests.random_cases import random_cases
from tests.rulebooks import rulebook_with, shipped_rulebook
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
    days = explain(clock)
    assert sum(day.counted for day in days if day.is_used) == whole(clock, clock.used)
    assert [day.mark for day in days if day.mark] == ["stop" if clock.stopped_at is not None else "now"]
    assert all(day.note and day.note_zh for day in days if day.mark or not day.is_used)
    assert all(day.reason and day.reason_zh for day in days)


@pytest.mark.parametrize(
    "law",
    [Law(), Law(pause_day_rule="inclusive", pause_cap="none"), Law(late_pauses_extend=True, extension_any_time=True)],
)
def test_the_days_of_random_cases_add_up_and_reach_the_limit_where_it_runs_out(law):
    book, subjects = rulebook_with(authority=Authority("x", law=law)), {}
    for event in map(event_of, random_cases(80, seed=7, authority="x")):
        known = subjects.get(event.subject_key) or new_subject("case", event.subject_key)
        subjects[event.subject_key] = join(known, [entry_of(event, china("2100-01-01"))])
    for subject in subjects.values():
        reading = read(subject, book, china("2026-12-01"))
        for clock in (one for one in (reading.promise, reading.statutory, *reading.clocks) if one is not None):
            days = explain(clock)
            assert sum(day.counted for day in days if day.is_used) == whole(clock, clock.used), subject.key
            ends = [day.total for day in days if "the last day" in day.reason or "; runs out at" in day.reason]
            is_moved = any("the limit is reached" in day.reason for day in days)
            if ends and not clock.is_explicit and not is_moved:
                assert ends == [whole(clock, clock.length)], subject.key


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


def rows(told, as_of: str, *, rulebook=None):
    return explain(reading_of(told, rulebook or shipped_rulebook(), as_of).promise, {"hearing": "听证"})


def test_the_row_of_the_stop_says_what_is_used_and_later_ones_are_shown_for_the_due_date_only():
    told = [accepted("2026-11-02", promise=(10, "workday")), document("finished", "2026-11-05", result="granted")]
    days = rows(told, "2026-11-20")
    [stop] = [day for day in days if day.mark]
    assert (stop.day.isoformat(), stop.mark, stop.total) == ("2026-11-05", "stop", 3)
    assert (stop.note, stop.note_zh) == ("stopped here: 3 used", "至此停表，已用3")
    later = days[days.index(stop) + 1 :]
    assert (later[-1].day.isoformat(), later[-1].total) == ("2026-11-16", 10)
    assert all(not day.is_used and "shown for the due date" in day.note and "到期日" in day.note_zh for day in later)


def test_the_minutes_of_half_a_day_end_at_the_stop_and_then_at_the_due_instant():
    told = [accepted("2026-11-23", promise=(1, "halfday")), document("finished", "2026-11-23 11:00", result="granted")]
    used, rest = rows(told, "2026-11-24")
    assert (used.counted, used.total, used.is_used, used.note) == (60, 60, True, "stopped here: 60 used")
    assert (rest.counted, rest.total, rest.is_used) == (180, 240, False)
    assert "from 11:00:00; runs out at 15:30:00" in rest.reason
    assert "自11:00:00起；15:30:00 到期" in rest.reason_zh


def test_minutes_after_the_due_instant_are_used_up_to_the_stop():
    told = [accepted("2026-11-23", promise=(1, "halfday")), document("finished", "2026-11-24 09:30", result="granted")]
    assert [(day.counted, day.total, day.mark) for day in rows(told, "2026-11-25")] == [
        (240, 240, ""), (90, 330, ""), (30, 360, "stop")]  # fmt: skip


def test_a_stop_before_the_start_uses_nothing():
    for promise in ((1, "halfday"), (2, "workday")):
        told = [accepted("2026-11-23", promise=promise), document("decided", "2026-11-20")]
        days = rows(told, "2026-11-24")
        assert (days[0].counted, days[0].mark, days[0].is_used) == (0, "stop", False)
        assert days[0].note == "stopped before the start: nothing is used"
        assert not any(day.is_used for day in days)


def test_a_pause_of_minutes_says_from_when_to_when_and_on_what_basis():
    told = [
        accepted("2026-11-23", promise=(1, "halfday")),
        document("special_started", "2026-11-23 11:00", sn=1, kind="hearing", basis="行政许可法 48"),
        document("special_ended", "2026-11-23 14:30", sn=1),
    ]
    [day, *_] = rows(told, "2026-11-23 17:00")
    assert day.counted == 60 + 150
    assert "not counted 11:00:00–14:30:00: paused (hearing), 行政许可法 48" in day.reason
    assert "11:00:00–14:30:00 不计入：特别程序（听证），行政许可法 48" in day.reason_zh


def test_days_beyond_the_declared_ones_are_named_until_the_pause_was_really_over():
    told = [
        accepted("2026-11-02", promise=(10, "workday")),
        document("special_started", "2026-11-04", sn=1, kind="hearing", declared=2),
        document("special_ended", "2026-11-10", sn=1),
    ]
    days = {day.day.isoformat(): day for day in rows(told, "2026-11-20")}
    named = [day for day, row in days.items() if "declared until 2026-11-06: counted again" in row.reason]
    assert named == ["2026-11-09", "2026-11-10"]  # not the weekend, which does not count, nor what follows the end
    assert "听证告知至2026-11-06，超出部分恢复计时" in days["2026-11-10"].reason_zh


def test_an_open_pause_beyond_its_declared_days_is_named_to_the_end():
    told = [
        accepted("2026-11-02", promise=(10, "workday")),
        document("special_started", "2026-11-04", sn=1, kind="hearing", declared=2),
    ]
    named = [day.day.day for day in rows(told, "2026-11-13") if "counted again" in day.reason and day.is_used]
    assert named == [9, 10, 11, 12, 13]


def test_by_the_clock_on_the_wall_every_hour_counts_and_no_day_is_off():
    book = shipped_rulebook()
    matters = {"M007": tuple(replace(matter, is_wall_time=True) for matter in book.matters["M007"])}
    days = rows([accepted("2026-11-20", promise=(72, "hour"))], "2026-11-24", rulebook=rulebook_with(matters=matters))
    assert [day.counted for day in days if day.day.day in (21, 22)] == [1440, 1440]
    assert all("every hour counts" in day.reason and "off" not in day.reason for day in days)
    assert all("昼夜连续计时" in day.reason_zh and "休息" not in day.reason_zh for day in days)


def test_natural_days_count_on_days_off_and_the_last_one_moves_to_a_working_day():
    days = {day.day.isoformat(): day for day in rows([accepted("2026-11-12", promise=(3, "day"))], "2026-11-12 11:00")}
    assert days["2026-11-14"].reason == "every day counts; day off: weekend"
    assert (days["2026-11-15"].counted, days["2026-11-15"].total) == (1, 3)
    assert "民法典 203" in days["2026-11-15"].reason
    assert days["2026-11-16"].reason.endswith("the last day")


PAUSED_LATER = [
    accepted("2026-11-02", promise=(2, "workday")),
    document("special_started", "2026-11-04", sn=1, kind="hearing"),
    document("special_ended", "2026-11-06", sn=1),
]


def test_a_limit_that_is_reached_while_a_pause_is_on_says_so():
    days = {day.day.day: day for day in rows(PAUSED_LATER, "2026-11-10")}
    assert days[4].reason.endswith("the limit is reached while a pause is on: it runs out when the pause ends")
    assert days[6].reason.endswith("the last day")
    open_days = {day.day.day: day for day in rows(PAUSED_LATER[:2], "2026-11-06")}
    assert open_days[4].reason == days[4].reason


def test_pauses_that_begin_later_and_still_extend_are_named_as_the_authority_s_reading():
    law = Authority("jdz", law=Law(late_pauses_extend=True))
    told = [accepted("2026-11-02", promise=(1, "workday")), *PAUSED_LATER[1:]]
    days = {day.day.day: day for day in rows(told, "2026-11-10", rulebook=rulebook_with(authority=law))}
    assert "pauses that began later" in days[3].reason
    assert "本机构口径" in days[3].reason_zh


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


def test_another_promise_holds_for_a_case_accepted_by_default_too():
    told = [
        document("applied", "2026-11-02", matter_code="M001", unit_code="u1"),
        document("received", "2026-11-02"),
        document("finished", "2026-11-12", result="granted"),
    ]
    case, now = subject_of(told), china("2026-11-24")
    assert read(case, shipped_rulebook(), now).is_deemed_accepted
    for days, is_kept in ((8, True), (7, False)):
        promise = Limit(days, "workday")
        would = read(with_promise(case, promise), promising(shipped_rulebook(), "M001", promise), now)
        assert (would.promise.span.limit, would.is_on_time) == (promise, is_kept)
