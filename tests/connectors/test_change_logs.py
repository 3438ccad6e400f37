"""A file of rows as a source wrote them: each a step of a case, in versions that the source numbers itself."""

import pytest

from tests.connectors.test_snapshots import Register

MAPPING = """
name = "steps"
title = "steps of cases"
format = "csv"
row = "entry"
source = "urn:gov:360200:register"
zone = "Asia/Shanghai"
number = "no"
authority = "jdz"
version = "version"
operation = "operation"
[[event]]
type = "case.accepted"
time = "at"
record = "accepted"
when = [{ from = "what", in = ["accepted"] }]
data = { matter_code = { value = "M1" }, unit_code = { from = "unit" } }
[[event]]
type = "case.step_started"
time = "at"
record = "step/{step}"
when = [{ from = "what", in = ["step"] }]
data = { node = { from = "step" }, unit_code = { from = "unit" } }
"""
HEAD = "no,what,at,unit,step,version,operation\n"
ACCEPTED = "1,accepted,2026-11-02,u1,,1,I\n"
STEP = "1,step,2026-11-03,,review,1,I\n"
#: The same steps where the source says nothing of versions and deletions.
PLAIN = MAPPING.replace('version = "version"\noperation = "operation"\n', "")


@pytest.fixture
def log(tmp_path):
    return Register(tmp_path, MAPPING)


def test_every_version_of_a_record_is_told_and_the_greatest_stands(log):
    account = log.tell(HEAD + ACCEPTED + STEP + "1,step,2026-11-04,,review,2,U\n")
    assert (account.events, account.refused_events) == ({"case.accepted": 1, "case.step_started": 2}, 0)
    assert log.ids() == ["1/accepted", "1/step/review", "1/step/review/v2"]
    assert log.facts()["1", "step/review"] == ("2026-11-03", 2)


def test_in_which_order_the_versions_stand_makes_no_difference(log):
    log.tell(HEAD + "1,step,2026-11-04,,review,2,U\n" + STEP + ACCEPTED)
    assert log.facts()["1", "step/review"] == ("2026-11-03", 2)
    account = log.tell(HEAD + "1,step,2026-11-05,,review,3,U\n")
    assert account.corrected == 1
    assert log.facts()["1", "step/review"] == ("2026-11-04", 3)


def test_what_a_later_file_does_not_name_stands_until_it_is_said_to_be_deleted(log):
    log.tell(HEAD + ACCEPTED)
    account = log.tell(HEAD + STEP)
    assert (account.deleted, set(log.facts())) == (0, {("1", "accepted"), ("1", "step/review")})
    account = log.tell(HEAD + "1,step,2026-11-03,,review,2,D\n")
    assert (account.deleted, set(log.facts())) == (1, {("1", "accepted")})


def test_a_row_that_stands_there_twice_says_nothing_new_and_two_that_disagree_are_said(log):
    account = log.tell(HEAD + ACCEPTED + ACCEPTED)
    assert (account.events, account.unchanged, account.refused_events) == ({"case.accepted": 1}, 1, 0)
    account = log.tell(HEAD + STEP + STEP.replace("11-03", "11-04"))
    assert (account.events, account.refused_events) == ({"case.step_started": 1}, 1)
    assert next(iter(account.rejected)) == "repeated_record"


def test_rows_of_other_cases_change_nothing_and_no_row_takes_what_another_says(tmp_path):
    log = Register(tmp_path, PLAIN)
    log.tell(HEAD + ACCEPTED + STEP)
    assert [b"unit_code" in event.data for event in log.log] == [True, False]
    account = log.tell(HEAD + ACCEPTED.replace("1,", "0,", 1) + ACCEPTED + STEP)
    assert (account.events, account.unchanged) == ({"case.accepted": 1}, 2)
    assert log.ids()[-1] == "0/accepted"


def test_without_versions_what_a_case_has_no_more_is_deleted(tmp_path):
    log = Register(tmp_path, PLAIN)
    log.tell(HEAD + ACCEPTED + STEP)
    account = log.tell(HEAD + ACCEPTED)
    assert (account.deleted, account.unchanged, set(log.facts())) == (1, 1, {("1", "accepted")})
