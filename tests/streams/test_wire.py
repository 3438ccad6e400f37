"""Everything from outside is hostile: a reason code, never a crash."""

import json
from datetime import datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import wire
from streams.domain.events import EVENT_TYPES
from streams.domain.families.values import Instant
from tests.cases import document


def told(**changes):
    base = document(
        "accepted", "2026-11-02", matter_code="M007", unit_code="u1", promise={"value": 5, "unit": "workday"}
    )
    return base | changes


def rejected(value: bytes, **named) -> wire.Rejected:
    found = wire.decode(value, **named)
    assert isinstance(found, wire.Rejected), found
    return found


def with_data(**data):
    return told(data=told()["data"] | data)


BAD = [
    (b"\xff\xfe\x00", "not_json", None),
    (b'{"specversion": "\xff"}', "not_utf8", None),
    (b"", "not_json", None),
    (b"null", "wrong_type", None),
    (b"[]", "wrong_type", None),
    (b"{", "not_json", None),
    (b"[" * 200_000, "wrong_type", None),
    (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "too_deep", None),
    (b" " * (wire.LARGEST_MESSAGE + 1), "too_large", None),
]


@pytest.mark.parametrize(("value", "code", "field"), BAD, ids=[str(row[0][:12]) for row in BAD])
def test_unreadable_bytes_get_a_reason(value, code, field):
    found = rejected(value)
    assert (found.code, found.field) == (code, field)


DOCUMENTS = [
    ({k: v for k, v in told().items() if k != "id"}, "missing_field", "id"),
    ({k: v for k, v in told().items() if k != "authority"}, "missing_field", "authority"),
    (told(time="2026-11-02T10:00:00"), "time_without_zone", "time"),
    (told(time="yesterday"), "bad_time", "time"),
    (told(time="0001-01-01T00:00:00Z"), "time_out_of_range", "time"),
    (told(time="9999-12-31T23:59:59+08:00"), "time_out_of_range", "time"),
    (told(time=17), "wrong_type", "time"),
    (told(type="cn.gov.approval.case.exploded.v1"), "unknown_type", "type"),
    (told(type="x" * 300), "out_of_range", "type"),
    (told(specversion="0.3"), "unknown_value", "specversion"),
    (told(subject=""), "out_of_range", "subject"),
    (told(subject="x" * 201), "out_of_range", "subject"),
    (told(subject="9" * 10_000), "out_of_range", "subject"),
    (told(authority="city|hall"), "out_of_range", "authority"),
    (told(authority="city\n"), "out_of_range", "authority"),
    (told(sequence="1\n"), "out_of_range", "sequence"),
    (with_data(applicant={"ref": f"hmac:{'0' * 64}\n"}), "out_of_range", "data.applicant.ref"),
    (told(dataversion=0), "out_of_range", "dataversion"),
    (told(dataversion=2**60), "out_of_range", "dataversion"),
    (told(operation="X"), "unknown_value", "operation"),
    (told(sequence="x" * 33), "out_of_range", "sequence"),
    (told(sequence="é"), "out_of_range", "sequence"),
    (told(data=None), "wrong_type", "data"),
    (told(data=[]), "wrong_type", "data"),
    (told(data={}), "missing_field", "data.matter_code"),
    (with_data(promise={"value": -1, "unit": "workday"}), "out_of_range", "data.promise.value"),
    (with_data(promise={"value": 5, "unit": "fortnight"}), "unknown_value", "data.promise.unit"),
    (with_data(promise={"value": 5.5, "unit": "day"}), "wrong_type", "data.promise.value"),
    (with_data(promise_due_at="2026-11-02T10:00:00"), "time_without_zone", "data.promise_due_at"),
    (with_data(promise_due_at="9999-12-31T10:00:00Z"), "time_out_of_range", "data.promise_due_at"),
    (with_data(renews_until="9999-12-31"), "time_out_of_range", "data.renews_until"),
    (with_data(promise={"value": 241, "unit": "month"}), "limit_too_long", "data.promise.value"),
    (with_data(statutory={"value": 5000, "unit": "month"}), "limit_too_long", "data.statutory.value"),
    (told(type=wire.type_name("case.extended"), data={"value": 1440, "unit": "month"}), "limit_too_long", "data.value"),
    (told(type=wire.type_name("intermediary.contract_signed"), data={"unit_code": "u1", "promise": {"value": 1200, "unit": "month"}}),
     "limit_too_long", "data.promise.value"),
    (with_data(renews_until="soon"), "bad_time", "data.renews_until"),
    (with_data(matter_code="M\u0000"), "nul_character", None),
    (told(id="a\u0000b"), "nul_character", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "code", "field"), DOCUMENTS, ids=[f"{row[1]}-{row[2]}-{n}" for n, row in enumerate(DOCUMENTS)]
)
def test_a_broken_contract_gets_the_field_and_the_rule(changed, code, field):
    found = rejected(json.dumps(changed).encode())
    assert (found.code, found.field) == (code, field)
    assert found.detail


@pytest.mark.parametrize("promise", [(240, "month"), (5000, "workday"), (5000, "day"), (5000, "hour")])
def test_a_limit_of_twenty_years_is_admitted(promise):
    limit = dict(zip(("value", "unit"), promise, strict=True))
    assert isinstance(wire.decode(json.dumps(with_data(promise=limit)).encode()), wire.Event)


def test_every_instant_of_an_event_is_among_those_whose_range_is_checked():
    told_at = {(name, field.name) for name, data in EVENT_TYPES.items() for field in msgspec.structs.fields(data)
               if datetime in get_args(field.type) or Instant in get_args(field.type)}  # fmt: skip
    assert told_at == {(name, field) for name, fields in wire._instants.items() for field in fields}


def test_a_lone_surrogate_is_refused_wherever_it_stands():
    for text in ('{"specversion":"\\ud800"}', json.dumps(told()).replace("M007", "\\ud800"),
                 json.dumps(with_data(unheard_of="x")).replace('"x"', '"\\ud800"')):  # fmt: skip
        assert isinstance(wire.decode(text.encode()), wire.Rejected), text[:60]


def test_a_number_that_no_database_holds_is_refused():
    for number in ("1" * 10_000, "1e400", "-1e400", "9" * 300):
        value = json.dumps(with_data(unheard_of=0)).replace('"unheard_of": 0', f'"unheard_of": {number}').encode()
        found = wire.decode(value)
        assert isinstance(found, wire.Rejected) or float(number) < 1e309


def test_the_key_must_name_the_subject():
    value = wire.encode(told())
    assert isinstance(wire.decode(value, key=b"jdz|1"), wire.Event)
    assert rejected(value, key=b"jdz|2").code == "key_mismatch"
    assert rejected(value, key=b"\xff").code == "key_mismatch"


def test_binary_mode_says_the_same_as_structured():
    structured = told(dataversion=3, recordkey="accepted")
    headers = [(f"ce_{name}", str(value).encode()) for name, value in structured.items() if name != "data"]
    binary = wire.decode(
        json.dumps(structured["data"], separators=(",", ":"), sort_keys=True).encode(), headers=headers
    )
    assert binary == wire.decode(wire.encode(structured))


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_decoder(value):
    assert isinstance(wire.decode(value), wire.Rejected)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    ),
    st.sampled_from(sorted(told())),
)
def test_no_value_in_any_place_crashes_the_decoder(value, name):
    found = wire.decode(json.dumps(told(**{name: value})).encode())
    assert isinstance(found, wire.Event | wire.Rejected)


def test_the_hash_is_of_what_is_said_and_not_of_how_it_was_sent():
    one = wire.decode(wire.encode(told(id="a", ingesttime="2026-11-02T10:00:00Z", door="publish")))
    other = wire.decode(wire.encode(told(id="b", time="2026-11-02T02:00:00+00:00")))
    assert one.body_hash == other.body_hash
    assert one.body_hash != wire.decode(wire.encode(told(sequence="1"))).body_hash
