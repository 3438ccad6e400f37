"""What a clock takes from the statement that starts it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from infra.reference_data.shipped import shipped_rulebook
from streams.domain.clock_rules import Run
from streams.domain.families.ledger import LedgerOpened
from streams.domain.outlines import Moment
from streams.domain.pauses import NEVER
from streams.domain.timers import timers_of

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
