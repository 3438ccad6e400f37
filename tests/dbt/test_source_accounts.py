"""Every record of a source and day has become one thing: counted by hand, live, and in the warehouse."""

from datetime import date, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from connectors import accounts as live
from connectors.admission import Door, Rejected, rejection
from connectors.landed import Landed
from connectors.landing_store import LandingStore
from connectors.unknown_fields import write_down
from connectors.verdicts import judge
from expectations import suites
from infra.reference_data import load
from infra.warehouse.dbt import Dbt
from streams.settings import Settings
from streams.topics import Topic
from tests.cases import SOURCE, SOURCE_ROW, accepted, china
from tests.dbt.landed import build
from tests.streams.log import mark, records

pytestmark = [pytest.mark.broker, pytest.mark.slow]
EASTERN = "urn:gov:360200:eastern"  # lives an hour ahead
LATE = china("2026-11-23 23:30")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
CASES, REFUSED = "events.case", "rejected"


def refused(code: str, field: str | None, source: str | None) -> bytes:
    return rejection(Door("file", b"k"), b'{"id": "r1"}', Rejected(code, field, "", source), now=LATE)


def through(door: str, told: dict, **stamps) -> dict:
    return told | {"door": door, **stamps}


def log() -> list:
    """What lies on events.case, by offset."""
    one = accepted("2026-11-23", number="a", id="1")
    eastern = accepted("2026-11-23 23:29:00", number="e", id="1", source=EASTERN)
    return [
        through("http", one),
        through("kafka", one),  # 1: a duplicate
        through("http", accepted("2026-11-24", number="a", id="1")),  # 2: a conflict
        b"\xff",  # 3: a dead letter of nobody
        through("http", accepted("2026-11-23", number="x") | {"data": {"matter_code": 7}}),  # 4: one of a source
        mark("old", china("2011-10-14")),  # 5
        through("dead-letters", accepted("2026-11-23", number="x"), replayof="events.case/0/4"),  # 6: … replayed
        through(
            "dead-letters",
            accepted("2026-11-23", number="y") | {"data": {"matter_code": 7}},
            replayof="events.case/0/3",
        ),
        through(
            "dead-letters", accepted("2026-11-23", number="y"), replayof="events.case/0/7"
        ),  # 8: the second time well
        through("dead-letters", accepted("2026-11-23", number="z"), replayof="rejected/0/1"),  # 9: a refusal, mended
        through("http", eastern),  # 10
        through("database", accepted("2026-11-23", number="p")),  # 11: the worker has not come so far
    ]


@pytest.fixture
def landed(database):
    """The log and four refusals landed in the evening, but for the last event read and judged."""
    load(
        database, {"source": [SOURCE_ROW, {"source": EASTERN, "authority": "jdz", "zone": "Asia/Tokyo"}]}, loaded_by="t"
    )
    told = log()
    refusals = [refused("bad_time", "time", SOURCE)] * 2 + [
        refused("not_json", None, None),
        refused("bad_time", "time", EASTERN),
    ]
    store = LandingStore(database)
    store.claim({topic: Topic(f"id-{topic}", 1) for topic in (CASES, REFUSED)})
    rows = Landed()
    rows.take(CASES, 0, records(told, arrived=LATE))
    rows.take(REFUSED, 0, records(refusals, arrived=LATE))
    store.write(rows)
    with psycopg.connect(database) as connection:
        connection.execute("insert into stream.position values (%s, 0, %s, 1)", [CASES, len(told) - 1])
        connection.execute("insert into stream.clock values (%s, 0, '*', %s)", [CASES, LATE + timedelta(hours=12)])
        write_down(connection, {(SOURCE, "mood"): 3})
        connection.execute("update ops.unknown_field_day set day = %s", [MONDAY])
    while judge(store.connection, [CASES]):
        pass
    store.close()
    return database


def counts(one) -> dict[str, int]:
    found = (
        one if isinstance(one, dict) else {name: getattr(one, name) for name in ("received", *live.BECAME, "replayed")}
    )
    return {name: found[name] for name in ("received", *live.BECAME, "replayed") if found[name]}


def read(database, day) -> dict:
    with psycopg.connect(database) as connection:
        return {one.source: one for one in live.accounts(connection, day=day)}


def test_live_accounts_are_those_counted_by_hand(landed):
    monday, tuesday = read(landed, MONDAY), read(landed, TUESDAY)
    own = monday[SOURCE]
    assert counts(own) == {
        "received": 7, "accepted": 3, "duplicate": 1, "conflict": 1, "rejected": 1, "pending": 1, "replayed": 2,
    }  # fmt: skip
    assert own.doors == {"http": 3, "kafka": 1, "file": 2, "database": 1}
    assert (own.reasons, own.unknown_fields, own.heartbeats) == ({"bad_time": 1}, {"mood": 3}, 0)
    assert own.is_balanced
    assert (own.first_event_at, own.last_event_at) == (china("2026-11-23"), china("2026-11-24"))
    assert own.p95_lateness_seconds == 13 * 3600 + 1800
    # what nobody can be asked about is a row of its own; of two dead ends one was replayed, at the second attempt
    assert counts(monday["unknown"]) == {"received": 2, "accepted": 1, "rejected": 1, "replayed": 1}
    # in the zone of that source it is Tuesday already
    assert counts(monday[EASTERN]) == {}
    assert counts(tuesday[EASTERN]) == {"received": 2, "accepted": 1, "rejected": 1}
    assert tuesday[EASTERN].p95_lateness_seconds == 60
    assert counts(tuesday[SOURCE]) == {}
    with psycopg.connect(landed) as connection:
        assert live.gaps(connection, since=LATE - timedelta(days=2)) == []
        assert [one.source for one in live.accounts(connection, day=MONDAY, source=SOURCE)] == [SOURCE]


def test_the_warehouse_tells_the_same_up_to_the_cut_and_balances_with_the_log(landed, tmp_path):
    build(landed, tmp_path, "--select", "+candidate_source_accounts", "source_accounts")
    with psycopg.connect(landed, row_factory=dict_row, autocommit=True) as connection:
        rows = connection.execute("select * from marts.source_accounts where day <= %s", [TUESDAY]).fetchall()
        found = {(row["source"], row["day"]): row for row in rows}
        told = {place: counts(row) for place, row in found.items()}
        assert told == {
            (SOURCE, MONDAY): {
                "received": 6, "accepted": 3, "duplicate": 1, "conflict": 1, "rejected": 1, "replayed": 2,
            },
            (SOURCE, TUESDAY): {},  # nothing came, and that is told, too
            (EASTERN, TUESDAY): {"received": 2, "accepted": 1, "rejected": 1},
            ("unknown", MONDAY): {"received": 2, "accepted": 1, "rejected": 1, "replayed": 1},
        }  # fmt: skip
        own = found[SOURCE, MONDAY]
        assert (own["doors"], own["reasons"], own["unknown_fields"]) == (
            {"http": 3, "kafka": 1, "file": 2}, {"bad_time": 1}, {"mood": 3},
        )  # fmt: skip
        assert [own[name] for name in ("first_event_at", "last_event_at", "p95_lateness_seconds", "zone")] == [
            china("2026-11-23"), china("2026-11-24"), 13 * 3600 + 1800, "Asia/Shanghai",
        ]  # fmt: skip

        assert unmet(connection) == []
        connection.execute(
            "update candidate.candidate_source_accounts set accepted = accepted + 1 where source = 'unknown'"
        )
        assert len(unmet(connection)) == 1
        connection.execute(
            "update candidate.candidate_source_accounts set received = received + 1 where source = 'unknown'"
        )
        assert len(unmet(connection)) == 1  # each row agrees with itself again, but not with the log
    assert {
        node.status
        for node in Dbt(Settings(home=tmp_path, database=landed), "r1").unit_test("+candidate_source_accounts")
    } == {"pass"}


def unmet(connection) -> list[str]:
    """The expectations of the table that are not met."""
    [table] = [table for table in suites.after() if table.name == "candidate_source_accounts"]
    queries = [
        (one.description, one.unexpected_rows_query.replace("{batch}", f"{table.schema}.{table.name}"))
        for one in table.expectations
    ]
    return [description for description, query in queries if connection.execute(query).fetchall()]


def test_a_record_that_is_lost_or_twice_there_is_found(landed):
    with psycopg.connect(landed) as connection:
        connection.execute("""delete from raw.event where "offset" = 9""")
        connection.execute(
            """insert into raw.rejection select topic, partition, 77, arrived_at, null, null, code, null, '', source from raw.rejection limit 1"""
        )
        found = live.gaps(connection, since=LATE - timedelta(days=2))
        assert [(gap.topic, gap.passed, gap.rows) for gap in found] == [
            (CASES, 12, 11),
            (REFUSED, 4, 5),
        ]
        connection.execute("""update raw.event set verdict = 'lost' where "offset" = 0""")
        [own] = live.accounts(connection, day=MONDAY, source=SOURCE)
        assert (own.is_balanced, own.received - own.became) == (False, 1)


def test_a_replay_that_names_itself_ends(landed):
    with psycopg.connect(landed) as connection:
        connection.execute("""update raw.event set replay_of = 'events.case/0/8' where "offset" = 6""")
        connection.execute("""update raw.event set replay_of = 'events.case/0/6' where "offset" = 8""")
        assert counts(live.accounts(connection, day=MONDAY, source="unknown")[0])["received"] == 2
