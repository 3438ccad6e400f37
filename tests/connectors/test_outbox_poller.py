"""The outbox and its poller on a real PostgreSQL: what commits is sent, however late, and whoever is killed."""

import json
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy
from typer.testing import CliRunner

from connectors.kafka import ensure_topics
from connectors.publisher.check import Check
from connectors.publisher.messages import NotNow, Refusal
from connectors.publisher.outbox.queue import NoOutbox, OutboxQueue
from connectors.publisher.outbox.rows import RECIPES
from connectors.publisher.pace import Pace
from connectors.publisher.sending import Sender
from infra.cli import app, commands
from infra.local.postgres import create_database
from tests.conftest import _drop
from tests.connectors.gateways import gateway, registered
from tests.connectors.publishing import SOURCE
from tests.connectors.test_gateway import messages
from tests.connectors.test_publisher import Away, Shelf, until
from tests.servers import REPOSITORY

AT = datetime(2026, 11, 24, 1, 2, tzinfo=UTC)
INSERT = """
    insert into govpulse_outbox (event_type, subject, occurred_at, data)
    values ('case.accepted', %s, '2026-11-24 09:02+08', '{"matter_code": "M007", "unit_code": "u1"}')
"""


@pytest.fixture
def outbox(postgres_url):
    """A source's own database, made by the recipe without its example."""
    name = f"source_{uuid.uuid4().hex[:8]}"
    url = f"{postgres_url.rpartition('/')[0]}/{name}"
    create_database(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(RECIPES["postgresql"].read_text())
        connection.execute("truncate govpulse_outbox restart identity")
    yield url
    _drop(postgres_url, name)


def write(url, *subjects):
    with psycopg.connect(url) as connection:
        for subject in subjects:
            connection.execute(INSERT, [subject])


def ask(url, query):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def queue_of(url, **given):
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_size=1)
    return OutboxQueue(engine, Check(SOURCE, "jdz"), **given)


def send_all(url, door, **given):
    queue = queue_of(url, **given)
    Sender(queue, door, pace=Pace(shortest=0.001, longest=0.01)).run(threading.Event(), threading.Event(), once=True)
    queue.let_go()
    return queue


@pytest.mark.broker
def test_the_recipe_makes_an_event_that_every_door_takes(outbox):
    with psycopg.connect(outbox) as connection:
        connection.execute(
            "insert into govpulse_outbox"
            + RECIPES["postgresql"].read_text().partition("\ninsert into govpulse_outbox")[2]
        )
    shelf = Shelf()
    queue = send_all(outbox, shelf)
    assert (queue.sent, queue.refused) == (1, 0)
    [event] = shelf.events
    recorded = event["recordedtime"]
    assert datetime.fromisoformat(recorded).tzinfo is not None
    assert (event["id"], event["source"]) == (f"case.accepted/360200-2026-0001234/accepted/1@{recorded}", SOURCE)
    assert event["data"]["promise"] == {"value": 5, "unit": "workday"}
    assert ask(outbox, "select count(*) from govpulse_outbox where sent_at is not null") == [(1,)]
    assert send_all(outbox, shelf).sent == 0


@pytest.mark.broker
def test_what_commits_late_leaves_no_gap(outbox):
    shelf = Shelf()
    with psycopg.connect(outbox) as early:
        early.execute(INSERT, ["early"])  # the smaller number, not committed yet
        write(outbox, "late")
        assert send_all(outbox, shelf).sent == 1
        early.commit()
    with psycopg.connect(outbox) as undone:
        undone.execute(INSERT, ["undone"])
        undone.rollback()
    assert send_all(outbox, shelf).sent == 1
    assert [event["subject"] for event in shelf.events] == ["late", "early"]


@pytest.mark.broker
def test_on_mariadb_the_recipe_runs_nothing_is_missed_and_one_sends_at_a_time(mariadb_address):
    name = f"source_{uuid.uuid4().hex[:8]}"
    with sqlalchemy.create_engine(mariadb_address).begin() as connection:
        connection.exec_driver_sql(f"create database {name} character set utf8mb4")
    engine = sqlalchemy.create_engine(f"{mariadb_address}/{name}")
    recipe = re.sub(r"--.*", "", RECIPES["mariadb"].read_text())
    insert = sqlalchemy.text(
        "insert into govpulse_outbox (event_type, subject, occurred_at, data) values "
        "('case.accepted', :subject, '2026-11-24 09:02:00', json_object('matter_code', 'M007', 'unit_code', '市局'))"
    )
    with engine.begin() as connection:
        for statement in filter(str.strip, recipe.split(";")):
            connection.exec_driver_sql(statement)
    one, other = (
        OutboxQueue(sqlalchemy.create_engine(engine.url), Check(SOURCE, "jdz"), zone=ZoneInfo("Asia/Shanghai"))
        for _ in range(2)
    )
    one.check_table()
    shelf = Shelf()
    sender = Sender(one, shelf)
    with engine.connect() as early, engine.connect() as late:
        early.execute(insert, {"subject": "early"})
        late.execute(insert, {"subject": "late"})
        late.commit()
        assert sender.send_some() == 2  # the recipe's example, and what committed first
        early.commit()
        assert sender.send_some() == 1
        late.execute(insert, {"subject": "next"})
        late.commit()
        claimed = one.claim(10, 10**6)
        assert [message.key for message in claimed] == ["jdz|next"]
        late.execute(insert, {"subject": "last"})  # the business goes on meanwhile
        late.commit()
        assert other.claim(10, 10**6) == []
        one.settle(claimed, [Refusal("unit_not_allowed", "data.unit_code", "市局")], now=AT)
        assert [message.key for message in other.claim(10, 10**6)] == ["jdz|last"]
        other.let_go()
        reason = late.exec_driver_sql("select refused from govpulse_outbox where subject = 'next'").scalar_one()
    assert reason == "unit_not_allowed data.unit_code: 市局"
    assert [event["subject"] for event in shelf.events] == ["360200-2026-0001234", "late", "early"]
    assert shelf.events[1]["time"] == "2026-11-24T09:02:00+08:00"
    assert shelf.events[1]["data"]["unit_code"] == "市局"


@pytest.mark.broker
def test_what_is_refused_says_so_in_its_row_and_stops_nothing(outbox):
    write(outbox, "a", "b")
    with psycopg.connect(outbox) as connection:
        connection.execute(
            "insert into govpulse_outbox (event_type, subject, occurred_at) values ('case.visited', 'c', now())"
        )
    write(outbox, "d")
    refusal = Refusal("unit_not_allowed", "data.unit_code", "'u1' is not one of its units")
    shelf = Shelf(lambda event: refusal if event["subject"] == "b" else None)
    queue = send_all(outbox, shelf, is_deleting=True)
    assert (queue.sent, queue.refused) == (2, 2)
    assert [event["subject"] for event in shelf.events] == ["a", "d"]
    assert ask(outbox, "select subject, refused from govpulse_outbox order by outbox_id") == [
        ("b", "unit_not_allowed data.unit_code: 'u1' is not one of its units"),
        (
            "c",
            "missing_field recordkey: the record key of case.visited is visit/{which}: say 'which', or the whole key: write it into record_key",
        ),
    ]
    with psycopg.connect(outbox) as connection:  # mended
        connection.execute("update govpulse_outbox set refused = null, record_key = 'visit/1' where subject = 'c'")
    assert send_all(outbox, shelf).sent == 1


@pytest.mark.broker
def test_while_the_door_is_away_the_rows_are_nobodys(outbox):
    write(outbox, *"abc")
    door, stopping = Away(), threading.Event()
    queue = queue_of(outbox)
    poller = threading.Thread(
        target=Sender(queue, door, pace=Pace(shortest=0.2, longest=0.2)).run, args=(stopping, threading.Event())
    )
    poller.start()
    until(lambda: len(door.asked) > 1)
    with psycopg.connect(outbox) as connection:  # the business may still take one back
        connection.execute("set lock_timeout = '3s'")
        connection.execute("delete from govpulse_outbox where subject = 'b'")
    door.is_open = True
    until(lambda: len(door.events) == 2)
    until(lambda: ask(outbox, "select count(*) from govpulse_outbox where sent_at is null") == [(0,)])
    stopping.set()
    poller.join(10)
    queue.let_go()
    assert [event["subject"] for event in door.events] == ["a", "c"]


@pytest.mark.broker
def test_of_several_pollers_one_sends_at_a_time_and_order_is_kept(outbox):
    shelf, stopping = Shelf(), threading.Event()
    given = shelf.send

    def slowly(messages):
        time.sleep(0.01)
        return given(messages)

    shelf.send = slowly
    queues = [queue_of(outbox) for _ in range(4)]
    pollers = [
        threading.Thread(target=Sender(queue, shelf, pace=Pace(at_once=20, most_events=20)).run, args=(stopping, threading.Event()), kwargs={"idle": 0.005})
        for queue in queues
    ]  # fmt: skip
    for poller in pollers:
        poller.start()
    for number in range(0, 400, 10):
        write(outbox, *map(str, range(number, number + 10)))
    until(lambda: len(shelf.events) >= 400, seconds=30)
    stopping.set()
    for poller, queue in zip(pollers, queues, strict=True):
        poller.join(10)
        queue.let_go()
    assert [event["subject"] for event in shelf.events] == [str(number) for number in range(400)]
    assert sum(queue.sent for queue in queues) == 400


@pytest.mark.broker
def test_a_database_that_goes_away_in_between_loses_nothing(outbox):
    write(outbox, "a")
    queue = queue_of(outbox)
    claimed = queue.claim(10, 10**6)
    with psycopg.connect(outbox, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
    with pytest.raises(NotNow, match="outbox at "):
        queue.settle(claimed, [None], now=AT)
    queue.let_go()
    shelf = Shelf()
    assert send_all(outbox, shelf).sent == 1


@pytest.mark.broker
def test_a_table_that_is_not_there_is_named_with_the_remedy(outbox):
    with pytest.raises(NoOutbox, match=r"no table other at .*'govpulse outbox sql postgresql' prints it"):
        queue_of(outbox, table="other").check_table()
    with psycopg.connect(outbox) as connection:
        connection.execute("alter table govpulse_outbox drop column refused")
    with pytest.raises(NoOutbox, match="has no column refused"):
        queue_of(outbox).check_table()


@pytest.mark.broker
def test_the_command_line_sends_and_tells(outbox, settings, tmp_path):
    if not app.registered_groups:
        commands.add_to(app)
    ensure_topics(settings)
    (tmp_path / "key").write_text(registered(settings, SOURCE))
    (tmp_path / "url").write_text(outbox)
    write(outbox, "a", "b")
    run = CliRunner()
    place = ["--database-file", str(tmp_path / "url")]
    waiting = run.invoke(app, ["outbox", "status", "--json", *place])
    assert json.loads(waiting.stdout) == {"waiting": 2, "refused": 0, "oldest": 1}
    with gateway(settings, tmp_path / "gateway.log") as door:
        told = run.invoke(app, ["outbox", "poll", "--once", "--source", SOURCE, "--gateway", door.url, "--key-file", str(tmp_path / "key"), *place])  # fmt: skip
        assert told.exit_code == 0, told.output
        assert "2 sent, 0 refused" in told.stdout
    assert {json.loads(record.value)["subject"] for record in messages(settings, "events.case")} == {"a", "b"}
    assert run.invoke(app, ["outbox", "status", *place]).stdout.startswith("0 wait")
    assert run.invoke(app, ["outbox", "poll", "--source", SOURCE, *place]).exit_code == 2
    assert run.invoke(app, ["outbox", "sql", "sybase"]).exit_code == 2


def test_a_wrong_password_is_said_with_the_place_and_never_shown(outbox):
    wrong = sqlalchemy.make_url(outbox).set(drivername="postgresql+psycopg", username="nobody", password="s3cret")
    queue = OutboxQueue(sqlalchemy.create_engine(wrong.update_query_dict({"password": "s3cret"})), Check(SOURCE, None))
    with pytest.raises(NotNow, match=r"^outbox at postgresql\+psycopg://nobody:\*\*\*@.*are address, user") as raised:
        queue.check_table()
    assert "s3cret" not in str(raised.value)


@pytest.mark.broker
@pytest.mark.slow
def test_every_committed_row_arrives_whatever_is_killed(outbox, settings, tmp_path):
    """Two pollers are killed again and again, while writers commit out of order and roll back."""
    ensure_topics(settings)
    (tmp_path / "key").write_text(registered(settings, SOURCE))
    (tmp_path / "url").write_text(outbox)
    dice, committed = random.Random(3), set()
    writers = [threading.Thread(target=write_untidily, args=(outbox, name, committed)) for name in range(4)]
    pollers, kills = [], 0
    with gateway(settings, tmp_path / "gateway.log") as door:
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + 120
        while any(writer.is_alive() for writer in writers) or ask(
            outbox, "select count(*) from govpulse_outbox where sent_at is null"
        ) != [(0,)]:
            assert time.monotonic() < deadline
            pollers = [one for one in pollers if one.poll() is None]
            while len(pollers) < 2:
                pollers.append(poller_of(tmp_path, door.url))
            time.sleep(dice.uniform(1.0, 2.0))
            if kills < 6 and ask(outbox, "select count(*) from govpulse_outbox where sent_at is not null") > [
                (20 * kills,)
            ]:
                pollers[kills % 2].kill()
                kills += 1
        for one in pollers:
            one.kill()
            one.wait()
    arrived = [json.loads(record.value)["subject"] for record in messages(settings, "events.case")]
    assert set(arrived) == committed
    assert kills >= 3
    print(f"\n{len(committed)} committed, {len(arrived)} on the log, {kills} kills")


def write_untidily(url, name, committed):
    dice = random.Random(name)
    for number in range(40):
        with psycopg.connect(url) as connection:
            subject = f"{name}-{number}"
            connection.execute(INSERT, [subject])
            time.sleep(dice.uniform(0.0, 0.3))  # others commit meanwhile
            if dice.random() < 0.2:
                connection.rollback()
            else:
                connection.commit()
                committed.add(subject)


def poller_of(path, url) -> subprocess.Popen:
    command = [sys.executable, "-m", "infra.cli", "outbox", "poll", "--source", SOURCE, "--gateway", url, "--key-file",
               str(path / "key"), "--database-file", str(path / "url"), "--seconds", "0.1"]  # fmt: skip
    with (path / "pollers.log").open("ab") as log:
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)
