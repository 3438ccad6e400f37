"""A source's codes become our words by the day of the event; what its map does not have is 'unmapped', never guessed."""

import json
from base64 import b64decode
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors.admission import Admitted, Door, admit, rejection
from connectors.codes import codes_of
from connectors.doors import door_of
from connectors.register import Source, register_of
from infra.reference_data import load
from streams.settings import Settings
from tests.cases import document

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
SOURCE, OTHER = "urn:gov:360200:gg", "urn:gov:360200:test"
ROWS = [
    # MOHURD recoded its states: 13 was refused until 2023, 36 since then (the same code may come back with another sense)
    (SOURCE, "", "data.result", "11", date(1990, 1, 1), None, "granted"),
    (SOURCE, "", "data.result", "13", date(1990, 1, 1), date(2023, 12, 31), "refused"),
    (SOURCE, "", "data.result", "36", date(2024, 1, 1), None, "refused"),
    (SOURCE, "", "data.level", "5", date(1990, 1, 1), None, "1"),
    (SOURCE, "case.step_completed", "data.result", "1", date(1990, 1, 1), None, "passed"),
    (SOURCE, "", "data.applicant.kind", "2", date(1990, 1, 1), None, "company"),
]
REGISTER = register_of([Source(SOURCE, "jdz"), Source(OTHER, "jdz")])
DOOR = Door("test", b"key", REGISTER, codes_of(ROWS, ZoneInfo("Asia/Shanghai")))


def said(name, at, *, source=SOURCE, **data):
    admitted = admit(DOOR, document(name, at, source=source, **data), now=NOW)
    assert isinstance(admitted, Admitted), admitted
    return json.loads(admitted.value)["data"]


@pytest.mark.parametrize(
    ("at", "code", "value"),
    [
        ("2023-06-01", "11", "granted"),
        ("2023-06-01", "13", "refused"),
        ("2023-12-31T16:00:00Z", "13", "unmapped"),  # already 2024 in China
        ("2023-12-31T15:59:59Z", "13", "refused"),
        ("2024-06-01", "36", "refused"),
        ("2023-06-01", "36", "unmapped"),
        ("2024-06-01", "granted", "unmapped"),  # our word is not this source's code
        ("2024-06-01", 11, "granted"),
    ],
)
def test_a_code_means_what_it_meant_on_the_day(at, code, value):
    assert said("finished", at, result=code) == {"result": value}


def test_a_type_may_have_a_map_of_its_own_and_a_number_stays_one():
    assert said("step_completed", "2024-06-01", node="x", result="1")["result"] == "passed"
    assert said("step_completed", "2024-06-01", node="x", result="11")["result"] == "unmapped"
    assert said("rated", "2024-06-01", level="5") == {"level": 1}


def test_fields_within_fields_are_translated_and_missing_ones_stay_missing():
    given = {"matter_code": "M007", "unit_code": "u1"}
    assert said("accepted", "2024-06-01", applicant={"kind": "2"}, **given)["applicant"] == {"kind": "company"}
    assert "applicant" not in said("accepted", "2024-06-01", **given)


@pytest.mark.parametrize(("level", "kept"), [("B", "B"), ("1", "1"), (1, "1"), (True, "true")])
def test_a_number_that_the_map_does_not_have_is_refused_as_the_source_wrote_it(level, kept):
    """Our own 1 is as little this source's code as its B is; nothing says 'unmapped', which the source never wrote."""
    told = document("rated", "2024-06-01", source=SOURCE, level=level)
    rejected = admit(DOOR, told, now=NOW)
    assert (rejected.code, rejected.field) == ("wrong_type", "data.level")
    letter = json.loads(rejection(DOOR, json.dumps(told).encode(), rejected, now=NOW))
    assert json.loads(b64decode(letter["original"]))["data"] == {"level": kept}


def test_a_code_of_another_type_that_the_map_does_not_have_is_not_guessed():
    rows = [(SOURCE, "", "data.is_active", "1", date(1990, 1, 1), None, "true")]
    door = Door("test", b"key", REGISTER, codes_of(rows, ZoneInfo("Asia/Shanghai")))
    rejected = admit(door, document("rated", "2024-06-01", source=SOURCE, level=1, is_active=True), now=NOW)
    assert (rejected.code, rejected.field) == ("wrong_type", "data.is_active")


def test_a_source_without_a_map_speaks_our_words():
    assert said("finished", "2024-06-01", result="refused", source=OTHER) == {"result": "refused"}
    assert said("finished", "2024-06-01", result="13", source=OTHER) == {"result": "unmapped"}
    told = said("accepted", "2024-06-01", source=OTHER, matter_code="M007", unit_code="u1", applicant={"kind": "firm"})
    assert told["applicant"] == {"kind": "unmapped"}
    assert said("decided", "2024-06-01", decision="13", source=OTHER) == {"decision": "unmapped"}
    assert said("bundle.opened", "2024-06-01", kind="oponing", unit_code="u1", source=OTHER)["kind"] == "unmapped"
    replied = said("demand.replied", "2024-06-01", result="in part", source=OTHER)
    assert replied == {"result": "in part"}, "a list that does not claim to be whole"


def test_a_stage_of_a_project_is_one_of_the_four():
    given = {"source": OTHER, "matter_code": "M007", "unit_code": "u1"}
    for stage, word in (
        *((stage, stage) for stage in ("land", "plan", "build", "completion")),
        ("design", "unmapped"),
    ):
        assert said("accepted", "2024-06-01", project_stage=stage, **given)["project_stage"] == word


def test_the_sender_is_told_that_its_word_was_none_of_ours_nor_in_its_map():
    for source, result, notes in (
        (OTHER, "approved", ("unmapped_code",)),
        (OTHER, "granted", ()),
        (OTHER, "unmapped", ("unmapped_code",)),
        (SOURCE, "11", ()),
        (SOURCE, "13", ("unmapped_code",)),
    ):
        admitted = admit(DOOR, document("finished", "2024-06-01", source=source, result=result), now=NOW)
        assert admitted.notes == notes


def test_without_a_readable_time_the_contract_refuses_it_not_the_map():
    rejected = admit(DOOR, document("finished", "2024-06-01", source=SOURCE, result="13") | {"time": "soon"}, now=NOW)
    assert rejected.field == "time"


def test_a_number_is_no_time_whatever_its_first_digits_look_like():
    for number in ("360202199001011234", "202611240902001234"):
        told = document("finished", "2024-06-01", source=SOURCE, result="11") | {"time": number}
        rejected = admit(DOOR, told, now=NOW)
        assert (rejected.code, rejected.field) == ("bad_time", "time")
        with_zone = register_of([Source(SOURCE, "jdz", zone=ZoneInfo("Asia/Shanghai"))])
        rejected = admit(Door("test", b"key", with_zone, codes_of(ROWS, ZoneInfo("Asia/Shanghai"))), told, now=NOW)
        assert (rejected.code, rejected.field) == ("bad_time", "time")


@pytest.mark.broker
def test_maps_are_reference_data(database, tmp_path):
    row = {"source": SOURCE, "field": "data.result", "code": "1", "valid_from": "2020-01-01", "value": "granted"}
    source = {"source": SOURCE, "authority": "jdz"}
    assert not load(database, {"source": [source], "code_map": [row]}, loaded_by="test").recomputes
    door = door_of(Settings(home=tmp_path, database=database, pseudonym_key="key"), "test")
    assert json.loads(admit(door, document("finished", "2024-06-01", source=SOURCE, result="1"), now=NOW).value)[
        "data"
    ] == {"result": "granted"}
