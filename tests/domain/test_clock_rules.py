"""What a clock takes from the statement that starts it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from infra.reference_data.shipped import shipped_rulebook
from streams.domain.alert_rules import AlertRule, AlertTable
from streams.domain.clock_rules import ClockTable, parse_conditions
from streams.domain.families.demand import DemandRegistered
from streams.domain.families.ledger import LedgerOpened, LedgerProgressed
from streams.domain.limits import Limit
from streams.domain.outlines import Moment
from streams.domain.pauses import NEVER
from streams.domain.runs import Run, runs_of
from streams.domain.timers import timers_of
from tests.cases import accepted, china, document, reading_of

CHINA = ZoneInfo("Asia/Shanghai")


def test_what_is_due_in_the_evening_is_due_on_that_day():
    book = shipped_rulebook()
    schedule = book.schedules["cn"]
    due_at = datetime(2026, 11, 24, 17, tzinfo=CHINA)
    opened = Moment(
        "ledger.opened", datetime(2026, 11, 2, 10, tzinfo=CHINA), "opened", LedgerOpened("k", "u", due_at=due_at)
    )
    rule = book.clocks["ledger"].rule_on("ledger_due", None, date(2026, 11, 2))
    timers = timers_of(
        [Run(rule, opened)], schedule=schedule, alerts=lambda _: {}, pausing=lambda _, __: NEVER, as_of=opened.at
    )
    (clock,) = timers.clocks
    assert (clock.due_at, clock.due_on) == (due_at, date(2026, 11, 24))


def test_a_licence_that_ends_on_a_day_is_due_on_it_and_warns_the_working_day_before():
    level = AlertRule(rule_id="AR-30", level="yellow", clock_id="renewal", left_workdays=1)
    told = [accepted("2026-11-02", renews_until="2026-11-30")]  # a Monday
    book = replace(shipped_rulebook(), alerts=AlertTable([level]))
    reading = reading_of(told, book, "2026-11-27 09:00")
    (clock,) = reading.clocks
    assert (clock.due_at, clock.due_on) == (china("2026-12-01 00:00"), date(2026, 11, 30))
    assert [(one.since, one.due_at) for one in reading.signals] == [(china("2026-11-27 09:00"), clock.due_at)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", "finance land complaint"),
        ("kind=finance", "finance"),
        ("kind=finance|land", "finance land"),
        ("kind!=complaint", "finance land"),
        ("kind!=complaint|land", "finance"),
        ("class=general&kind!=complaint", "finance land"),
        ("kind!=complaint&class=difficult", ""),
        ("kind!=land&kind!=finance", "complaint"),
        ("kind>=4", ""),
    ],
)
def test_a_start_must_say_all_of_several_conditions(text, kinds):
    conditions = parse_conditions(text)
    told = [DemandRegistered("u1", kind) for kind in ("finance", "land", "complaint")]
    assert " ".join(one.kind for one in told if all(condition.holds(one) for condition in conditions)) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "kind",
        "kind=",
        "kind!",
        "=x",
        "kind=a|",
        "kind=|a",
        "level>4",
        "level>=x",
        "level>=1|2",
        "kind=a&",
        "&kind=a",
        "kind=a & class=b",
    ],
)
def test_a_condition_that_says_nothing_is_refused(text):
    with pytest.raises(ValueError, match="joined by &"):
        parse_conditions(text)


def test_a_run_that_is_begun_anew_is_held_by_the_row_of_that_day():
    schedule = shipped_rulebook().schedules["cn"]
    rule = shipped_rulebook().clocks["ledger"].rule_on("ledger_progress", None, date(2026, 5, 20))
    table = ClockTable([rule, replace(rule, valid_from=date(2026, 6, 1), limit=Limit(15, "day"))])
    told = [
        Moment("ledger.opened", datetime(2026, 5, 20, 10, tzinfo=CHINA), "opened", LedgerOpened("k", "u")),
        Moment("ledger.progressed", datetime(2026, 6, 10, 10, tzinfo=CHINA), "on", LedgerProgressed()),
    ]
    assert [run.rule.limit for run in runs_of(table, told, None, schedule)] == [Limit(30, "day"), Limit(15, "day")]


def test_when_a_level_begins_does_not_depend_on_what_was_read_before():
    """AR-05 on the day itself begins not before the step: of whatever step was looked at first."""

    def warned(number: str, at: str):
        told = [
            accepted("2026-03-02", number=number),
            document("step_started", at, number=number, node="x", sn=1, promise={"value": 0, "unit": "onspot"}),
        ]
        return [
            (one.rule_id, one.since)
            for one in reading_of(told, shipped_rulebook(), "2026-03-03 16:55").signals
            if one.rule_id == "AR-05"
        ]

    assert warned("late", "2026-03-03 16:50") == [("AR-05", china("2026-03-03 16:50"))]
    assert warned("early", "2026-03-03 09:30") == [("AR-05", china("2026-03-03 15:42"))]
