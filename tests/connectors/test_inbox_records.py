"""Records of an inbox: structured and binary mode, and whatever is neither."""

from types import SimpleNamespace

import pytest

from connectors.inbox.records import told_by
from connectors.told import LARGEST_EVENT, identity
from streams.wire import Rejected


def record(value: bytes | None, *headers: tuple[str, bytes | None]):
    return SimpleNamespace(value=value, headers=list(headers))


BINARY = (("ce_specversion", b"1.0"), ("ce_id", "受理-1".encode()), ("ce_dataversion", b"2"), ("content-type", b"application/json"))  # fmt: skip


def test_structured_mode_is_the_value_as_it_stands():
    for kind in (b"application/cloudevents+json; charset=utf-8", b"Application/CloudEvents+JSON"):
        assert told_by(record(b'{"id":"1"}', ("content-type", kind), ("ce_specversion", b"1.0"))) == b'{"id":"1"}'
    assert told_by(record(b'{"id":"1"}')) == b'{"id":"1"}'
    assert told_by(record(b"")) == b""


def test_binary_mode_is_attributes_and_data():
    expected = {"specversion": "1.0", "id": "受理-1", "dataversion": 2}
    told = told_by(record(b'{"result":"granted"}', *BINARY, ("traceparent", b"x"), ("ce_sequence", None)))
    assert told == expected | {"data": {"result": "granted"}}
    assert identity(told) == (None, "受理-1")
    # a deletion needs no data; on Kafka that is a tombstone
    assert told_by(record(None, *BINARY, ("ce_operation", b"D"))) == expected | {"operation": "D"}


def test_data_cannot_break_out_into_attributes():
    assert told_by(record(b'{},"source":"urn:another"', *BINARY)).code == "not_json"
    assert told_by(record(b'{"source":"urn:another"}', *BINARY))["data"] == {"source": "urn:another"}


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (record(None), "not_json"),
        (record(None, ("content-type", b"application/cloudevents+json")), "not_json"),
        (record(b"x" * (LARGEST_EVENT + 1)), "too_large"),
        (record(b"{}", *BINARY, ("ce_subject", b"x" * LARGEST_EVENT)), "too_large"),
        (record(b"{}", ("ce_specversion", b"1.0"), ("ce_subject", "办件".encode("gb18030"))), "bad_header"),
        (record(b"{", *BINARY), "not_json"),
        (record(b"\xff", *BINARY), "not_json"),
        (record(b"[" * 100_000, *BINARY), "too_deep"),
    ],
)
def test_what_cannot_be_read_has_its_code(found, code):
    refused = told_by(found)
    assert isinstance(refused, Rejected)
    assert refused.code == code
