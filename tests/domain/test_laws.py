"""Laws that hold for every case: the join, the clocks against a slow count, time that only goes on."""

import random
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.reference_data.shipped import shipped_rulebook
from streams.domain.law import Law
from streams.domain.reading import Reading, read
from streams.domain.rulebook import Authority
from streams.domain.subject import entry_of, join, new_subject, pack, unpack
from tests.cases import accepted, china, document, event_of, reading_of, subject_of
from tests.random_cases import LIMITS, random_case
from tests.rulebooks import rulebook_with

LIVES = st.integers(min_value=0, max_value=10**9)
INSTANTS = st.integers(min_value=0, max_value=1095 * 86_400).map(
    lambda seconds: datetime(2024, 12, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
#: What a clock counts on running: everything else stands still between two wakings.
RUNNING = (
    "as_of",
    "promise",
    "statutory",
    "clocks",
    "clock_workdays",
    "gross_workdays",
    "used_workdays",
    "used_minutes",
)
LAWS = (
    Law(),
    Law(extension_any_time=True, late_pauses_extend=True, pause_day_rule="inclusive", pause_cap="none"),
    Law(late_pauses_extend=True),
    Law(pause_day_rule="inclusive"),
)


def life(seed: int):
    """The events of a random case, with corrections, deletions and conflicts."""
    dice = random.Random(seed)
    told = list(random_case(dice, "1"))
    for event in list(told):
        if dice.random() < 0.2:
            told.append(event | {"operation": "D", "dataversion": 2, "recordkey": event.get("recordkey", event["id"])})
        if dice.random() < 0.2:
            told.append(event | {"sequence": "z", "recordkey": event.get("recordkey", event["id"])})
    return [*told, *steps(dice, told)] if told else []


def steps(dice: random.Random, told):
    """Steps with limits of their own: before the acceptance, beside pauses, after the end."""
    first = min(datetime.fromisoformat(event["time"]) for event in told)
    for place in range(dice.randrange(4)):
        value, unit = dice.choice(LIMITS)
        begin = first + timedelta(days=dice.random() * 25)
        node, end = dice.choice("xyz"), begin + timedelta(days=dice.random() * 8)
        yield document("step_started", begin.isoformat(), node=node, sn=place, promise={"value": value, "unit": unit})
        if dice.random() < 0.6:
            yield document("step_completed", end.isoformat(), node=node, sn=place)


def entries(told):
    arrived = china("2026-11-24")
    return [entry_of(event_of(event), arrived + timedelta(seconds=place)) for place, event in enumerate(told)]


def standing(reading: Reading):
    runs = [(run.clock_id, run.start, run.stopped_at, run.due_at, run.is_broken) for run in reading.clocks]
    return {name: getattr(reading, name) for name in Reading.__struct_fields__ if name not in RUNNING} | {"runs": runs}


@given(LIVES, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_order_and_duplication_gives_the_same_subject(seed, dice):
    known = entries(life(seed))
    if not known:
        return
    in_order = join(new_subject("case", "jdz|1"), known)
    shuffled = known + dice.choices(known, k=len(known))
    dice.shuffle(shuffled)
    one_by_one = new_subject("case", "jdz|1")
    for entry in shuffled:
        one_by_one = join(one_by_one, [entry])
    assert one_by_one == in_order
    assert unpack("case", "jdz|1", pack(in_order)) == in_order
    assert join(in_order, known) is in_order


@given(LIVES, st.sampled_from(LAWS))
@settings(max_examples=300, deadline=None)
def test_nothing_but_figures_changes_before_it_is_time_to_wake(seed, law):
    told = life(seed)
    if not told:
        return
    subject, rulebook = subject_of(told), rulebook_with(authority=Authority("jdz", law=law))
    as_of = min(entry.at for entry in subject.entries.values()) - timedelta(days=1)
    while as_of is not None:
        now = read(subject, rulebook, as_of)
        assert now.wake_at is None or now.wake_at > as_of
        until = now.wake_at or as_of + timedelta(days=4000)
        assert standing(read(subject, rulebook, until - timedelta(microseconds=1))) == standing(now)
        as_of = now.wake_at


@given(LIVES, INSTANTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=300)))
@settings(max_examples=300, deadline=None)
def test_a_breach_once_stood_is_never_unsaid_by_time_alone(seed, as_of, span):
    """But for records between them that extend, exclude, correct or reopen; and for a deemed acceptance."""
    told = [
        event
        for event in life(seed)
        if not event["type"].split(".")[-2].startswith(("special", "extended", "reopened", "received"))
    ]
    if not told:
        return
    subject = subject_of(told)
    shown = [event for event in told if as_of < datetime.fromisoformat(event["time"]) <= as_of + span]
    first, second = read(subject, shipped_rulebook(), as_of), read(subject, shipped_rulebook(), as_of + span)
    if shown:
        return
    red = {signal.signal_key: signal.since for signal in first.signals if signal.rule_id in ("AR-03", "AR-04")}
    assert red.items() <= {signal.signal_key: signal.since for signal in second.signals}.items()


def slow_due(start: date, limit: int, pauses: list[tuple[date, date]]) -> date:
    """Day by day, as a clerk counts: the day of acceptance is day 0, days off and paused days are not counted."""
    calendar = shipped_rulebook().schedules["cn"].calendar
    day, counted = start, 0
    while counted < limit or any(first <= day < last for first, last in pauses):
        day += timedelta(days=1)
        if calendar.is_workday(day) and not any(first < day <= last for first, last in pauses):
            counted += 1
    return day


DAYS = st.dates(min_value=date(2022, 1, 1), max_value=date(2026, 6, 1))


@given(
    DAYS,
    st.integers(min_value=1, max_value=40),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_due_days_agree_with_a_slow_count(start, limit, gaps):
    told = [accepted(start.isoformat(), promise=(limit, "workday"))]
    pauses, day = [], start
    for wait, length in gaps:
        first = day + timedelta(days=wait)
        last = first + timedelta(days=length)
        told.append(document("special_started", first.isoformat(), sn=len(pauses), recordkey=f"s{len(pauses)}"))
        told.append(document("special_ended", f"{last.isoformat()} 11:00", sn=len(pauses), recordkey=f"e{len(pauses)}"))
        pauses.append((first, last))
        day = last + timedelta(days=1)
    due = slow_due(start, limit, [])
    counting = []
    for first, last in pauses:  # a pause counts while it begins before the day found so far
        if first < due:
            counting.append((first, last))
            due = slow_due(start, limit, counting)
    calendar = shipped_rulebook().schedules["cn"].calendar
    for first, last in pauses:  # or stands when the limit runs out, which then is on a working day
        if first <= due < last:
            due = calendar.next_workday(last)
    assert reading_of(told, shipped_rulebook(), "2027-11-01").promise_due_on == due


@given(
    DAYS,
    st.integers(min_value=0, max_value=200),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=5),
    st.sampled_from(["half_open", "inclusive"]),
)
@settings(max_examples=400, deadline=None)
def test_used_days_agree_with_a_slow_count_and_pauses_never_add_to_them(start, length, gaps, day_rule):
    book = rulebook_with(authority=Authority("jdz", law=Law(pause_day_rule=day_rule)))
    stop = start + timedelta(days=length)
    told = [
        accepted(start.isoformat(), promise=(5, "workday")),
        document("finished", stop.isoformat(), result="granted"),
    ]
    base = reading_of(told, book, "2027-11-01").used_workdays
    pauses = []
    for number, (wait, span) in enumerate(gaps):
        first = start + timedelta(days=wait)
        last = first + timedelta(days=span)
        pauses.append((first, last))
        told.append(document("special_started", f"{first} 09:30", sn=number, recordkey=f"s{number}"))
        told.append(document("special_ended", f"{last} 10:30", sn=number, recordkey=f"e{number}"))
    calendar = book.schedules["cn"].calendar
    days = [start + timedelta(days=n) for n in range(1, length + 1)]
    # A pause that begins after the stop is none: both are told at the same hour of the day here, pauses half an hour before.
    expected = sum(
        calendar.is_workday(day)
        and not any(
            first < day <= last or (day == first and day_rule == "inclusive") for first, last in pauses if first <= stop
        )
        for day in days
    )
    used = reading_of(told, book, "2027-11-01").used_workdays
    assert used == expected
    assert used <= base


@given(st.integers(0, 10**6), st.integers(1, 2000))
@settings(max_examples=200, deadline=None)
def test_office_minutes_agree_with_a_slow_count(offset, minutes):
    schedule = shipped_rulebook().schedules["cn"]
    start = china("2025-01-06 00:00") + timedelta(minutes=offset % 500_000)
    due = schedule.business_at(schedule.business_us(start) + minutes * 60_000_000)
    counted, minute = 0, start
    while counted < minutes:
        local = minute.astimezone(schedule.zone)
        if any(opens <= local.time() < closes for opens, closes in schedule.sessions(local.date())):
            counted += 1
        minute += timedelta(minutes=1)
    assert due == minute


def test_two_readings_of_one_authority_differ_only_where_the_law_leaves_room():
    told = [
        accepted(
            "2026-03-02",
            authority="x",
            matter_code="M013",
            promise=(5, "workday"),
            statutory={"value": 5, "unit": "workday"},
        ),
        document("extended", "2026-03-20", authority="x", value=3, unit="workday"),
        document("special_started", "2026-03-16", authority="x", kind="hearing"),
        document("special_ended", "2026-03-18", authority="x"),
    ]
    strict = reading_of(
        told,
        rulebook_with(authority=Authority("x", law=Law(extension_any_time=False, late_pauses_extend=False))),
        "2026-06-01",
    )
    bold = reading_of(
        told,
        rulebook_with(authority=Authority("x", law=Law(extension_any_time=True, late_pauses_extend=True))),
        "2026-06-01",
    )
    assert (strict.statutory_due_on, bold.statutory_due_on) == (date(2026, 3, 9), date(2026, 3, 16))
    assert strict.findings == ("extension_too_late",)
    assert bold.findings == ()
