"""Rounds of a case, from a stop to the next reopening: what is judged of each."""

from tests.cases import accepted, document, reading_of
from tests.rulebooks import shipped_rulebook


def is_judged(told, as_of="2026-11-25"):
    return {clock.clock_id: clock.is_judged for clock in reading_of(told, shipped_rulebook(), as_of).clocks}


def stepped(*ending):
    limit = {"value": 2, "unit": "workday"}
    return [
        accepted("2026-11-02", recordkey="accepted"),
        document("step_started", "2026-11-02", sn=1, node="review", promise=limit, recordkey="step"),
        document("decided", "2026-11-03", decision="granted", recordkey="decided"),
        document("finished", "2026-11-04", result="withdrawn", recordkey="finished/1"),
        *ending,
    ]


def test_a_step_of_a_case_that_was_withdrawn_is_not_judged():
    assert is_judged(stepped())["step"] is False


def test_a_withdrawal_that_was_taken_back_leaves_its_steps_to_be_judged():
    reopened = document("reopened", "2026-11-05", recordkey="reopened")
    granted = document("finished", "2026-11-06", result="granted", recordkey="finished/2")
    assert is_judged(stepped(reopened))["step"] is True
    assert is_judged(stepped(reopened, granted))["step"] is True
