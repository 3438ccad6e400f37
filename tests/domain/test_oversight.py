"""Rules about sources and units as wholes: pure, over aggregates."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.domain.alert_rules import AlertRule, Scope
from streams.domain.oversight import (
    GAPS,
    WITHIN_MINUTES,
    WORSE_SHARE,
    Entered,
    Heard,
    Kept,
    Unheard,
    back_entry,
    fallen,
    may_be_back_entry,
    never_heard,
    silence,
    upper_bound,
)
from tests.cases import china
from tests.rulebooks import shipped_rulebook

CN = shipped_rulebook().schedules["cn"]
BACK = AlertRule(rule_id="AR-17", level="yellow", share=Fraction("0.2"), least_cases=20)
SILENT = AlertRule(rule_id="AR-18", level="yellow", least_minutes=60)
RATE = AlertRule(rule_id="AR-19", level="yellow", share=Fraction("0.95"), least_cases=30)
DAY = date(2026, 11, 24)


def cases(number: int, *, late: int = 0, same_second: bool = False):
    """Cases of two days, told as they happened; the first `late` of them both facts at once."""
    found = []
    for place in range(number):
        accepted, finished = china("2026-11-20 10:00"), china("2026-11-24 10:00")
        if not same_second:
            finished += timedelta(seconds=place)
        arrival = finished if place < late else accepted
        found.append(Entered(accepted, finished, arrival, finished))
    return found


@pytest.mark.parametrize(
    ("entered", "is_objected"),
    [
        (cases(19, late=19, same_second=True), False),  # too few
        (cases(30), False),
        (cases(30, late=6), False),  # a fifth, not more
        (cases(30, late=7), True),
        (cases(30, same_second=True), True),
    ],
)
def test_back_entry_is_many_at_once_or_a_large_share(entered, is_objected):
    assert bool(list(back_entry(BACK, entered, schedule=CN, day=DAY))) == is_objected


def test_cases_finished_in_one_second_need_no_acceptance():
    untold = [replace(case, accepted_at=None, accepted_arrival=None) for case in cases(20, same_second=True)]
    [objection] = back_entry(BACK, untold, schedule=CN, day=DAY)
    assert objection.detail == "0 of 0 cases entered afterwards, 20 of 20 finished in one second"


def test_the_share_is_of_the_cases_whose_acceptance_was_told():
    late, untold = cases(20, late=20), replace(cases(1)[0], accepted_at=None, accepted_arrival=None)
    assert list(back_entry(BACK, [*late, *100 * [untold]], schedule=CN, day=DAY))
    few = [*late[:19], *(replace(untold, finished_at=china(f"2026-11-24 11:{minute:02}")) for minute in range(40))]
    assert not list(back_entry(BACK, few, schedule=CN, day=DAY))


@given(st.lists(st.sampled_from(("live", "late", "told again", "accepted before", "never accepted")), max_size=60))
def test_no_look_at_what_came_before_is_left_out_that_would_have_mattered(kinds):
    """`may_be_back_entry` sees what came of late; what came before takes cases away, or parts their arrivals."""
    rule = replace(BACK, least_cases=5)
    live, late = cases(1)[0], cases(1, late=1)[0]
    of_late = {"live": live, "never accepted": replace(live, accepted_at=None, accepted_arrival=None)}
    known = of_late | {"late": late, "accepted before": live}
    seconds = [timedelta(seconds=place // 2) for place in range(len(kinds))]
    seen = [_later(of_late.get(kind, late), by) for kind, by in zip(kinds, seconds, strict=True)]
    true = [_later(known[kind], by) for kind, by in zip(kinds, seconds, strict=True) if kind in known]
    if list(back_entry(rule, true, schedule=CN, day=DAY)):
        assert may_be_back_entry(rule, seen, schedule=CN)


def _later(case, by):
    return replace(case, finished_at=case.finished_at + by)


def test_a_source_is_silent_after_an_office_hour_and_three_gaps():
    busy = Heard(china("2026-11-20 16:30"), told_minutes=1000, office_minutes=2000)
    at = [list(silence(SILENT, busy, schedule=CN, as_of=china(f"2026-11-23 {clock}"))) for clock in ("09:29", "09:30")]
    assert at[0] == []  # the night and the week-end do not count
    assert at[1][0].since == china("2026-11-23 09:30")
    slow = Heard(china("2026-11-20 09:00"), told_minutes=10, office_minutes=2000)
    assert list(silence(SILENT, slow, schedule=CN, as_of=china("2026-11-20 17:00"))) == []
    assert list(silence(SILENT, slow, schedule=CN, as_of=china("2026-11-24 17:00")))


def test_a_silence_begins_at_the_same_instant_however_long_it_lasts():
    busy = Heard(china("2026-11-20 16:30"), told_minutes=1000, office_minutes=2000)
    [after_an_hour] = silence(SILENT, busy, schedule=CN, as_of=china("2026-11-23 09:30"))
    [after_years] = silence(SILENT, busy, schedule=CN, as_of=china("2029-11-23 09:30"))
    assert after_an_hour == after_years


@pytest.mark.parametrize(
    ("rhythm", "silent_from"),
    [
        (timedelta(minutes=5), china("2026-11-23 09:30")),  # registered half an hour before Friday's closing
        (timedelta(hours=30), china("2026-11-24 10:30")),
    ],
)
def test_a_source_that_never_told_anything_is_silent_after_an_office_hour_and_three_rhythms(rhythm, silent_from):
    unheard = Unheard(china("2026-11-20 16:30"), rhythm)
    before = silent_from - timedelta(seconds=1)
    assert list(never_heard(SILENT, unheard, schedule=CN, as_of=before)) == []
    [objection] = never_heard(SILENT, unheard, schedule=CN, as_of=silent_from)
    assert objection.since == silent_from


@pytest.mark.parametrize(
    ("kept", "is_objected"),
    [
        (Kept(30, 30), False),  # as printed in the catalogue every unit would be objected to
        (Kept(29, 10), False),  # too few
        (Kept(100, 92), False),  # 92 %, but it may be 95 %
        (Kept(100, 80), True),
        (Kept(1000, 940), False),
        (Kept(2000, 1870), True),
        (Kept(100, 92, 100, 99), False),
        (Kept(40, 39, 40, 40), False),
    ],
)
def test_a_rate_is_too_low_when_even_its_upper_bound_is(kept, is_objected):
    assert bool(list(fallen(RATE, kept, month=DAY, since=china("2026-11-01")))) == is_objected


def test_a_rate_far_below_the_year_before_is_said():
    lenient = AlertRule(rule_id="AR-19", level="yellow", share=Fraction("0.5"), least_cases=30)
    [objection] = fallen(lenient, Kept(100, 70, 100, 90), month=DAY, since=china("2026-11-01"))
    assert "90.0%" in objection.detail


def test_what_the_rules_measure_by_is_data():
    """Each case is objected to by the rule as shipped, or is not, and the other way round by a row that says otherwise."""
    late = cases(30, late=7)
    assert list(back_entry(BACK, late, schedule=CN, day=DAY))
    apart = [replace(case, finished_arrival=case.accepted_arrival + timedelta(minutes=11)) for case in late]
    assert not list(back_entry(BACK, apart, schedule=CN, day=DAY))
    assert list(back_entry(replace(BACK, within_minutes=11), apart, schedule=CN, day=DAY))

    slow = Heard(china("2026-11-20 09:00"), told_minutes=10, office_minutes=1000)  # a gap of 100 minutes
    at = china("2026-11-20 14:30")  # 240 office minutes on
    assert not list(silence(SILENT, slow, schedule=CN, as_of=at))
    assert list(silence(replace(SILENT, gaps=2), slow, schedule=CN, as_of=at))

    lenient = replace(RATE, share=Fraction("0.5"))
    kept = Kept(100, 75, 100, 90)
    assert not list(fallen(lenient, kept, month=DAY, since=china("2026-11-01")))
    assert list(fallen(replace(lenient, worse_share=Fraction("0.9")), kept, month=DAY, since=china("2026-11-01")))


def test_the_shipped_rows_say_what_holds_where_a_row_is_silent():
    alerts = shipped_rulebook().alerts.on(Scope(authority="jdz"), DAY)
    [[back], [silent], [rate]] = (alerts[rule_id] for rule_id in ("AR-17", "AR-18", "AR-19"))
    assert (back.within_minutes, silent.gaps, rate.worse_share) == (WITHIN_MINUTES, GAPS, WORSE_SHARE)


def test_the_upper_bound_of_thirty_of_thirty_is_one():
    assert upper_bound(30, 30) == pytest.approx(1.0)


def test_as_shipped_a_rate_is_far_below_the_year_before_only_where_it_is_too_low_already():
    """Four fifths of any rate are at most 80 %, and of thirty cases and more such a rate is below 95 % at its best, too."""
    for judged in range(30, 1000):
        most = (4 * judged - 1) // 5  # on time, and yet below four fifths
        assert upper_bound(most, judged) < RATE.share
