"""Files through a real Kafka: a run that is killed while it sends doubles nothing, and a second copy tells what changed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from kafka import KafkaConsumer, TopicPartition

from connectors.kafka import ensure_topics
from streams import wire
from streams.domain.subject import entry_of, join, new_subject
from tests.servers import REPOSITORY

pytestmark = pytest.mark.broker
ROWS = 20_000
MAPPING = """
name = "register"
title = "a register"
format = "csv"
source = "urn:gov:360200:register"
zone = "Asia/Shanghai"
number = "no"
snapshot = true
authority = { code = "register", name = "a register", schedule = "cn", clock = "wall" }
[[event]]
type = "case.accepted"
time = "accepted"
record = "accepted"
data = { matter_code = { from = "matter" }, unit_code = { value = "u1" } }
[[event]]
type = "case.finished"
time = "finished"
record = "finished"
data = { result = { value = "granted" } }
"""


class Installation:
    """`govpulse watch` as people start it, on a folder of its own."""

    def __init__(self, settings, folder):
        ensure_topics(settings)
        self.settings, self.folder = settings, folder
        (folder / "inbox").mkdir(parents=True)
        (folder / "register.toml").write_text(MAPPING)
        self.environment = os.environ | {
            "GOVPULSE_HOME": str(settings.home), "GOVPULSE_KAFKA": settings.kafka, "GOVPULSE_DATABASE": settings.database,
            "GOVPULSE_TOPIC_PREFIX": settings.topic_prefix, "GOVPULSE_PARTITIONS": str(settings.partitions),
            "GOVPULSE_PSEUDONYM_KEY": settings.pseudonym_key,
        }  # fmt: skip

    def put(self, rows):
        text = "no,accepted,finished,matter\n" + "".join(f"{n},{start},{end},M1\n" for n, (start, end) in rows.items())
        (self.folder / "inbox" / "copy.csv").write_text(text)

    def start(self, *options):
        command = [
            sys.executable,
            "-m",
            "infra.cli",
            "watch",
            str(self.folder),
            "-m",
            str(self.folder / "register.toml"),
        ]
        return subprocess.Popen(
            [*command, "--seconds", "0.2", *options],
            cwd=REPOSITORY, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def finish(self, *options):
        process = self.start("--once", *options)
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        return said

    def sent(self):
        with_topic = KafkaConsumer(bootstrap_servers=self.settings.bootstrap)
        places = [TopicPartition(self.settings.topic("events.case"), n) for n in range(self.settings.partitions)]
        total = sum(with_topic.end_offsets(places).values())
        with_topic.close()
        return total

    def log(self):
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False,
            consumer_timeout_ms=3000,
        )  # fmt: skip
        consumer.assign(
            [TopicPartition(self.settings.topic("events.case"), n) for n in range(self.settings.partitions)]
        )
        found = [wire.decode(record.value, key=record.key) for record in consumer]
        consumer.close()
        return found

    def reports(self, place):
        return [json.loads(path.read_text()) for path in sorted((self.folder / place).glob("*.json"))]


def facts_of(log):
    subjects = {}
    for event in log:
        known = subjects.get(event.subject) or new_subject("case", event.subject_key)
        subjects[event.subject] = join(known, [entry_of(event, event.at)])
    return {
        (number, entry.record_key): entry.data_version
        for number, subject in subjects.items()
        for entry in subject.entries.values()
        if not entry.is_deletion
    }


@pytest.mark.slow
def test_a_watcher_that_is_killed_while_it_sends_doubles_nothing(settings, tmp_path):
    desk = Installation(settings, tmp_path / "desk")
    rows = {str(n): ("2026-11-02", "2026-11-03" if n % 2 else "") for n in range(ROWS)}
    desk.put(rows)
    process = desk.start()
    while desk.sent() < 1000:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = desk.sent()
    assert 1000 <= before < ROWS * 3 // 2, "killed too late for this test"
    assert [path.name for path in (desk.folder / "inbox").iterdir()] == ["copy.csv"]

    desk.finish()
    log = desk.log()
    expected = {(number, "accepted"): 1 for number in rows} | {
        (n, "finished"): 1 for n, (_, end) in rows.items() if end
    }
    assert facts_of(log) == expected
    assert len({(event.id, event.body_hash) for event in log}) == ROWS * 3 // 2 < len(log)
    (report,) = desk.reports("done")
    assert (report["told_rows"], report["events"]) == (ROWS, {"case.accepted": ROWS, "case.finished": ROWS // 2})

    del rows["7"]
    rows["8"] = ("2026-11-05", "")
    desk.put(rows)
    desk.finish()
    desk.put(rows)
    desk.finish()
    found = facts_of(desk.log())
    assert found == {key: version for key, version in expected.items() if key[0] != "7"} | {("8", "accepted"): 2}
    assert [report["events"] for report in desk.reports("done")][1:] == [{"case.accepted": 2, "case.finished": 1}, {}]

    desk.put({"1": rows["1"]})
    assert "19,998 of 19,999 known cases (100%) are missing" in desk.finish()
    assert facts_of(desk.log()) == found
    (report,) = desk.reports("failed")
    assert "--accept-vanished" in report["error"]


def test_a_watcher_ends_cleanly_and_leaves_what_it_has_not_finished(settings, tmp_path):
    desk = Installation(settings, tmp_path / "desk")
    desk.put({str(n): ("2026-11-02", "") for n in range(200_000)})
    process = desk.start()
    while not (settings.home / "files" / "register.draft.sqlite").exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (0, "stopped"), said
    assert "it stays in the inbox" in said
    assert desk.sent() == 0
    assert [path.name for path in (desk.folder / "inbox").iterdir()] == ["copy.csv"]
    assert not (settings.home / "files" / "register.draft.sqlite").exists()
