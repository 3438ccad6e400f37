"""A source that floods is shut off, its events are kept, the others go on; and what dead letters say goes after a time."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from connectors.dead_letters import reading
from connectors.dead_letters.selection import EVERYTHING
from connectors.inbox.topics import ensure_inboxes
from connectors.kafka import ensure_topics
from connectors.lines import publish_lines
from connectors.polling.capture import Reader, tables_of
from connectors.polling.run import prepared
from connectors.quarantine import NotQuarantined, quarantined, release
from connectors.register import SourceQuarantined
from connectors.sources.mapping import load_mapping
from connectors.sources.publishing import publish_file
from infra.cli.progress import progress
from infra.cli.watch import _patient
from infra.reference_data import load
from streams import overseer
from streams.expiry import expire_letters
from streams.quarantine import Decision, Heard, Limits, decide, limits_of, quarantine_floods
from tests.cases import SOURCE, accepted
from tests.conftest import installation
from tests.connectors.fronts import SOURCE as FRONT
from tests.connectors.fronts import Poller
from tests.connectors.gateways import BATCH, SINGLE, gateway, registered
from tests.connectors.inboxes import take_in_once, write
from tests.connectors.test_landing import land_all
from tests.connectors.test_poll import case
from tests.connectors.test_polled_rows import REGISTER as POLLED
from tests.connectors.test_published_files import MAPPING
from tests.connectors.test_replays import BUREAU, HALL, again, city, quiet_city, settle, without_matter
from tests.infra.test_platform import Commands
from tests.streams.test_worker import ask, send

broker = pytest.mark.broker
__all__ = ("city", "quiet_city")  # fixtures
LIMITS = Limits(20, 0.5, timedelta(minutes=10))


def look(settings) -> Decision:
    """What the overseer decides, with limits of a test's size."""
    with psycopg.connect(settings.database, autocommit=True) as connection:
        return quarantine_floods(connection, LIMITS, datetime.now(UTC))


def shut_off(settings) -> list[tuple]:
    with psycopg.connect(settings.database) as connection:
        return [(one.source, one.bad, one.told) for one in quarantined(connection)]


def shut(settings, source: str) -> None:
    with psycopg.connect(settings.database) as connection:
        connection.execute(
            "insert into ops.source_quarantine (source, bad, told, minutes) values (%s, 9, 9, 10)", [source]
        )


def let_in(settings, source: str) -> None:
    with psycopg.connect(settings.database) as connection:
        release(connection, source, released_by="test", reason="mended")


def standing(settings) -> list[tuple]:
    return ask(settings, "select rule_id, subject_key from stream.signal where partition = -1 and until is null")


@pytest.fixture
def without_broker(tmp_path, database):
    return installation(tmp_path / "home", database=database, kafka="127.0.0.1:1")


@broker
@pytest.mark.slow
def test_a_flood_at_the_http_door_shuts_one_source_off_and_no_other(settings, tmp_path):
    ensure_topics(settings)
    keys = {source: registered(settings, source) for source in (HALL, BUREAU)}
    with (
        gateway(settings, tmp_path / "gateway.log") as running,
        running.client(keys[HALL]) as hall,
        running.client(keys[BUREAU]) as bureau,
    ):

        def post(client, source, number, **given):
            told = accepted("2026-11-23", number=number, source=source) | given
            return client.post("/v1/events", json=told, headers={"content-type": SINGLE})

        bad = [accepted("2026-11-23", number=f"h{n}", source=HALL) | {"time": "yesterday"} for n in range(500)]
        for _ in range(2):
            assert hall.post("/v1/events", json=bad, headers={"content-type": BATCH}).status_code == 400
            assert post(bureau, BUREAU, "b1").status_code == 202
        assert post(hall, HALL, "h0").status_code == 202
        land_all(settings)
        with psycopg.connect(settings.database, autocommit=True) as connection:
            overseer.look(connection, settings, datetime.now(UTC))  # with the limits that hold unless others are set
        assert shut_off(settings) == [(HALL, 1000, 1001)]
        assert standing(settings) == [("AR-16", HALL)]

        def until(code: int):
            deadline = time.monotonic() + 20
            while (answer := post(hall, HALL, "kept", id="kept")).status_code != code:
                assert time.monotonic() < deadline, answer.text
                time.sleep(0.2)
            return answer

        refused = until(429)
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("source_quarantined", "60")
        before = ask(settings, "select count(*) from raw.rejection")
        assert post(bureau, BUREAU, "b2").status_code == 202
        land_all(settings)
        assert ask(settings, "select count(*) from raw.rejection") == before  # the sender keeps it: it was not refused

        let_in(settings, HALL)
        assert until(202).json()["received"] == 1
        with psycopg.connect(settings.database, autocommit=True) as connection:
            overseer.look(connection, settings, datetime.now(UTC))
        assert shut_off(settings) == []  # what was before the release counts no more
        assert standing(settings) == []
    land_all(settings)
    assert ask(settings, "select count(*) from raw.event where id = 'kept'")[0][0] >= 1


@broker
def test_dead_letters_shut_their_source_off_until_it_is_released_and_floods_anew(city):
    send(city, [without_matter(f"n{n}", source=HALL) for n in range(19)])
    send(city, [accepted("2026-11-02", number=f"g{n}", source=BUREAU) for n in range(30)])
    settle(city, 49)
    assert look(city) == Decision(())  # one less than a flood
    send(city, [without_matter("n19", source=HALL)])
    settle(city, 50)
    assert look(city).floods == (Heard(HALL, 20, 20),)
    assert look(city) == Decision(())  # once
    assert shut_off(city) == [(HALL, 20, 20)]

    told = [json.dumps(accepted("2026-11-23", number="p1", source=source)).encode() for source in (HALL, BUREAU)]
    outcome = publish_lines(city, told, marks=False, now=datetime.now(UTC))
    assert [one.get("code") for one in outcome["verdicts"]] == ["source_quarantined", None]
    settle(city, 51)
    assert ask(city, "select count(*) from raw.rejection") == [(0,)]  # not refused: not taken yet

    # its letters can be mended meanwhile; what comes of that is no flood
    assert again(city, "code=missing_field") == [("refused", "missing_field")] * 20
    let_in(city, HALL)
    assert look(city) == Decision(())
    send(city, [without_matter(f"m{n}", source=HALL) for n in range(20)])
    settle(city, 71)
    assert look(city).floods == (Heard(HALL, 20, 20),)
    assert ask(city, "select count(*), count(released_at), max(reason) from ops.source_quarantine") == [
        (2, 1, "mended")
    ]


@broker
def test_a_source_with_few_bad_among_many_is_left_alone(city):
    send(city, [without_matter(f"n{n}", source=HALL) for n in range(25)])
    send(city, [accepted("2026-11-02", number=f"g{n}", source=HALL) for n in range(25)])
    settle(city, 50)
    assert look(city) == Decision(())


@broker
def test_a_file_of_a_quarantined_source_waits(quiet_city, tmp_path):
    city = quiet_city
    (tmp_path / "register.toml").write_text(MAPPING)
    (tmp_path / "copy.csv").write_text("no,accepted,finished,matter\n1,2026-11-02 09:00:00,,M1\n")
    mapping = load_mapping(str(tmp_path / "register.toml"))
    load(city.database, {"source": [{"source": mapping.source, "authority": "jdz"}]}, loaded_by="test")
    shut(city, mapping.source)

    def publish(seen):
        publish_file(city, mapping, tmp_path / "copy.csv", prepare=lambda _: None, progress=progress)
        return {"published": seen}

    with pytest.raises(SourceQuarantined, match=f"govpulse source release {mapping.source}"):
        publish({})
    stopping = threading.Event()
    stopping.set()
    seen = {"the file": "as it was"}
    assert _patient(publish, stopping)(seen) == seen
    land_all(city)
    assert ask(city, "select count(*) from raw.event") == [(0,)]


@broker
def test_the_inbox_of_a_quarantined_source_waits_and_the_others_are_read(quiet_city):
    city = quiet_city
    ensure_inboxes(city, [HALL, BUREAU])
    for source in (HALL, BUREAU):
        write(city, source, accepted("2026-11-23", number=source[-3:], source=source), {"broken": True})
    shut(city, HALL)
    assert take_in_once(city) == (1, 1)
    land_all(city)
    assert ask(city, "select source from raw.event union all select source from raw.rejection") == [(BUREAU,)] * 2
    let_in(city, HALL)
    assert take_in_once(city) == (1, 1)
    land_all(city)
    assert ask(city, "select source, count(*) from raw.event group by 1 order by 1") == [(HALL, 1), (BUREAU, 1)]


@broker
def test_the_tables_of_a_quarantined_source_wait(without_broker, postgres_front):
    settings = without_broker
    postgres_front.create_ea_jc("EA_JC_BASICINFO")
    postgres_front.put("EA_JC_BASICINFO", case(1))
    poller = Poller(settings, postgres_front, "ea-jc-basicinfo")
    shut(settings, FRONT)
    assert poller.look() == []
    assert [line.partition(",")[0] for line in poller.aways] == [f"{FRONT} is quarantined"]
    let_in(settings, FRONT)
    (account,) = poller.look()
    assert account.events == {"case.accepted": 1}


@broker
def test_what_was_captured_of_a_quarantined_source_is_not_taken(without_broker):
    settings = without_broker
    from connectors.doors import door_of

    captured = Reader(tables_of([prepared(load_mapping("ea-jc-proc"), POLLED)]))
    load(settings.database, {"source": [{"source": FRONT, "authority": "jdz"}]}, loaded_by="test")
    captured.check_quarantine(door_of(settings, "capture"))
    shut(settings, FRONT)
    with pytest.raises(SourceQuarantined):
        captured.check_quarantine(door_of(settings, "capture"))


@broker
def test_a_quarantine_is_ended_once_and_stays_written(quiet_city):
    city = quiet_city
    shut(city, HALL)
    for change in ("delete from ops.source_quarantine", "update ops.source_quarantine set bad = 0",
                   "update ops.source_quarantine set released_at = now(), source = 'x'"):  # fmt: skip
        with (
            psycopg.connect(city.database) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="account"),
        ):
            connection.execute(change)
    let_in(city, HALL)
    with pytest.raises(NotQuarantined, match="govpulse source list"):
        let_in(city, HALL)
    with psycopg.connect(city.database) as connection, pytest.raises(psycopg.errors.RaiseException, match="account"):
        connection.execute("update ops.source_quarantine set released_by = 'x'")


@broker
@pytest.mark.slow
def test_the_command_line_shows_and_ends_a_quarantine(quiet_city, tmp_path):
    city = quiet_city
    names = ("kafka", "database", "topic_prefix")
    told = {f"GOVPULSE_{name.upper()}": str(getattr(city, name)) for name in names}
    govpulse = Commands(tmp_path / "home", **told)
    shut(city, HALL)
    assert f"QUARANTINED since {datetime.now(UTC):%Y-%m-%d}" in govpulse("source", "list").stdout
    [shown] = json.loads(govpulse("status", "--json").stdout)["quarantined"]
    assert (shown["source"], shown["bad"], shown["told"]) == (HALL, 9, 9)
    assert govpulse("source", "release", HALL, "--reason", "mended", "--by", "Li Lei").returncode == 0
    assert ask(city, "select released_by like '%% (Li Lei)', reason from ops.source_quarantine") == [(True, "mended")]
    again = govpulse("source", "release", HALL)
    assert (again.returncode, "is not quarantined" in again.stderr) == (3, True)


@broker
def test_what_letters_say_goes_after_its_time_and_that_they_were_stays(city):
    send(city, [without_matter("n1", id="x1")])
    settle(city, 1)
    now = datetime.now(UTC)

    def expired(after: timedelta, days: int = 30) -> int:
        with psycopg.connect(city.database, autocommit=True) as connection:
            return expire_letters(connection, days, now + after)

    def payload():
        return ask(city, "select key is null and value is null and detail = '' from stream.dead_letter")

    assert expired(timedelta(days=29)) == 0
    assert payload() == [(False,)]
    assert overseer.run(replace(city, dead_letter_days=0), threading.Event(), once=True) == 0  # the process does it
    assert payload() == [(True,)]
    assert expired(timedelta(days=31)) == 0  # once
    with psycopg.connect(city.database) as connection:
        [letter] = reading.letters(connection, EVERYTHING)
    assert (letter.code, letter.field, letter.source, letter.state, letter.bytes) == (
        "missing_field", "data.matter_code", SOURCE, "open", None,
    )  # fmt: skip
    assert letter.expired_at is not None
    assert again(city, letter.place) == [("refused", "payload_expired")]


@broker
def test_letters_expire_by_their_arrival_thirty_days_ago(city):
    send(city, [without_matter("n1"), without_matter("n2")])
    settle(city, 2)
    first = "update stream.dead_letter set arrived_at = arrived_at - interval '30 days' where key = 'jdz|n1'"
    with psycopg.connect(city.database, autocommit=True) as connection:
        connection.execute(first.encode())
        assert expire_letters(connection, city.dead_letter_days, datetime.now(UTC)) == 1
    assert ask(city, "select convert_from(key, 'utf8') from stream.dead_letter where key is not null") == [("jdz|n2",)]


@pytest.mark.parametrize(
    ("heard", "active", "floods", "is_widespread"),
    [
        ([("a", 20, 39)], 2, ["a"], False),
        ([("a", 20, 40)], 2, [], False),  # not more than half
        ([("a", 19, 19)], 2, [], False),  # not enough
        ([("a", 20, 20)], 1, ["a"], False),  # the only one
        ([("a", 20, 20), ("b", 30, 30)], 2, ["a", "b"], False),
        ([("a", 20, 20), ("b", 30, 30)], 4, ["a", "b"], False),
        ([("a", 20, 20), ("b", 30, 30)], 3, [], True),  # most sources at once: it is us
    ],
)
def test_a_flood_is_many_and_most_of_what_a_source_tells(heard, active, floods, is_widespread):
    decision = decide([Heard(*one) for one in heard], active, LIMITS)
    assert ([one.source for one in decision.floods], decision.is_widespread) == (floods, is_widespread)


@broker
def test_no_source_is_shut_off_where_the_setting_says_so(city):
    send(city, [without_matter(f"n{n}", source=HALL) for n in range(30)])
    settle(city, 30)
    with psycopg.connect(city.database, autocommit=True) as connection:
        decision = quarantine_floods(connection, limits_of(replace(city, quarantine_after=0)), datetime.now(UTC))
    assert decision == Decision(())
