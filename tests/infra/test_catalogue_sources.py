"""Several sources tell one record of the catalogue: the one of the highest precedence counts, whoever comes last."""

import pytest

from infra.reference_data import load
from infra.reference_data.catalogue import follow
from tests.infra.test_catalogue import PROMISE, ask, changed, land, matter_on, refused, told

pytestmark = pytest.mark.broker
BUREAU, HALL, KIOSK = "urn:gov:360200:bureau", "urn:gov:360200:hall", "urn:gov:360200:kiosk"
DAY = "2099-01-01"


@pytest.fixture
def city(database):
    """The bureau precedes the hall and the kiosk, which are equals."""
    rows = [
        {"source": source, "authority": "jdz", "precedence": precedence}
        for source, precedence in ((BUREAU, "10"), (HALL, "0"), (KIOSK, "0"))
    ]
    load(database, {"source": rows}, loaded_by="test")
    return database


def tells(source: str, workdays: int, *, day: str = DAY, **given):
    limit = {"value": workdays, "unit": "workday"}
    return changed(day, source=source, recordkey="reform", statutory=limit, **given)


def follows(city, *documents, first: int, **named) -> int:
    """The limit on the day after these were told."""
    land(city, documents, first=first)
    follow(city, **named)
    return matter_on(city, "M007", DAY).statutory.value


def test_the_source_of_the_highest_precedence_counts_whoever_tells_last(city):
    assert follows(city, tells(BUREAU, 9), first=0) == 9
    assert follows(city, tells(HALL, 5), first=1) == 9
    assert follows(city, tells(HALL, 6, dataversion=2), first=2) == 9
    assert follows(city, tells(HALL, 6, dataversion=3, operation="D"), first=3) == 9
    assert follows(city, tells(BUREAU, 8, dataversion=2), first=4) == 8
    assert follows(city, tells(BUREAU, 8, dataversion=3, operation="D"), first=5) == 20  # as before the reform


def test_between_equals_the_smaller_uri_counts(city):
    assert follows(city, tells(KIOSK, 5), first=0) == 5
    assert follows(city, tells(HALL, 9), tells(KIOSK, 6, dataversion=2), first=1) == 9


@pytest.mark.parametrize("later", [[], [changed("2099-01-01", number="M012")]], ids=["at the end", "passed by"])
def test_when_the_first_source_takes_its_own_back_what_the_next_one_tells_counts(city, later):
    assert follows(city, tells(BUREAU, 9, has_fee=True), tells(HALL, 5), tells(KIOSK, 4), *later, first=0) == 9
    gone = tells(BUREAU, 9, dataversion=2, operation="D")
    assert follows(city, gone, first=4) == 5
    assert matter_on(city, "M007", DAY).has_fee is matter_on(city, "M007", "2098-12-31").has_fee
    assert follow(city).taken == 0
    assert follows(city, tells(HALL, 5, dataversion=2, operation="D"), first=5) == 4
    assert follows(city, tells(KIOSK, 4, dataversion=2, operation="D"), first=6) == 20


def test_what_was_told_and_taken_back_in_one_go_leaves_the_next_source(city):
    gone = tells(BUREAU, 9, dataversion=2, operation="D")
    assert follows(city, tells(BUREAU, 9), tells(HALL, 5), gone, first=0) == 5


def test_a_deletion_of_what_was_never_told_applies_nothing_again(city):
    assert follows(city, tells(HALL, 5), first=0) == 5
    row = {"matter_code": "M007", "valid_from": DAY, "name": "x", "statutory_value": "7", "statutory_unit": "workday"}
    load(city, {"matter": [row]}, loaded_by="somebody")
    assert follows(city, tells(BUREAU, 9, operation="D"), first=1) == 7


def test_the_source_that_precedes_takes_the_rows_of_the_others_along(city):
    assert follows(city, tells(HALL, 5), first=0) == 5
    assert follows(city, tells(BUREAU, 9, day="2099-06-01"), first=1) == 20
    assert matter_on(city, "M007", "2099-06-01").statutory.value == 9
    assert follows(city, tells(BUREAU, 9, day="2099-06-01", dataversion=2, operation="D"), first=2) == 5
    assert matter_on(city, "M007", "2099-06-01").statutory.value == 5


def test_an_office_is_as_the_first_source_says(city):
    def unit(source, name, **given):
        return told("unit_changed", "u", {"unit_code": "u", "name": name}, source=source, recordkey="u", **given)

    land(city, [unit(BUREAU, "局"), unit(HALL, "厅")])
    follow(city)
    assert ask(city, "select name from reference.unit where until_version is null") == [("局",)]
    land(city, [unit(BUREAU, "局", dataversion=2, operation="D")], first=2)
    follow(city)
    assert ask(city, "select name from reference.unit where until_version is null") == [("厅",)]


def test_a_refusal_is_open_no_more_once_a_source_that_precedes_tells_the_record(city):
    too_much = {"value": 30, "unit": "workday"}
    land(city, [tells(HALL, 5, promise=too_much)])
    assert follow(city).refused == 1
    assert follows(city, tells(BUREAU, 9, promise=PROMISE), first=1) == 9
    assert refused(city) == []
    follow(city, is_erratum=True)
    assert matter_on(city, "M007", DAY).statutory.value == 9
