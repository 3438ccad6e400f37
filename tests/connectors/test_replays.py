"""Dead letters that are mended and sent again: counted once, by nobody else's hand, and never against a deletion."""

import json
import time

import psycopg
import pytest
from psycopg import sql

from connectors.dead_letters import reading, replaying
from connectors.dead_letters.patch import patch_of
from connectors.dead_letters.reading import NotAllowed
from connectors.dead_letters.replaying import AlreadyReplaying, Order, replay
from connectors.dead_letters.selection import EVERYTHING, selection_of
from connectors.gateway.receipts import receipt_of
from connectors.kafka import Delivery, ensure_topics
from connectors.landing import land
from infra.cli.progress import progress
from infra.reference_data import load
from streams import bare, wire
from streams.domain import subject
from tests.cases import SOURCE, SOURCE_ROW, accepted, document
from tests.connectors.test_landing import land_all, work_all
from tests.e2e.test_receipt import Running
from tests.infra.test_platform import Commands
from tests.streams.test_worker import ask, send

broker = pytest.mark.broker
HALL, BUREAU = "urn:gov:360200:hall", "urn:gov:360200:zjj"
TAKEN = """
    select
        (select coalesce(sum(next_offset), 0)::int from stream.position),
        (select coalesce(sum(judged_to), 0)::int from raw.position where topic like '%%events.%%')
"""


def patch(**change):
    return patch_of(json.dumps(change).encode(), name="patch.json")


def again(settings, where: str, *, mend=None, is_dry: bool = False):
    """(outcome, code) of each letter, in order."""
    order = Order(selection_of(where), mend, "Li")
    found = replay(settings, order, is_dry=is_dry, progress=progress)
    return [(one.outcome, one.code) for one in found.results]


def settle(settings, sent: int) -> None:
    """Waits until worker and landing, which run, have taken so many events, and each has its verdict."""
    deadline = time.monotonic() + 60
    while ask(settings, TAKEN) != [(sent, sent)]:
        assert time.monotonic() < deadline, ask(settings, TAKEN)
        time.sleep(0.05)


def states(settings) -> dict[str, tuple]:
    with psycopg.connect(settings.database) as connection:
        return {
            one.code: (one.state, one.verdict or one.refused_code) for one in reading.letters(connection, EVERYTHING)
        }


@pytest.fixture
def quiet_city(settings):
    """Topics, and three sources that are registered; nothing runs."""
    ensure_topics(settings)
    rows = [SOURCE_ROW, *({"source": source, "authority": "jdz"} for source in (HALL, BUREAU))]
    load(settings.database, {"source": rows}, loaded_by="test")
    return settings


@pytest.fixture
def city(quiet_city):
    """With a worker and a landing at work."""
    with Running(quiet_city, (bare.run, land)):
        yield quiet_city


def without_matter(number: str, **given):
    told = accepted("2026-11-02", number=number, promise=(5, "workday"), **given)
    del told["data"]["matter_code"]
    return told


@broker
def test_a_mended_letter_counts_exactly_once(city):
    send(city, [without_matter("n1", id="x1"), without_matter("n2", id="x2"), accepted("2026-11-02", number="n3")])
    settle(city, 3)
    assert states(city) == {"missing_field": ("open", None)}
    where = f"code=missing_field,source={SOURCE}"
    assert again(city, where) == [("refused", "missing_field")] * 2  # nothing was mended
    assert states(city) == {"missing_field": ("refused", "missing_field")}

    mend = patch(data={"matter_code": "M007"})
    first = ask(city, 'select topic, partition, "offset" from ops.dead_letters order by 1, 2, 3')[0]
    assert again(city, "{}/{}/{}".format(*first), mend=mend) == [("accepted", None)]
    assert again(city, where, mend=mend) == [("accepted", None)]  # the one that was left
    assert again(city, where, mend=mend) == []
    settle(city, 5)
    assert states(city) == {"missing_field": ("accepted", "accepted")}

    send(
        city, [accepted("2026-11-02", number="n1", id="x1", promise=(5, "workday"))]
    )  # the source, too, mends and sends
    settle(city, 6)
    assert ask(city, "select verdict, count(*) from raw.event group by 1 order by 1") == [
        ("accepted", 3),
        ("dead_lettered", 2),
        ("duplicate", 1),
    ]
    assert ask(city, "select sum(cases) from stream.measures where cohort = 'accepted'") == [(3,)]
    assert again(city, where, mend=mend) == []

    runs = ask(
        city,
        "select given_name, selection, patch_sha256, letters, sent, refused from ops.dead_letter_replays order by 1, run_id",
    )
    assert [run[3:] for run in runs] == [(2, 0, 2), (1, 1, 0), (1, 1, 0), (0, 0, 0), (0, 0, 0)]
    assert {run[:2] for run in runs if run[2] is None} == {("Li", where)}
    assert {run[2] for run in runs[1:]} == {mend.sha256}


@broker
def test_a_replay_that_broke_off_before_its_account_doubles_nothing(quiet_city, monkeypatch):
    city = quiet_city
    send(city, [without_matter("n1", id="x1")])
    work_all(city, 1)
    land_all(city)
    mend = patch(data={"matter_code": "M007"})
    with monkeypatch.context() as broken:
        broken.setattr(replaying, "_write_down", None)
        with pytest.raises(TypeError):
            again(city, "code=missing_field", mend=mend)
    assert states(city) == {"missing_field": ("open", None)}
    assert again(city, "code=missing_field", mend=mend) == [("accepted", None)]  # nothing has landed of the first
    assert states(city) == {"missing_field": ("sent", None)}
    work_all(city, 3)
    land_all(city)
    assert ask(city, "select verdict from raw.event order by 1") == [("accepted",), ("dead_lettered",), ("duplicate",)]
    assert ask(city, "select sum(cases) from stream.measures where cohort = 'accepted'") == [(1,)]
    assert states(city) == {"missing_field": ("accepted", "accepted")}
    assert ask(city, "select letters, sent, refused from ops.dead_letter_replays order by run_id") == [
        (1, 0, 0),
        (1, 1, 0),
    ]


@broker
def test_the_receipt_of_a_replayed_event_says_so(city):
    with Delivery(city) as delivery:  # an event on the topic of another family: a door cannot, a careless writer can
        told = document(
            "demand.registered",
            "2026-11-02",
            number="q1",
            id="d1",
            kind="complaint",
            unit_code="u1",
            **{"class": "general"},
        )
        delivery.send("events.case", b"jdz|q1", wire.encode(told))
    settle(city, 1)
    assert states(city) == {"wrong_family": ("open", None)}
    assert again(city, "code=wrong_family") == [("accepted", None)]
    settle(city, 2)
    with psycopg.connect(city.database) as connection:
        receipt = receipt_of(connection, SOURCE, "d1")
    assert receipt.verdict == "accepted"
    dead, alive = receipt.occurrences
    assert (dead.verdict, alive.verdict) == ("dead_lettered", "accepted")
    assert alive.replay_of == f"{dead.topic}/{dead.partition}/{dead.offset}"
    assert dead.replayed_at == alive.arrived_at
    assert ask(city, "select family, count(*) from stream.subject group by 1") == [("demand", 1)]


@broker
def test_a_dry_run_says_what_will_be_and_changes_nothing(city):
    with Delivery(city) as delivery:
        delivery.send("events.case", b"jdz|x", b"\xff not utf-8")
    send(city, [without_matter("n1", id="x1"), without_matter("n2", id="x2", source="urn:nobody"),
                without_matter("n3", id="x3"), without_matter("n3", id="x3"), accepted("2026-11-02", number="n1", id="x1")])  # fmt: skip
    settle(city, 6)

    def everything(sent: int):
        tables = (
            "ops.dead_letter_replay",
            "ops.dead_letter_outcome",
            "stream.dead_letter",
            "raw.event",
            "ops.dead_letters",
        )
        settle(city, sent)  # nothing more was sent
        return [ask(city, f"select t::text from {table} as t order by 1") for table in tables]

    mend = patch(data={"matter_code": "M007", "unit_code": "u1"})
    found = {}
    for where, sent in (("code=missing_field", 6), ("code=not_json", 9)):
        before = everything(sent)
        found[where] = again(city, where, mend=mend, is_dry=True)
        assert everything(sent) == before
        assert again(city, where, mend=mend) == found[where]
    assert sorted(found["code=missing_field"], key=str) == [
        ("accepted", None),
        ("conflict", None),  # n1 was told again, without a promise
        ("duplicate", None),
        ("refused", "unknown_source"),
    ]
    assert found["code=not_json"] == [("refused", "not_json")]
    settle(city, 9)
    assert ask(city, "select verdict, count(*) from raw.event where replay_of is not null group by 1 order by 1") == [
        ("accepted", 1),
        ("conflict", 1),
        ("duplicate", 1),
    ]


@broker
def test_a_deleted_case_comes_back_only_by_a_higher_version(city):
    gone = [
        accepted("2026-11-02", number="n1"),
        document("finished", "2026-11-04", number="n1", recordkey="f", id="late", result=17),  # a dead letter
        accepted("2026-11-02", number="n1", operation="D", dataversion=2),
        accepted("2026-11-02", number="n2"),
    ]
    send(city, gone)
    settle(city, 4)
    assert ask(city, "select subject_key, state from stream.subject order by 1") == [
        ("jdz|n1", "deleted"),
        ("jdz|n2", "accepted"),
    ]
    result = {"data": {"result": "granted"}}
    assert again(city, "code=wrong_type", mend=patch(**result)) == [("refused", "subject_deleted")]
    assert again(city, "code=wrong_type", mend=patch(dataversion=2, **result)) == [("refused", "subject_deleted")]
    settle(city, 4)
    assert ask(city, "select state from stream.subject where subject_key = 'jdz|n1'") == [("deleted",)]
    assert states(city) == {"wrong_type": ("refused", "subject_deleted")}

    assert again(city, "code=wrong_type", mend=patch(dataversion=3, **result)) == [("accepted", None)]
    settle(city, 5)
    assert ask(city, "select state from stream.subject where subject_key = 'jdz|n1'") == [("finished",)]


@broker
def test_a_letter_of_a_subject_with_too_many_records_is_not_sent_in_vain(city, monkeypatch):
    monkeypatch.setattr(subject, "MOST_ENTRIES", 20)  # the worker runs in this process
    send(city, [document("visited", "2026-11-02", number="big", recordkey=f"v{n}") for n in range(23)])
    settle(city, 23)
    assert states(city) == {"subject_oversized": ("open", None)}
    assert again(city, "code=subject_oversized") == [("refused", "subject_oversized")] * 2
    # told of another subject it is another matter
    assert again(city, "code=subject_oversized", mend=patch(subject="small")) == [("accepted", None)] * 2


@broker
def test_a_patch_changes_neither_source_nor_id_and_codes_are_translated_once(city):
    row = {
        "source": HALL,
        "event_type": "",
        "field": "data.channel",
        "code": "1",
        "value": "window",
        "valid_from": "2000-01-01",
    }
    load(city.database, {"code_map": [row]}, loaded_by="test")
    raw = without_matter("n1", id="x1", source=HALL, channel="1")
    stamped = without_matter("n2", id="x2", source=HALL, channel="window") | {
        "door": "http", "ingesttime": "2026-11-24T09:00:00+08:00", "replayof": "somebody/0/0",
    }  # fmt: skip
    send(city, [raw, stamped])
    settle(city, 2)
    assert again(city, "code=missing_field", mend=patch(id="other")) == [("refused", "identity_changed")] * 2
    assert again(city, "code=missing_field", mend=patch(source=None)) == [("refused", "identity_changed")] * 2
    assert again(city, "code=missing_field", mend=patch(data={"matter_code": "M007"})) == [("accepted", None)] * 2
    settle(city, 4)
    found = ask(
        city, "select id, data ->> 'channel', door, replay_of from raw.event where verdict = 'accepted' order by 1"
    )
    assert [row[:3] for row in found] == [("x1", "window", "replay"), ("x2", "window", "replay")]
    assert {row[3] for row in found} == {place for (place,) in ask(city, "select place from ops.dead_letters")}


@broker
def test_only_one_role_reads_what_letters_say(city):
    send(city, [without_matter("n1", id="x1")])
    settle(city, 1)

    def reads(role: str, query: str) -> bool:
        with psycopg.connect(city.database) as connection:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            try:
                return len(connection.execute(query).fetchall()) == 1
            except psycopg.errors.InsufficientPrivilege:
                return False

    payload = ("key", "value", "detail")
    assert all(reads("govpulse_dead_letters", f"select {name} from stream.dead_letter") for name in payload)
    assert not any(reads("govpulse_analyst", f"select {name} from stream.dead_letter") for name in payload)
    assert reads("govpulse_analyst", "select code, state from ops.dead_letters")
    columns = {
        name for (name,) in ask(city, "select attname from pg_attribute where attrelid = 'ops.dead_letters'::regclass")
    }
    assert not columns & set(payload)
    with psycopg.connect(city.database, autocommit=True) as connection:
        connection.execute("create role letters_outsider login password 'x'")
        connection.execute("create role letters_member login password 'x' in role govpulse_dead_letters")
    try:
        assert not reads("letters_outsider", "select code from ops.dead_letters")
        with pytest.raises(NotAllowed, match='grant govpulse_dead_letters to "letters_outsider"'):
            again(_as(city, "letters_outsider"), "code=missing_field")
        # a member needs nothing else to mend and replay, and cannot change the account of it
        assert again(_as(city, "letters_member"), "code=missing_field", mend=patch(data={"matter_code": "M"})) == [
            ("accepted", None)
        ]
        assert ask(city, "select database_user from ops.dead_letter_replay") == [("letters_member",)]
    finally:
        with psycopg.connect(city.database, autocommit=True) as connection:
            connection.execute("drop role letters_outsider")
            connection.execute("drop role letters_member")


def _as(settings, login: str):
    from msgspec.structs import replace as other

    host = settings.database.rpartition("@")[2]
    return other(settings, database=f"postgresql://{login}:x@{host}")


@broker
def test_the_account_of_replays_cannot_be_changed(city):
    send(city, [without_matter("n1")])
    settle(city, 1)
    again(city, "code=missing_field")
    for change in ("update ops.dead_letter_outcome set outcome = 'sent'", "delete from ops.dead_letter_outcome",
                   "truncate ops.dead_letter_outcome", "update ops.dead_letter_replay set os_user = 'x'",
                   "truncate ops.dead_letter_replay cascade"):  # fmt: skip
        with (
            psycopg.connect(city.database) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
        ):
            connection.execute(change)


@broker
def test_two_replays_do_not_run_at_once(quiet_city):
    from connectors.dead_letters.replaying import LOCK

    with psycopg.connect(quiet_city.database, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(AlreadyReplaying):
            again(quiet_city, "code=missing_field")


@broker
@pytest.mark.slow
def test_the_command_line_lists_shows_mends_and_replays(city, tmp_path):
    names = ("kafka", "database", "topic_prefix")
    told = {f"GOVPULSE_{name.upper()}": str(getattr(city, name)) for name in names}
    govpulse = Commands(tmp_path / "home", GOVPULSE_PSEUDONYM_KEY=city.pseudonym_key, **told)
    send(city, [without_matter("n1", id="x1"), without_matter("n2", id="x2")])
    settle(city, 2)
    listed = govpulse("dead-letters", "list", "--json")
    assert listed.returncode == 1
    [group] = json.loads(listed.stdout)
    assert (group["code"], group["source"], group["letters"], group["open"]) == ("missing_field", SOURCE, 2, 2)
    where = f"code={group['code']},source={group['source']},day={group['day']}"
    shown = json.loads(govpulse("dead-letters", "show", group["first"], "--json").stdout)
    assert (shown["state"], json.loads(shown["value"])["id"] in {"x1", "x2"}) == ("open", True)
    assert json.loads(govpulse("dead-letters", "show", group["first"], "--raw").stdout)["type"].endswith("accepted.v1")
    mend = tmp_path / "mend.json"
    mend.write_text('{"data": {"matter_code": "M007"}}')
    dry = govpulse("dead-letters", "replay", "--where", where, "--patch", str(mend), "--dry-run")
    assert (dry.returncode, "2 would be accepted" in dry.stdout) == (0, True), dry.stderr
    done = govpulse("dead-letters", "replay", "--where", where, "--patch", str(mend), "--by", "Li Lei", "--json")
    assert (done.returncode, len(json.loads(done.stdout)["results"])) == (0, 2), done.stderr
    settle(city, 4)
    each = govpulse("dead-letters", "list", "--each")
    assert (each.returncode, each.stdout.count(" accepted")) == (0, 2)
    assert "Li Lei" in govpulse("dead-letters", "show", group["first"]).stdout
    wrong = govpulse("dead-letters", "replay", "--where", "colour=red")
    assert (wrong.returncode, "write TOPIC/PARTITION/OFFSET" in " ".join(wrong.stderr.split())) == (2, True), (
        wrong.stderr
    )
