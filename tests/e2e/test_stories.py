"""Every story, end to end: its rows loaded, its events through Kafka, lived through by a worker up to the story's end."""

import csv
import threading
import time
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from connectors.doors import door_of
from connectors.kafka import Delivery, ensure_topics
from connectors.outbox import relay
from connectors.sources.replay import Pace, mark, replay
from infra.reference_data import load_folder
from infra.reference_data.tables import TABLES
from tests.conftest import installation
from tests.e2e.test_receipt import Running
from tests.stories.told import picked, rows_of_all, stored, stored_compressions, stories

pytestmark = [pytest.mark.broker, pytest.mark.slow]
TOLD = list(stories())
instant = datetime.fromisoformat


def authority_of(story) -> str:
    """Each story has numbers, and so a clock, of its own: they end at different instants."""
    return f"story-{TOLD.index(story)}"


@pytest.fixture(scope="module")
def lived(database_of_the_module, kafka_bootstrap, tmp_path_factory):
    """An installation in which all stories were lived through; a connection to its database."""
    home = tmp_path_factory.mktemp("stories")
    settings = installation(home / "home", database=database_of_the_module, kafka=kafka_bootstrap)
    load_folder(settings.database, rulebook(home), loaded_by="test")
    ensure_topics(settings)
    stopping = threading.Event()
    sender = threading.Thread(target=relay, args=(settings, stopping))
    sender.start()
    try:
        with Running(settings):
            tell(settings)
            wait_until_lived(settings)
    finally:
        stopping.set()
        sender.join(20)
    with psycopg.connect(settings.database, autocommit=True) as connection:
        yield connection


def rulebook(folder: Path) -> Path:
    """The rows of all stories as CSV files, and an authority with marks for each."""
    clocks = [{"authority": authority_of(story), "name": story.name, "clock": "marked"} | story.law for story in TOLD]
    tellers = {event["source"] for story in TOLD for event in story.events}
    known = {row["source"]: row for row in rows_of_all().get("source", [])}
    sources = [{"authority": "jdz"} | known.get(one, {}) | {"source": one, "authorities": "*"} for one in tellers]
    for table, rows in (rows_of_all() | {"authority": clocks, "source": sources}).items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, list(TABLES[table].columns))
            out.writeheader()
            out.writerows(rows)
    return folder


def tell(settings) -> None:
    """The events of each story in the order of their times, with marks between them, and one for its end."""
    door = replace(door_of(settings, "stories"), is_ours=True)
    with Delivery(settings) as delivery:
        for story in TOLD:
            authority = authority_of(story)
            told = [event | {"authority": authority, "_at": instant(event["time"])} for event in story.events]
            told.sort(key=itemgetter("_at"))
            sent = replay(delivery, door, told, authority=authority, pace=Pace(), report=lambda _: None)
            assert sent.rejected == {}, story.name
            for topic in {f"events.{family}" for family in story.families - {"bundle"}} | {"events.case"}:
                delivery.send_marks([topic], authority, mark(authority, story.as_of))


def wait_until_lived(settings) -> None:
    """Until every partition of every story has come to the story's end, and nothing in it is due any more."""
    deadline = time.monotonic() + 90
    with psycopg.connect(settings.database, autocommit=True) as database:
        while missing := [story.name for story in TOLD if not has_ended(database, settings, story)]:
            assert time.monotonic() < deadline, missing
            time.sleep(0.3)


def has_ended(database, settings, story) -> bool:
    topics = [settings.topic(f"events.{family}") for family in story.families]
    [(are_there, is_due)] = database.execute(
        """select (select count(*) from stream.clock where topic = any(%(topics)s) and authority = %(who)s and as_of = %(end)s)
                = (select sum(partitions) from stream.topic where topic = any(%(topics)s)),
               exists (select from stream.subject where authority = %(who)s and wake_at <= %(end)s)""",
        {"topics": topics, "who": authority_of(story), "end": story.as_of},
    ).fetchall()
    return bool(are_there) and not is_due


@pytest.mark.parametrize("story", TOLD, ids=[story.name for story in TOLD])
def test_a_story_holds_end_to_end(story, lived):
    for key, wanted in story.expected(authority_of(story)).items():
        said = stored(lived, key)
        # What a running clock has used is as of when it was read last, and polls decide when that is.
        lasting = {
            name: value for name, value in wanted.items() if name != "used_workdays" or said["stopped"] is not None
        }
        assert picked(said, lasting) == lasting, story.about
    if wanted := story.figures["stream"]:
        assert picked(stored_compressions(lived, authority_of(story)), wanted) == wanted, story.about
