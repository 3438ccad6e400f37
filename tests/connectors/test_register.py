"""The register: a source tells what it may, and cannot touch what is another's."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.admission import Admitted, Door, admit
from connectors.register import Register, Source
from streams import wire
from tests.cases import china, document

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
CITY, BUREAU, DISTRICT, GONE, DESK = (f"urn:gov:360200:{name}" for name in ("city", "zjj", "cj", "gone", "desk"))
REGISTER = Register(
    {
        one.source: one
        for one in (
            Source(CITY, "jdz", frozenset({"*"})),
            Source(BUREAU, "jdz-zjj", frozenset({"jdz"}), frozenset({"case"}), frozenset({"u1", "u2"})),
            Source(DISTRICT, "jdz", areas=frozenset({"360202"})),
            Source(GONE, "jdz", is_revoked=True),
            Source(DESK, "jdz", zone=ZoneInfo("Asia/Shanghai")),
        )
    },
    {"u-cj": "360202", "u-fl": "360222", "u-park": "360202453"},
    frozenset({"old"}),
)
DOOR = Door("test", b"key", REGISTER)


def verdict(source: str, name: str = "finished", *, at: str = "2026-11-23", teller: str | None = None, **given):
    found = admit(DOOR, document(name, at, source=source, **given), now=NOW, teller=teller)
    return "received" if isinstance(found, Admitted) else f"{found.code} {found.field}"


def accepted(**given):
    return {"name": "accepted", "matter_code": "M007", "unit_code": "u1"} | given


@pytest.mark.parametrize(
    ("source", "given", "said"),
    [
        (BUREAU, {}, "received"),
        (BUREAU, {"authority": "jdz-zjj"}, "received"),
        (BUREAU, {"authority": "jdz-gaj"}, "authority_not_allowed authority"),
        (BUREAU, {"authority": "jdz-gaj", "operation": "D"}, "authority_not_allowed authority"),
        (CITY, {"authority": "jdz-gaj"}, "received"),
        ("urn:nobody", {}, "unknown_source source"),
        (GONE, {}, "revoked_source source"),
        (BUREAU, {"name": "demand.replied"}, "family_not_allowed type"),
        (BUREAU, {"name": "source.heartbeat"}, "received"),
        (BUREAU, accepted(), "received"),
        (BUREAU, accepted(unit_code="u3"), "unit_not_allowed data.unit_code"),
        (BUREAU, accepted(bundle={"number": "b"}), "received"),
        (BUREAU, accepted(bundle={"number": "b", "authority": "jdz"}), "received"),
        (BUREAU, accepted(bundle={"number": "b", "authority": "other"}), "authority_not_allowed data.bundle.authority"),
        (DISTRICT, accepted(area_code="360202"), "received"),
        (DISTRICT, accepted(area_code="360202453"), "received"),
        (DISTRICT, accepted(area_code="360222"), "area_not_allowed data.area_code"),
        (DISTRICT, accepted(area_code="360200"), "area_not_allowed data.area_code"),
        (DISTRICT, accepted(unit_code="u-cj"), "received"),
        (DISTRICT, accepted(unit_code="u-park"), "received"),
        (DISTRICT, accepted(unit_code="u-fl"), "area_not_allowed data.area_code"),
        (DISTRICT, accepted(), "area_not_allowed data.area_code"),
        (DISTRICT, {}, "received"),
    ],
)
def test_a_source_tells_what_the_register_allows(source, given, said):
    assert verdict(source, **given) == said


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("source.clock_advanced", {"authority": "old", "up_to": "2026-11-24T00:00:00Z"}),
        ("bundle.child_changed", {"child": "jdz|1", "matter_code": "M001"}),
    ],
)
def test_what_the_platform_tells_itself_no_source_tells(name, data):
    event = document(name, "2026-11-23", source=CITY) | {"data": data}
    found = admit(DOOR, event, now=NOW)
    assert (found.code, found.field) == ("type_not_allowed", "type")


def test_a_key_speaks_for_its_own_source_only():
    assert verdict(BUREAU, teller=BUREAU) == "received"
    assert verdict(BUREAU, teller=CITY) == "foreign_source source"


def test_the_same_id_from_two_sources_is_two_events():
    told = [admit(DOOR, document("finished", "2026-11-23", source=one, id="same"), now=NOW) for one in (CITY, BUREAU)]
    assert [(one.event.source, one.event.id) for one in told] == [(CITY, "same"), (BUREAU, "same")]


def test_a_clock_two_days_ahead_is_told_and_the_event_waits_for_its_time():
    later = document("finished", "2026-11-26", source=CITY)
    ahead = admit(DOOR, later, now=NOW)
    assert ahead.notes == ("from_the_future",)
    assert ahead.event.at == china("2026-11-26")
    assert admit(DOOR, later, now=china("2026-11-26") - timedelta(minutes=4)).notes == ()
    assert admit(DOOR, later | {"authority": "old"}, now=NOW).notes == ()  # lives by marks


def test_a_time_without_an_offset_is_read_in_the_sources_zone():
    naive = {"time": "2026-11-23T09:02:00", "recordedtime": "2026-11-23 09:02:04"}
    event = document("accepted", "2026-11-23", source=DESK, matter_code="M007", unit_code="u1",
                     promise_due_at="2026-11-30T17:00:00") | naive  # fmt: skip
    told = admit(DOOR, event, now=NOW)
    assert told.event.at == china("2026-11-23 09:02")
    assert told.event.recorded_at == china("2026-11-23 09:02") + timedelta(seconds=4)
    assert b'"promise_due_at":"2026-11-30T17:00:00+08:00"' in told.value
    assert admit(DOOR, event | {"source": CITY}, now=NOW).code == "time_without_zone"
    assert admit(DOOR, event | {"time": "2026-11-23"}, now=NOW).code == "bad_time"  # a day is no instant
    assert admit(DOOR, event | {"time": "soon, perhaps"}, now=NOW).code == "bad_time"


def test_no_source_marks_its_event_as_a_replay():
    told = admit(DOOR, document("finished", "2026-11-23", source=CITY) | {"replayof": "events.case/0/1"}, now=NOW)
    assert told.event.replay_of is None
    assert wire.decode(told.value).replay_of is None
