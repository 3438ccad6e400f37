"""Bundles across partitions: cases tell their bundle through the outbox, and its time waits until it was told everything."""

from datetime import timedelta

import psycopg
import pytest

from infra.reference_data import load
from streams.engine import End, Engine
from streams.store import Partition, Store
from tests.cases import accepted, china, document
from tests.streams.log import FakeRecord, records

pytestmark = pytest.mark.broker
CASES = [Partition("events.case", "case", number) for number in range(2)]
BUNDLES = Partition("events.bundle", "bundle", 0)
NOW = china("2026-11-24 10:00")


class City:
    """Two partitions of cases, one of bundles, and a relay that can be held back."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.engine = Engine(Store(database))
        for partition in CASES:
            self.engine.assign(partition, topic_id="c", partitions=2)
        self.engine.assign(BUNDLES, topic_id="b", partitions=1)
        self.log: list[FakeRecord] = []

    def tell(self, number: int, *told, at=NOW) -> None:
        partition = CASES[number]
        first = self.engine.owned[partition].next_offset
        log = records(told, first=first, arrived=at)
        self.engine.apply(partition, log, end=End(first + len(log), at))

    def open(self, **given) -> None:
        event = document("bundle.opened", "2026-11-23 09:00", number="b1", recordkey="o", unit_code="u1", **given)
        self.log.append(records([event], first=len(self.log), arrived=NOW)[0])

    def relay(self, *, at=NOW) -> int:
        """What the outbox holds for bundles is sent, twice: at least once is all that is promised."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(
                "delete from stream.outbox where topic = 'events.bundle' returning key, value"
            ).fetchall()
        for key, value in [*rows, *rows]:
            self.log.append(FakeRecord(len(self.log), int(at.timestamp() * 1000), bytes(key), bytes(value)))
        return len(rows)

    def look(self, at=NOW, *, passes: bool = True) -> None:
        """The bundle's partition reads what there is and looks at the clock, as often as it takes; time passes for cases."""
        if passes:
            self.pass_to(at)
        new = self.log[self.engine.owned[BUNDLES].next_offset :]
        if new:
            self.engine.apply(BUNDLES, new, end=End(len(self.log), at))
        for _ in range(6):
            self.engine.tick(BUNDLES, end=End(len(self.log), at))

    def pass_to(self, at) -> None:
        for partition in CASES:
            self.engine.tick(partition, end=End(self.engine.owned[partition].next_offset, at))

    def ask(self, query: str):
        with psycopg.connect(self.database) as connection:
            return connection.execute(query).fetchall()

    def bundles(self):
        return dict(self.ask("select subject_key, state from stream.subject where family = 'bundle' order by 1"))


def child(number: str, matter: str, at: str = "2026-11-23 10:00", bundle: str | None = "b1", **given):
    named = {"bundle": {"number": bundle}} if bundle else {}
    return accepted(at, number=number, matter_code=matter, **named, **given)


def finish(number: str, at: str, **given):
    return document("finished", at, number=number, recordkey="finished", **{"result": "granted", **given})


@pytest.fixture
def city(database):
    city = City(database)
    yield city
    city.engine.store.close()


def test_children_from_two_partitions_complete_a_bundle_in_any_order(city):
    city.tell(1, child("2", "M006"), finish("2", "2026-11-23 15:40"))
    city.tell(0, finish("1", "2026-11-23 11:00"))
    city.relay()
    city.look()
    assert city.bundles() == {"jdz|b1": "completed"}  # nobody opened it yet: its only child is done
    city.open(kind="company_opening", mandatory=["M001", "M006"])
    city.look()
    assert city.bundles() == {"jdz|b1": "begun"}
    city.tell(0, child("1", "M001"))
    city.relay()
    city.look()
    assert city.bundles() == {"jdz|b1": "completed"}
    assert city.ask("select is_broken from stream.clocks where clock_id = 'opening'") == [(True,)]
    assert city.ask("select findings from stream.subject where family = 'bundle'") == [([],)]


def test_a_bundle_closed_without_its_parts_kept_none_of_its_clocks(city):
    city.open(kind="company_opening", mandatory=["M001", "M006"])
    city.tell(0, child("1", "M001"))
    closed = document("bundle.closed", "2026-11-23 11:00", number="b1", recordkey="c", result="withdrawn")
    city.log.append(records([closed], first=len(city.log), arrived=NOW)[0])
    city.relay()
    city.look()
    opening = "select stopped_at is not null, is_on_time from stream.clocks where clock_id = 'opening'"
    assert city.ask(opening) == [(True, None)]


def test_a_child_that_leaves_is_gone_from_its_bundle(city):
    city.open(kind="one_thing", mandatory=[])
    city.tell(0, child("1", "M001"), child("2", "M006"))
    city.relay()
    city.tell(0, child("1", "M001", bundle="b2", dataversion=2))
    city.tell(0, child("2", "M006", operation="D", dataversion=2))
    assert city.relay() == 3  # gone from b1, come to b2, and the deleted one gone
    city.look()
    assert city.bundles() == {"jdz|b1": "opened", "jdz|b2": "begun"}


def test_a_correction_is_told_and_the_same_again_is_not(city):
    city.tell(0, child("1", "M001"), finish("1", "2026-11-23 11:00"))
    assert city.relay() == 1
    city.tell(0, document("step_completed", "2026-11-23 10:30", number="1", node="x"))
    assert city.relay() == 0
    city.tell(0, finish("1", "2026-11-23 14:00", dataversion=2))
    assert city.relay() == 1
    city.look()
    assert city.ask("select stopped_at from stream.subject where family = 'bundle'") == [(china("2026-11-23 14:00"),)]


def test_a_withdrawn_child_does_not_complete_its_bundle(city):
    city.open(kind="one_thing", mandatory=["M001"])
    city.tell(0, child("1", "M001"), finish("1", "2026-11-23 11:00", result="withdrawn"))
    city.relay()
    city.look()
    assert city.bundles() == {"jdz|b1": "begun"}


def test_a_mandatory_child_that_does_not_come_is_found_with_no_new_record_and_forgotten_when_it_comes(city):
    city.open(kind="one_thing", mandatory=["M001", "M006"])
    city.tell(0, child("1", "M001"))
    city.relay()
    city.look()
    found = "select state, findings from stream.subject where family = 'bundle'"
    assert city.ask(found) == [("begun", [])]
    city.look(NOW + timedelta(days=31))
    assert city.ask(found) == [("begun", ["bundle_without_mandatory_child"])]
    city.tell(1, child("2", "M006"), at=NOW + timedelta(days=31))
    city.relay()
    city.look(NOW + timedelta(days=31))
    assert city.ask(found) == [("begun", [])]


def test_time_waits_for_what_was_not_sent_yet(city):
    """A breach must not be seen because a finish is still on its way."""
    city.open(kind="one_thing", mandatory=["M001"], promise={"value": 1, "unit": "workday"})
    city.tell(0, child("1", "M001"), at=china("2026-11-23 12:00"))
    city.relay()
    city.look(china("2026-11-23 12:00"))
    city.tell(0, finish("1", "2026-11-24 16:00"), at=china("2026-11-24 16:01"))
    after = china("2026-11-25 08:00")
    city.look(after)
    [(seen,)] = city.ask("select as_of from stream.clock where topic = 'events.bundle'")
    assert seen < china("2026-11-24 16:01") + timedelta(milliseconds=1)
    assert city.ask("select count(*) from stream.signal where family = 'bundle'") == [(0,)]
    city.relay(at=after)
    city.look(after + timedelta(minutes=1))
    assert city.bundles() == {"jdz|b1": "completed"}
    assert city.ask("select rule_id from stream.signal where family = 'bundle'") == []
    assert city.ask("select is_on_time from stream.subject where family = 'bundle'") == [(True,)]


def test_time_waits_for_every_partition_of_cases(city):
    city.open(kind="one_thing", promise={"value": 1, "unit": "workday"})
    city.engine.tick(CASES[0], end=End(0, NOW))
    city.look(passes=False)
    assert city.ask("select count(*) from stream.clock where topic = 'events.bundle'") == [(0,)]
    city.engine.tick(CASES[1], end=End(0, NOW - timedelta(hours=1)))
    city.look(passes=False)
    assert city.ask("select as_of from stream.clock where topic = 'events.bundle'") == [(NOW - timedelta(hours=1),)]


def test_more_than_five_hundred_children_are_doubted_and_counted(city):
    city.open(kind="one_thing")
    city.tell(0, *[child(f"n{number}", "M001") for number in range(500)])
    city.relay()
    city.look()
    found = "select state, findings from stream.subject where family = 'bundle'"
    assert city.ask(found) == [("begun", [])]
    city.tell(1, child("one-more", "M001", at="2026-11-23 09:30"))
    city.relay()
    city.look()
    assert city.ask(found) == [("begun", ["too_many_children"])]
    assert city.ask("select accepted_at from stream.subject where family = 'bundle'") == [(china("2026-11-23 09:30"),)]


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize(
    ("one", "other", "findings"),
    [
        # two sources tell one record: the smaller URI of equals, the greater precedence of others
        ({"source": "urn:a"}, {"source": "urn:b"}, []),
        ({"source": "urn:preferred"}, {"source": "urn:a"}, []),
        # two records: the first in the order of the fold, and the second is said to be one too many
        (
            {"recordkey": "r2", "at": "2026-11-23 10:00"},
            {"recordkey": "r1", "at": "2026-11-23 10:30"},
            ["repeated:accepted"],
        ),
        # one record corrected: the greater version, though the other bundle is told later
        ({"dataversion": 2}, {"dataversion": 1}, []),
    ],
)
def test_a_case_is_in_one_bundle_in_whichever_order_it_is_told(database, one, other, findings, is_late):
    load(database, {"source": [{"source": "urn:preferred", "authority": "jdz", "precedence": "5"}]}, loaded_by="test")
    city = City(database)
    told = [child("1", "M001", bundle="counts", **one), child("1", "M001", bundle="does-not", **other)]
    for event in reversed(told) if is_late else told:
        city.tell(0, event)
        city.relay()
        city.look()
    bundles = city.bundles()
    assert bundles.pop("jdz|does-not", "deleted") == "deleted"
    assert bundles == {"jdz|counts": "begun"}
    assert city.ask("select findings from stream.subject where family = 'case'") == [(findings,)]
    city.engine.store.close()


def test_a_bundle_of_five_thousand_children_is_set_aside_and_says_so(city):
    city.open(kind="one_thing")
    city.tell(0, *[child(f"n{number}", "M001") for number in range(2500)])
    city.tell(1, *[child(f"m{number}", "M001") for number in range(2500)])
    city.relay()
    city.look()
    assert city.bundles() == {"jdz|b1": "oversized"}
    assert city.ask("select findings from stream.subject where family = 'bundle'") == [(["oversized"],)]
    [(letters, code)] = city.ask("select count(*), min(code) from stream.dead_letter")
    assert code == "subject_oversized"
    assert letters > 5000
