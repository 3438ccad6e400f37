"""Whatever a reading says has a name in Chinese; what nobody named is told as it is."""

import re

from infra.cli.explain_words import Speech, chinese_of
from streams.domain.events import EVENT_TYPES, FOLDED
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
