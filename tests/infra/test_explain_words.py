"""Whatever a reading says has a name in Chinese; what nobody named is told as it is."""

import re

from infra.cli.explain_text import verdict
from infra.cli.explain_words import Speech, chinese_of
from streams.domain.events import EVENT_TYPES, FOLDED
from streams.domain.measures import MEASURES
from tests.cases import accepted, document, reading_of
from tests.rulebooks import shipped_rulebook
from tests.stories.told import stories

ZH, EN = Speech("zh", {("clock_rule", "promise"): {"zh": "承诺办结", "en": "promise"}}), Speech("en", {})
READINGS = [reading for story in stories() for reading in story.readings(story.events).values()]


def is_chinese(text: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", text))


def test_every_state_and_finding_of_the_stories_has_a_chinese_name():
    assert all(is_chinese(ZH.state(reading.state)) for reading in READINGS), {reading.state for reading in READINGS}
    found = {code for reading in READINGS for code in reading.findings}
    assert {code for code in found if not is_chinese(ZH.finding(code))} == set()


def test_every_event_type_and_family_has_a_chinese_name():
    assert all(is_chinese(ZH.event(name)) for name in EVENT_TYPES)
    assert all(is_chinese(ZH.family(family)) for family in FOLDED)


def test_codes_are_told_by_their_names_and_unknown_ones_as_they_are():
    assert ZH.code("case.special_started.kind", "hearing") == "听证"
    assert ZH.code("case.special_started.kind", "invented") == "invented"
    assert chinese_of("unit")["workday"] == "工作日"
    assert (ZH.limit(0, "onspot"), ZH.limit(3, "workday")) == ("当场", "3工作日")
    assert (ZH.clock("promise"), ZH.clock("invented"), ZH.finding("invented")) == ("承诺办结", "invented", "invented")
    assert (EN.code("unit", "workday"), EN.state("finished"), EN.finding("unknown_matter")) == (
        "workday", "finished", "unknown_matter")  # fmt: skip


def test_what_ended_without_an_answer_is_neither_kept_nor_broken():
    def said(*told):
        reading = reading_of([accepted("2026-11-02", promise=(3, "workday")), *told], shipped_rulebook(), "2026-11-12")
        return {clock.clock_id: verdict(clock) for clock in (reading.promise, reading.statutory, *reading.clocks)}

    step = document("step_started", "2026-11-02", node="x", sn=1, promise={"value": 9, "unit": "workday"})
    assert said() == {"promise": "broken", "statutory": "running"}
    kept = said(step, document("finished", "2026-11-04", result="granted"))
    assert kept == {"promise": "kept", "statutory": "kept", "step": "kept"}
    withdrawn = said(step, document("finished", "2026-11-04", result="withdrawn"))
    assert withdrawn == {"promise": "excluded", "statutory": "excluded", "step": "excluded"}
    assert (EN.say("excluded"), ZH.say("excluded")) == ("excluded", "不计")


def test_every_clock_that_the_measures_leave_out_is_told_as_excluded():
    for reading in READINGS:
        told = sum(verdict(clock) == "excluded" for clock in reading.clocks)
        assert told == _excluded(reading)


def _excluded(reading):
    place = MEASURES.index("excluded")
    return sum(counts.get(place, 0) for cell, counts in reading.contribution if cell.clock_id)
