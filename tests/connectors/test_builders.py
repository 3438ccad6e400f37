"""Builders of events: each says what its type says, and the same fact has the same id and record key for ever."""

import inspect
import re
import typing
from datetime import UTC, datetime
from importlib import import_module

import msgspec
import pytest

from connectors.admission import Admitted
from connectors.publisher import build
from connectors.publisher.build import NoRecordKey, identity, record_of
from connectors.publisher.events import (
    Applicant,
    BundleNumber,
    Limit,
    case,
    catalogue,
    deleted,
    demand,
    ledger,
    payout,
    source,
)
from connectors.register import OWN_TYPES
from infra.contracts import examples
from infra.contracts.builders import record_keys
from streams.domain.events import EVENT_TYPES

TOLD = sorted(EVENT_TYPES.keys() - OWN_TYPES)
AT = datetime.fromisoformat("2026-11-24T09:02:00+08:00")
MATTER = {"matter_code": "M006", "unit_code": "11360200MB0000001B"}


def builder(name):
    family, _, act = name.partition(".")
    return getattr(import_module(f"connectors.publisher.events.{family}"), act)


def which_of(pattern, key):
    """What stands for `{which}` in a record key; None where the pattern has none, an error where it does not fit."""
    wanted = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
    found = re.fullmatch(wanted.replace(r"\[", "(?:").replace(r"\]", ")?"), key)
    assert found is not None, (pattern, key)
    return found.groupdict().get("which")


@pytest.mark.parametrize("name", TOLD)
def test_a_builder_tells_every_example_of_its_type(name):
    for example in examples.examples()[name]:
        if example.get("operation") == "D":
            continue
        struct = EVENT_TYPES[name]
        fields = {
            field.name: given(example["data"][field.encode_name], field.type)
            for field in msgspec.structs.fields(struct)
            if field.encode_name in example["data"]
        }
        which = which_of(record_keys()[name], example["recordkey"])
        attributes = {key: example[key] for key in ("authority", "dataversion", "sequence") if key in example}
        if "recordedtime" in example:
            attributes["recordedtime"] = datetime.fromisoformat(example["recordedtime"])
        told = builder(name)(
            subject=example["subject"],
            time=datetime.fromisoformat(example["time"]),
            **fields,
            **({"which": which} if which else {}),
            **attributes,
        )
        assert told["recordkey"] == example["recordkey"]
        document = {"specversion": "1.0", "source": example["source"]} | told
        mine, theirs = examples.admitted(document), examples.admitted(example)
        assert isinstance(mine, Admitted), mine
        assert mine.dropped == ()
        shown = msgspec.json.Decoder(struct)
        assert shown.decode(mine.event.data) == shown.decode(theirs.event.data)
        assert (mine.event.at, mine.event.record_key) == (theirs.event.at, theirs.event.record_key)


def given(value, annotation):
    """As a program has it. Persons are told by number, which the type itself refuses: the door makes a pseudonym of it."""
    structs = [one for one in (Applicant, Limit, BundleNumber) if one in (annotation, *typing.get_args(annotation))]
    if structs:
        return structs[0](**value)
    return value if "hmac" in str(annotation) else msgspec.convert(value, annotation)


@pytest.mark.parametrize("name", TOLD)
def test_a_builder_has_hints_and_says_what_each_of_its_parameters_means(name):
    function = builder(name)
    hints = typing.get_type_hints(function)
    page = inspect.getdoc(function)
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.name in hints
        if parameter.name not in ("subject", "time", "attributes"):
            assert re.search(rf"^{parameter.name}: .+ · .+", page, re.MULTILINE), parameter.name
    assert inspect.getdoc(EVENT_TYPES[name]).partition("\n")[0] in page


def test_what_no_source_may_tell_has_no_builder():
    assert record_keys().keys() == EVENT_TYPES.keys() - OWN_TYPES


def test_no_two_types_of_a_family_share_a_record_key():
    """But for the catalogue, where what a matter is from a day on is either changed or gone."""
    seen = {}
    for name, pattern in record_keys().items():
        seen.setdefault((name.partition(".")[0], pattern), []).append(name)
    assert {tuple(names) for names in seen.values() if len(names) > 1} == {
        ("catalogue.matter_changed", "catalogue.matter_removed")
    }


def test_one_payment_needs_no_number_and_of_several_each_has_its_own():
    told = [payout.paid(subject="a", time=AT, amount=400, **one) for one in ({}, {"which": 1}, {"which": 2})]
    assert [one["recordkey"] for one in told] == ["paid", "paid/1", "paid/2"]
    assert record_of("payout.paid", {}, time=AT) == "paid"


def test_the_same_fact_has_the_same_id_and_another_version_another():
    first = case.accepted(subject="a", time=AT, **MATTER, promise=Limit(5, "workday"))
    again = case.accepted(subject="a", time=AT, **MATTER, promise=Limit(5, "workday"))
    assert first == again
    assert (first["id"], first["recordkey"]) == ("case.accepted/a/accepted/1", "accepted")
    assert case.accepted(subject="a", time=AT, **MATTER, dataversion=2)["id"] == "case.accepted/a/accepted/2"
    assert case.accepted(subject="a", time=AT, **MATTER, authority="jdz")["id"] == "case.accepted/jdz|a/accepted/1"
    gone = deleted(first, dataversion=2)
    assert (gone["id"], gone["operation"], gone["dataversion"]) == ("case.accepted/a/accepted/2/D", "D", 2)
    assert "data" not in gone
    assert isinstance(examples.admitted({"specversion": "1.0", "source": "urn:x"} | gone), Admitted)


def test_what_happens_several_times_says_which_time():
    steps = [case.step_started(subject="a", time=AT, sn=sn, node="审查") for sn in (0, 1, 2)]
    assert [step["recordkey"] for step in steps] == ["step/0/in", "step/1/in", "step/2/in"]
    assert case.special_started(subject="a", time=AT, sn=1)["recordkey"] == "special/1/start"  # 1 is the default
    assert case.visited(subject="a", time=AT, which="Q-17")["recordkey"] == "visit/Q-17"
    assert ledger.closed(subject="a", time=AT, which=2)["recordkey"] == "closed/2"
    assert case.visited(subject="a", time=AT, which=1, recordkey="mine")["recordkey"] == "mine"
    with pytest.raises(TypeError, match="which"):
        case.visited(subject="a", time=AT)
    with pytest.raises(TypeError, match="round"):
        case.correction_requested(subject="a", time=AT)
    with pytest.raises(NoRecordKey, match="'sn'"):
        record_of("case.step_started", {}, time=AT)
    day = datetime(2027, 1, 1, tzinfo=UTC).date()
    told = catalogue.matter_removed(subject="M007", time=AT, matter_code="M007", valid_from=day)
    assert told["recordkey"] == "2027-01-01"
    beats = {source.heartbeat(subject="hall", time=AT.replace(minute=minute))["id"] for minute in range(3)}
    assert len(beats) == 3


def test_a_field_that_is_called_otherwise_in_the_contract_is_told_by_that_name():
    assert demand.reclassified(subject="a", time=AT, which=1, demand_class="difficult")["data"] == {
        "class": "difficult"
    }


def test_an_id_is_never_longer_than_the_contract_takes():
    long = {"subject": "s" * 200, "recordkey": "r" * 500}
    ids = {identity("case.visited", long), identity("case.visited", long | {"dataversion": 2})}
    assert len(ids) == 2
    assert {len(one) for one in ids} == {build.LONGEST_ID}


def test_a_person_is_told_by_number():
    told = case.applied(subject="a", time=AT, **MATTER, applicant=Applicant(kind="person", ref="JDZ-0001"))
    assert isinstance(examples.admitted({"specversion": "1.0", "source": "urn:x"} | told), Admitted)
