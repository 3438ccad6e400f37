"""What every door calls: allowed fields, pseudonyms, keys, reasons."""

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest

from connectors.admission import Admitted, Door, admit, admit_bytes, pseudonym, rejection
from streams import wire
from streams.wire import Rejected
from tests.cases import REGISTER, document

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
DOOR = Door("test", b"the platform's key", REGISTER)


def told(**changes):
    return document("accepted", "2026-11-02", matter_code="M007", unit_code="u1") | changes


def test_fields_nobody_knows_are_dropped_and_named():
    event = told(
        colour="red", data=told()["data"] | {"mood": "good", "applicant": {"kind": "company", "shoe_size": 42}}
    )
    admitted = admit(DOOR, event, now=NOW)
    assert isinstance(admitted, Admitted)
    assert set(admitted.dropped) == {"colour", "data.mood", "data.applicant.shoe_size"}
    assert b"good" not in admitted.value
    assert b"shoe" not in admitted.value


def test_a_persons_number_leaves_only_as_a_keyed_hash():
    number = "360202198001011234"
    event = told(data=told()["data"] | {"applicant": {"kind": "person", "ref": number}})
    admitted = admit(DOOR, event, now=NOW)
    assert number.encode() not in admitted.value
    assert pseudonym(number, DOOR.pseudonym_key).encode() in admitted.value
    again = admit(DOOR, json.loads(admitted.value), now=NOW)
    assert again.event.body_hash == admitted.event.body_hash  # a hash is not hashed again
    other = admit(Door("test", b"another key", DOOR.register), event, now=NOW)
    assert other.event.body_hash != admitted.event.body_hash


@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_an_empty_cell_is_no_person(blank):
    for event in (
        told(data=told()["data"] | {"applicant": {"kind": "person", "ref": blank}}),
        document("ledger.rectified", "2026-11-02", by_ref=blank),
        document("demand.contacted", "2026-11-02", by_ref=blank),
        document("assisted", "2026-11-02", agent_ref=blank),
    ):
        admitted = admit(DOOR, event, now=NOW)
        assert isinstance(admitted, Admitted)
        assert (b"hmac:" in admitted.value, admitted.dropped) == (False, ())


def test_what_is_refused_is_kept_without_persons_numbers():
    number, telephone = "36020219800101123X", "13800138000"
    data = told()["data"] | {"applicant": {"kind": "person", "ref": number}, "idcard": number}
    event = told(data=data, time="soon", phone=telephone)
    for line in (
        json.dumps(event).encode(),
        json.dumps(event | {"type": "unknown"}).encode(),
        json.dumps(event).encode()[:-1],
        f"申请人 {number},电话 {telephone}".encode(),
    ):
        found = admit_bytes(DOOR, line, now=NOW)
        kept = b64decode(json.loads(rejection(DOOR, line, found, now=NOW))["original"])
        assert isinstance(found, Rejected)
        assert number.encode() not in kept
        assert telephone.encode() not in kept
        assert kept


def test_the_authority_is_the_sources_own_where_none_is_given():
    event = {name: value for name, value in told().items() if name != "authority"}
    assert admit(DOOR, event, now=NOW).key == b"jdz|1"
    stranger = admit(DOOR, event | {"source": "urn:stranger"}, now=NOW)
    assert (stranger.code, stranger.field) == ("unknown_source", "source")


def test_stamps_are_ours():
    admitted = admit(DOOR, told(ingesttime="1999-01-01T00:00:00Z", door="forged"), now=NOW)
    assert admitted.event.ingested_at == NOW
    assert admitted.event.door == "test"


def test_what_is_admitted_is_canonical_and_taken_by_the_worker():
    admitted = admit(DOOR, dict(reversed(told().items())), now=NOW)
    assert admitted.value == admit(DOOR, told(id=admitted.event.id), now=NOW).value
    assert wire.decode(admitted.value, key=admitted.key) == admitted.event


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\xff", "not_json"),
        (b'"\xff"', "not_utf8"),
        (b"nonsense", "not_json"),
        (b"17", "wrong_type"),
        (b"{}", "missing_field"),
        (b"[" * 100_000, "too_deep"),
        (b"x" * (wire.LARGEST_MESSAGE + 1), "too_large"),
        (json.dumps(told(time="2026-11-02T09:00:00")).encode(), "time_without_zone"),
        (json.dumps(told(subject=9)).encode(), "wrong_type"),
        (json.dumps(told(id="a\0")).encode(), "nul_character"),
    ],
)
def test_what_is_refused_gets_a_reason_and_is_kept_whole(line, code):
    found = admit_bytes(DOOR, line, now=NOW)
    assert isinstance(found, Rejected)
    assert found.code == code
    kept = json.loads(rejection(DOOR, line, found, now=NOW))
    assert (kept["code"], kept["size"]) == (code, len(line))
