"""The publisher against a door of a few lines: what it keeps, in which order it goes, what stops it and what does not."""

import json
import multiprocessing
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.publisher import InvalidEvent, NoSpool, Publisher, SenderFailed, SpoolFull, WrongProcess
from connectors.publisher.check import Check
from connectors.publisher.messages import NotNow, Refusal, Unwelcome
from connectors.publisher.pace import Pace
from connectors.publisher.spool import Spool
from connectors.publisher.together import Together
from tests.cases import document
from tests.servers import REPOSITORY

SOURCE = "urn:gov:360200:hall"
QUICK = {"shortest": 0.001, "longest": 0.01}


class Shelf:
    """A door that keeps what it is given; `said` is its verdict on one event, or an exception for all of them."""

    def __init__(self, said=lambda event: None):
        self.said, self.events, self.batches = said, [], []

    def send(self, messages):
        events = [json.loads(message.value) for message in messages]
        verdicts = [self.said(event) for event in events]
        self.events += [event for event, verdict in zip(events, verdicts, strict=True) if verdict is None]
        self.batches.append(len(messages))
        return verdicts

    def close(self):
        pass


class Away(Shelf):
    """A door that takes nothing until it is opened."""

    def __init__(self, after=None):
        super().__init__()
        self.is_open, self.after, self.asked = False, after, []

    def send(self, messages):
        self.asked.append(time.monotonic())
        if not self.is_open:
            raise NotNow("the door is away", after=self.after)
        return super().send(messages)


def told(number, **given):
    return (
        document("accepted", "2026-11-23", source=SOURCE, number=str(number), matter_code="M007", unit_code="u1")
        | given
    )


def publisher(path, door, **given):
    return Publisher(path / "spool.sqlite", door, source=SOURCE, **{"pace": Pace(**QUICK)} | given)


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_published_arrives_in_order(tmp_path):
    shelf = Shelf()
    with publisher(tmp_path, shelf) as out:
        for number in range(50):
            out.publish(told(number))
        assert out.publish_all(told(number) for number in range(50, 2500)) == 2450
        assert out.flush(10)
        status = out.status()
    assert [event["subject"] for event in shelf.events] == [str(number) for number in range(2500)]
    assert max(shelf.batches) <= 1000
    assert (status.waiting, status.oldest, status.refused, status.last_error) == (0, None, 0, None)
    assert status.last_sent_at is not None
    assert shelf.events[0]["source"] == SOURCE


def test_a_batch_has_at_most_five_megabytes(tmp_path):
    shelf, bytes_of = Shelf(), []
    shelf.said = lambda event: bytes_of.append(len(json.dumps(event)))
    door = Away()
    with publisher(tmp_path, door) as out:
        out.publish_all(
            told(number, sequence="x", data=told(1)["data"] | {"padding": "x" * 400_000}) for number in range(30)
        )
        door.is_open = True
        assert out.flush(10)
    assert max(door.batches) == 13
    assert sum(door.batches) == 30


def test_a_mistake_is_an_exception_at_once_with_field_and_rule(tmp_path):
    with publisher(tmp_path, Shelf()) as out:
        wrong = [
            (told("a") | {"time": "2026-11-23T10:00:00"}, "time_without_zone", "time"),
            (told("a", data={"matter_code": "M007"}), "missing_field", "data.unit_code"),
            (told("a", source="urn:gov:360200:zjj"), "foreign_source", "source"),
            (
                told("a", type="cn.gov.approval.bundle.child_changed.v1", data={"child": "x"}),
                "type_not_allowed",
                "type",
            ),
            (told("a", type="cn.gov.approval.case.eaten.v1"), "unknown_type", "type"),
            (told("a", data=told(1)["data"] | {"padding": "x" * 2**20}), "too_large", None),
            ({}, "missing_field", "type"),
        ]
        for event, code, field in wrong:
            with pytest.raises(InvalidEvent, match=code) as caught:
                out.publish_all([told("b"), event])
            assert (caught.value.code, caught.value.field) == (code, field)
            assert field is None or field in str(caught.value)
        assert out.status().waiting == 0


def test_a_persons_number_passes_the_check_and_an_unknown_field_is_told(tmp_path, caplog):
    shelf = Shelf()
    with publisher(tmp_path, shelf) as out:
        out.publish(told("a", data=told("a")["data"] | {"applicant": {"kind": "person", "ref": "JDZ-0001"}, "mood": 1}))
        assert out.flush(10)
    assert shelf.events[0]["data"]["applicant"]["ref"] == "JDZ-0001"
    assert "no field 'data.mood'" in caplog.text


def test_a_door_that_is_away_is_asked_again_and_nothing_is_lost(tmp_path):
    door = Away()
    with publisher(tmp_path, door) as out:
        out.publish_all(told(number) for number in range(10))
        until(lambda: len(door.asked) > 5)
        assert not out.flush(0.05)
        status = out.status()
        assert (status.waiting, status.last_error) == (10, "the door is away")
        assert status.oldest is not None
        door.is_open = True
        assert out.flush(10)
        status = out.status()
        assert status.last_sent_at > status.last_error_at
    assert [event["subject"] for event in door.events] == [str(number) for number in range(10)]


def test_a_door_that_asks_to_wait_is_left_alone_that_long(tmp_path):
    door = Away(after=0.4)
    with publisher(tmp_path, door) as out:
        out.publish(told("a"))
        until(lambda: len(door.asked) == 3)
    assert all(later - earlier >= 0.4 for earlier, later in zip(door.asked, door.asked[1:], strict=False))


def test_the_wait_doubles_up_to_its_longest_and_is_drawn_at_random():
    pace = Pace(shortest=0.5, longest=60.0)
    drawn = [
        [Pace(shortest=0.5, longest=60.0, failures=failures).delay() for _ in range(300)] for failures in range(12)
    ]
    for failures, delays in enumerate(drawn):
        most = min(60.0, 0.5 * 2**failures)
        assert 0 <= min(delays) < 0.1 * most
        assert 0.9 * most < max(delays) <= most
    assert 10 <= pace.delay(10) <= 10.5
    assert pace.delay(10**9) <= 3600 + 60
    pace.well()
    assert pace.delay() <= 0.5


def test_what_is_refused_is_kept_apart_and_stops_nothing(tmp_path):
    refusal = Refusal("unit_not_allowed", "data.unit_code", "'u1' is not one of its units")
    shelf = Shelf(lambda event: refusal if int(event["subject"]) % 3 == 0 else None)
    with publisher(tmp_path, shelf) as out:
        out.publish_all(told(number, id=f"i{number}") for number in range(9))
        assert out.flush(10)
        assert [event["subject"] for event in shelf.events] == ["1", "2", "4", "5", "7", "8"]
        status = out.status()
        assert (status.waiting, status.refused_by_code) == (0, {"unit_not_allowed": 3})
        first, second, third = out.refused()
        assert (first.id, first.code, first.field, first.detail) == ("i0", refusal.code, refusal.field, refusal.detail)
        assert first.event["subject"] == "0"
    with publisher(tmp_path, Shelf()) as out:  # a later process sees them, too
        assert len(out.refused(most=2)) == 2
        assert (out.discard(first.number), out.discard(first.number), out.send_again(first.number)) == (1, 0, 0)
        assert out.send_again(second.number, third.number) == 2
        assert out.flush(10)
        assert [event["subject"] for event in out._door.events] == ["3", "6"]
        assert out.refused() == []


def test_events_that_spoil_a_request_are_found_and_set_apart(tmp_path):
    """Two beside each other, and one alone."""
    wrong = {"i137", "i138", "i250"}

    class Reads(Shelf):
        def send(self, messages):
            if any(json.loads(message.value)["id"] in wrong for message in messages):
                raise Unwelcome(Refusal("not_json", None, "HTTP 400"))
            return super().send(messages)

    door = Reads()
    with publisher(tmp_path, door) as out:
        out.publish_all(told(number, id=f"i{number}") for number in range(300))
        assert out.flush(10)
        assert [(one.id, one.code) for one in out.refused()] == [(name, "not_json") for name in sorted(wrong)]
        wrong.clear()
        assert out.send_again(code="another") == 0
        assert len(out.refused()) == 3
        assert out.send_again(code="not_json") == 3
        assert out.flush(10)
        assert out.refused() == []
    assert [event["id"] for event in door.events] == [
        *(f"i{number}" for number in range(300) if number not in (137, 138, 250)), "i137", "i138", "i250",
    ]  # fmt: skip


def test_one_event_that_breaks_the_door_is_set_apart_in_the_end_and_an_outage_never_is(tmp_path):
    class Breaks(Shelf):
        is_down, asked = True, 0

        def send(self, messages):
            self.asked += 1
            if self.is_down:
                raise NotNow("HTTP 503")
            if any(json.loads(message.value)["id"] == "i3" for message in messages):
                raise Unwelcome(Refusal("http_500", None, "HTTP 500"), is_fault=True)
            return super().send(messages)

    door = Breaks()
    with publisher(tmp_path, door) as out:
        out.publish_all(told(number, id=f"i{number}") for number in range(8))
        until(lambda: door.asked > 40)
        assert out.status().waiting == 8
        door.is_down = False
        assert out.flush(10)
        assert [(one.id, one.code) for one in out.refused()] == [("i3", "http_500")]
    assert [event["id"] for event in door.events] == [f"i{number}" for number in range(8) if number != 3]


def test_a_door_that_says_no_to_everything_costs_no_event_its_place(tmp_path):
    class Proxy(Shelf):
        is_wrong, asked = True, 0

        def send(self, messages):
            self.asked += 1
            if self.is_wrong:
                raise Unwelcome(Refusal("http_400", None, "HTTP 400: no such host"))
            return super().send(messages)

    door = Proxy()
    with publisher(tmp_path, door) as out:
        out.publish_all(told(number, id=f"i{number}") for number in range(20))
        until(lambda: door.asked > 200)
        status = out.status()
        assert (status.waiting, status.refused_by_code) == (20, {})
        assert status.last_error.endswith("http_400: HTTP 400: no such host")
        door.is_wrong = False
        assert out.flush(10)
    assert [event["id"] for event in door.events] == [f"i{number}" for number in range(20)]


def test_the_disk_is_bounded_and_the_refusal_says_what_to_do(tmp_path):
    door = Away()
    with publisher(tmp_path, door, most_bytes=150_000) as out:
        kept, said = out.publish_all([told("first")]) and 1, ""
        until(lambda: out.status().last_error)  # the sender has knocked, so a refusal can say why nothing goes
        while not said:
            try:
                out.publish(told(kept))
                kept += 1
            except SpoolFull as error:
                said = str(error)
        for part in ("spool.sqlite", "150,000", "most_bytes", "the door is away"):
            assert part in said
        with pytest.raises(SpoolFull):
            out.publish_all(told(number) for number in range(200))
        status = out.status()
        assert status.waiting == kept
        assert 100_000 < status.size <= 150_000
        assert sum(one.stat().st_size for one in tmp_path.iterdir() if not one.name.endswith("-wal")) < 200_000
        door.is_open = True
        assert out.flush(10)
        out.publish(told("after"))  # there is room again
        assert out.flush(10)
    assert len(door.events) == kept + 1


def test_a_full_disk_is_said_as_such(tmp_path):
    spool = Spool(tmp_path / "spool.sqlite", most_bytes=10**9)
    spool._connection.execute("pragma max_page_count = 20")  # what SQLite says where the disk has no room
    with publisher(tmp_path, Away()) as out:
        out._spool._connection.execute("pragma max_page_count = 20")
        with pytest.raises(SpoolFull, match="its disk is full"):
            out.publish_all(told(number) for number in range(1000))
        out.publish(told("small"))
        assert out.status().waiting == 1
    spool.close()


def test_a_week_later_everything_goes_as_it_was_told(tmp_path):
    week_ago = datetime.now(UTC) - timedelta(days=7)
    with publisher(tmp_path, Away()) as out:
        checked = [out._check.checked(told(number, id=f"i{number}"), now=week_ago) for number in range(5)]
        out._here().put(checked, now=week_ago)
        assert out.status().oldest == week_ago
    shelf = Shelf()
    with publisher(tmp_path, shelf) as out:
        assert out.flush(10)
    assert [(event["id"], event["time"]) for event in shelf.events] == [
        (f"i{number}", told("x")["time"]) for number in range(5)
    ]


def test_threads_publish_together_and_each_keeps_its_order(tmp_path):
    shelf = Shelf()
    with publisher(tmp_path, shelf) as out:

        def tell(name):
            for number in range(40):
                out.publish(told(f"s{name}", id=f"{name}-{number}"))

        threads = [threading.Thread(target=tell, args=(name,)) for name in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert out.flush(10)
    for name in range(6):
        assert [event["id"] for event in shelf.events if event["subject"] == f"s{name}"] == [
            f"{name}-{number}" for number in range(40)
        ]


def test_of_two_publishers_one_sends_and_the_other_takes_over(tmp_path):
    first, second = Shelf(), Shelf()
    with publisher(tmp_path, second) as other:
        with publisher(tmp_path, first) as out:
            until(lambda: other.status().is_sending != out.status().is_sending)
            for number in range(20):
                (out if number % 2 else other).publish(told(number))
            assert out.flush(10)
            assert other.flush(10)
        assert sorted(map(len, (first.events, second.events))) == [0, 20]
        until(lambda: other.status().is_sending)
        other.publish(told("last"))
        assert other.flush(10)
    assert second.events[-1]["subject"] == "last"


def test_a_bug_in_the_sender_is_loud_and_loses_nothing(tmp_path):
    door = Shelf(said=lambda event: 1 / 0)
    with publisher(tmp_path, door) as out:
        out.publish(told("a"))
        with pytest.raises(SenderFailed, match="ZeroDivisionError"):
            out.flush(10)
        assert out.status().waiting == 1


def test_a_file_that_is_no_spool_is_left_alone(tmp_path):
    (tmp_path / "spool.sqlite").write_text("something else, and longer than a header " * 50)
    with pytest.raises(NoSpool, match=r"spool\.sqlite is no spool"):
        publisher(tmp_path, Shelf()).publish(told("a"))
    with pytest.raises(NoSpool, match=r"there is no folder .*/missing for the spool spool\.sqlite: make it"):
        publisher(tmp_path / "missing", Shelf()).publish(told("a"))
    newer = tmp_path / "newer"
    newer.mkdir()
    spool = Spool(newer / "spool.sqlite", most_bytes=10**6)
    spool._connection.execute("pragma user_version = 9")
    spool.close()
    with pytest.raises(NoSpool, match="its form is 9"):
        publisher(newer, Shelf()).publish(told("a"))


def test_the_spool_is_readable_by_its_owner_only(tmp_path):
    with publisher(tmp_path, Shelf()) as out:
        out.publish(told("a"))
        assert out.path.stat().st_mode & 0o077 == 0


def _publish_in_a_fork(path, queue):
    try:
        publisher(path, Shelf()).publish(told("b"))
    except WrongProcess as error:
        queue.put(str(error))


def test_a_spool_opened_before_a_fork_is_refused_after_it(tmp_path):
    forking = multiprocessing.get_context("fork")
    queue = forking.Queue()
    with publisher(tmp_path, Shelf()) as out:
        out.publish(told("a"))
        child = forking.Process(target=_publish_in_a_fork, args=(tmp_path, queue))
        child.start()
        child.join(20)
        assert "before this process forked" in queue.get(timeout=5)


def test_it_needs_nothing_beyond_msgspec(tmp_path):
    """Imported and used in an interpreter that has no other package."""
    import msgspec

    (tmp_path / "msgspec").symlink_to(Path(msgspec.__file__).parent)
    program = f"""if True:
        import sys
        sys.path[:0] = [{str(REPOSITORY)!r}, {str(tmp_path)!r}]
        from datetime import datetime, timezone
        from connectors.publisher import HttpDoor, Publisher
        from connectors.publisher.events import case
        with Publisher({str(tmp_path / "spool.sqlite")!r}, HttpDoor("http://127.0.0.1:9", "key"), source={SOURCE!r}) as out:
            out.publish(case.received(subject="a", time=datetime.now(timezone.utc)))
            print(out.status().waiting)
    """
    done = subprocess.run([sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("1\n", 0), done.stderr


def test_a_big_backlog_leaves_no_big_file(tmp_path):
    door = Away()
    with publisher(tmp_path, door) as out:
        out.publish_all(told(number, data=told(1)["data"] | {"padding": "x" * 100_000}) for number in range(200))
        assert (
            out.path.stat().st_size > 15_000_000 or out.path.with_name("spool.sqlite-wal").stat().st_size > 15_000_000
        )
        door.is_open = True
        assert out.flush(20)
        until(lambda: out.path.stat().st_size < 9_000_000)


def test_a_call_that_has_no_room_fails_alone(tmp_path):
    spool = Spool(tmp_path / "spool.sqlite", most_bytes=400_000)
    lock, check = threading.RLock(), Check(SOURCE, None)
    now = datetime.now(UTC)
    together = Together(lambda events: spool.put(events, now=now), lock)
    small = [check.checked(told("small"), now=now)]
    big = [check.checked(told("big", data=told(1)["data"] | {"padding": "x" * 900_000}), now=now)]
    failed = []

    def put(events):
        try:
            together.put(events)
        except SpoolFull as error:
            failed.append((events, error))

    threads = [threading.Thread(target=put, args=(events,)) for events in (small, big, small)]
    with lock:  # all three come while the disk is busy
        for thread in threads:
            thread.start()
        until(lambda: len(together._wishes) == 3)
    for thread in threads:
        thread.join()
    assert [events for events, _ in failed] == [big]
    assert spool.span().events == 2
    spool.close()
