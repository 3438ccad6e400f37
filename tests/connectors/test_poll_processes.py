"""`govpulse poll` as a process: killed, stopped, without its servers; through a real Kafka, until it has landed."""

import json
import signal
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from connectors.polling.run import SourceAway, poll
from connectors.verdicts import judge
from infra.local import ports
from tests.connectors.fronts import Front, Poller
from tests.connectors.test_landing import land_all
from tests.connectors.test_poll import DAY, MINUTE, case
from tests.mariadb import mariadb_server

pytestmark = pytest.mark.broker
ROWS = 8_000


def wait_until(holds, *, seconds=240, process=None):
    deadline = time.monotonic() + seconds
    while not holds():
        assert process is None or process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Desk(threading.Thread):
    """Fills a table as departments do: two writers, of which one commits what it wrote seconds after the other's later rows."""

    def __init__(self, front):
        super().__init__()
        self.front = front

    def run(self):
        written = 0
        while written < ROWS:
            rows = [case(n, made=DAY + timedelta(milliseconds=100 * n)) for n in range(written, written + 400)]
            late = self.front.engine.connect()
            late.execute(self.front.insert("EA_JC_BASICINFO", rows[0]), rows[::2])
            with self.front.engine.begin() as prompt:
                prompt.execute(self.front.insert("EA_JC_BASICINFO", rows[0]), rows[1::2])
            time.sleep(0.1)
            late.commit()
            late.close()
            written += len(rows)


@pytest.mark.slow
def test_whatever_is_killed_every_row_counts_exactly_once_after_landing(settings, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    poller = Poller(settings, front, "ea-jc-basicinfo", kafka=True)
    desk = Desk(front)
    desk.start()
    for rows in (500, 2_500, 5_000):
        process = poller.start("--every", "0.1", "--page-rows", "300")
        wait_until(lambda rows=rows: poller.sent() >= rows, process=process)
        process.kill()
        process.communicate()
    desk.join()
    process = poller.start("--once")
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said

    facts = poller.facts()
    assert len(facts) == ROWS
    land_all(settings)
    with psycopg.connect(settings.database, autocommit=True) as connection:
        while judge(connection, folded=[]):
            pass
        verdicts = Counter(dict(connection.execute("select verdict, count(*) from raw.event group by 1").fetchall()))
    assert set(verdicts) <= {"accepted", "duplicate"}
    assert verdicts["accepted"] == ROWS


def test_it_stops_when_asked_and_no_second_one_reads_the_same_table(settings, postgres_front):
    postgres_front.create_ea_jc("EA_JC_BASICINFO")
    postgres_front.put("EA_JC_BASICINFO", case(1), case(2, ORGBUSNO=None, PROJID=None))
    poller = Poller(settings, postgres_front, "ea-jc-basicinfo", kafka=True)
    process = poller.start("--every", "0.2", "--json")
    line = json.loads(process.stdout.readline())
    assert (line["rows"], line["events"], line["rejected"]["missing_number"]["count"]) == (2, {"case.accepted": 1}, 1)
    assert (line["source"], line["read_to"]) == ("urn:gov:360200:ea-jc", "2026-11-02 00:00:00")
    second = poller.start("--once")
    said, _ = second.communicate(timeout=240)
    assert (second.returncode, said.count("\n")) == (3, 1)
    assert "another process polls ea-jc-basicinfo" in said
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    third = poller.start("--once")
    said, _ = third.communicate(timeout=240)
    assert third.returncode == 0, said
    assert "0 rows new, 0 events sent" in said
    assert poller.sent() == 1


def test_a_dry_run_shows_what_rows_become_and_sends_nothing(place, postgres_front):
    postgres_front.create_ea_jc("EA_JC_BASICINFO")
    postgres_front.put("EA_JC_BASICINFO", case(1), case(2, SUBMIT="9"), case(3, PROJID=None))
    poller = Poller(place, postgres_front, "ea-jc-basicinfo")
    process = poller.start("--dry-run")
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 1, said
    assert "2026-11-02 00:00:00+08:00  case.accepted  accepted" in said
    assert "codes of 'SUBMIT' that the mapping does not have: '9'" in said
    assert "missing_number" in said
    with psycopg.connect(place.database) as connection:
        assert connection.execute("select count(*) from ops.poll").fetchone() == (0,)


@pytest.mark.slow
def test_a_database_that_is_away_is_waited_for_and_said_so_in_a_line(place, open_path):
    server, address = mariadb_server(open_path)
    server.start()
    url = make_url(address)
    front = Front(f"{address}/mysql", time="datetime")
    front.run("create database front")
    front.close()
    front = Front(f"{address}/front", time="datetime")
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", case(1))
    poller = Poller(place, front, "ea-jc-basicinfo")
    front.close()
    server.kill()

    said = []
    stopping = threading.Event()
    job, heard = poller.job_of(), poller.heard_by(said.append)
    thread = threading.Thread(target=poll, args=(job, stopping, heard), kwargs={"every": 0.1, "once": False})
    thread.start()
    try:
        wait_until(lambda: len(said) >= 2)  # closed from the beginning
        server.start()
        wait_until(lambda: poller.sent() == 1)
        server.kill()
        wait_until(lambda: "127.0.0.1" in said[-1] and len(said) >= 3)
        server.start()
        front.put("EA_JC_BASICINFO", case(2, made=DAY + MINUTE))
        wait_until(lambda: poller.sent() == 2)
    finally:
        stopping.set()
        thread.join(30)
        job.database.close()
        front.close()
        server.stop()
    assert all(line.count("\n") == 0 for line in said)
    assert url.password not in " ".join(said)


def test_a_wrong_password_ends_it_and_stands_nowhere(place, postgres_front):
    postgres_front.create_ea_jc("EA_JC_BASICINFO")
    poller = Poller(place, postgres_front, "ea-jc-basicinfo")
    wrong = "s3cret-of-theirs"
    process = poller.start(GOVPULSE_POLL_PASSWORD=wrong)
    said, _ = process.communicate(timeout=240)
    assert (process.returncode, said.count("\n")) == (3, 1), said
    assert "password authentication failed" in said
    assert wrong not in said
    looked = poller.start("--dry-run", GOVPULSE_POLL_PASSWORD=wrong)
    said, _ = looked.communicate(timeout=240)
    assert (looked.returncode, said.count("\n")) == (3, 1), said
    assert "check GOVPULSE_POLL_DATABASE (or --database) and GOVPULSE_POLL_PASSWORD" in said
    assert wrong not in said
    with pytest.raises(SourceAway, match="password authentication failed") as found:
        poller.look_at(str(make_url(postgres_front.url).set(password=wrong)))
    assert wrong not in str(found.value)


def test_the_grant_of_a_reader_is_enough(place, postgres_front, postgres_url):
    postgres_front.create_ea_jc("EA_JC_BASICINFO", "EA_JC_PROC")
    postgres_front.put("EA_JC_BASICINFO", case(1))
    role = f"reader_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login password 'pw'").format(sql.Identifier(role)))
    postgres_front.run(f"grant select on EA_JC_BASICINFO to {role}")
    reader = make_url(postgres_front.url).set(username=role, password="pw").render_as_string(hide_password=False)
    try:
        assert Poller(place, postgres_front, "ea-jc-basicinfo").look_at(reader)[0].rows == 1
        with pytest.raises(Exception, match=r"permission denied.*may this user SELECT from it"):
            Poller(place, postgres_front, "ea-jc-proc").look_at(reader)
    finally:
        postgres_front.run(f"drop owned by {role}")
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def test_a_password_may_stand_in_a_file(place, postgres_front, tmp_path):
    postgres_front.create_ea_jc("EA_JC_BASICINFO")
    postgres_front.put("EA_JC_BASICINFO", case(1))
    poller = Poller(place, postgres_front, "ea-jc-basicinfo")
    file = tmp_path / "password"
    file.write_text(make_url(postgres_front.url).password + "\n")
    process = poller.start("--dry-run", GOVPULSE_POLL_PASSWORD="", GOVPULSE_POLL_PASSWORD_FILE=str(file))
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    process = poller.start("--dry-run", GOVPULSE_POLL_PASSWORD_FILE=str(tmp_path / "none"))
    said, _ = process.communicate(timeout=240)
    assert (process.returncode, said.count("\n")) == (3, 1), said
    assert f"GOVPULSE_POLL_PASSWORD_FILE: {tmp_path / 'none'}: No such file or directory" in said


def test_without_its_driver_a_database_is_refused_with_the_package_to_install(place, postgres_front):
    poller = Poller(place, postgres_front, "ea-jc-basicinfo")
    for address, package in (("dm://a@h/x", "dmSQLAlchemy"), ("oracle+oracledb://a@h/x", "oracledb")):
        with pytest.raises(Exception, match=f"pip install {package}"):
            poller.look_at(address)
    with pytest.raises(Exception, match="dialect://user@host") as found:
        poller.look_at("s3cret no address")
    assert "s3cret" not in str(found.value)
    closed = f"postgresql+psycopg://a:s3cret@127.0.0.1:{ports.free_port()}/x"
    with pytest.raises(SourceAway, match="does not answer") as found:
        poller.look_at(closed)
    assert "s3cret" not in str(found.value)


def test_gb18030_in_a_database_that_knows_no_character_set(place, postgres_url):
    name = f"gb_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL(
                "create database {} template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'"
            ).format(sql.Identifier(name))
        )
    plain = postgres_url.rpartition("/")[0] + f"/{name}"
    front = Front(
        plain.replace("postgresql://", "postgresql+psycopg://") + "?client_encoding=gb18030", time="timestamp"
    )
    try:
        front.create_ea_jc("EA_JC_PROC")
        with psycopg.connect(plain, client_encoding="sql_ascii") as connection:
            for number, node in enumerate(["审核".encode("gb18030"), b"\xff\xff", "㐀决定".encode("gb18030")]):
                connection.execute(
                    b"insert into EA_JC_PROC (ORGBUSNO, PROJID, SN, DATAVER, NODENAME, NODESTARTTIME, NODEENDTIME, MAKETIME) "
                    b"values ('b', '%d', 1, 1, '%s', '2026-11-02', '2026-11-02', '2026-11-02')" % (number, node)
                )
        poller = Poller(place, front, "ea-jc-proc", page_rows=2)
        (account,) = poller.look()
        assert {number: data["node"] for (number, _), (_, _, data) in poller.facts().items()} == {
            "0": "审核",
            "2": "㐀决定",
        }
        (fault,) = account.rejected["unreadable_row"].first
        assert "character set" in fault.detail
        assert poller.look()[0].rows == 0
    finally:
        front.close()
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
