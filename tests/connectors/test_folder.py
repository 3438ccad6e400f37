"""A watched folder: whole files only, one report each, and a run that stops leaves the file where it is."""

import json
import os
import threading

import pytest

from connectors.sources.account import Account
from connectors.sources.folder import Folder, publish_settled, watch
from connectors.sources.logged import Fault, UnreadableFile


class Desk:
    """A folder and what was published from it."""

    def __init__(self, root):
        self.folder = Folder(root)
        self.folder.prepare()
        self.published, self.told, self.seen = [], [], {}
        self.fault = None

    def put(self, name, text="x"):
        (self.folder.inbox / name).write_text(text, "utf-8")

    def publish(self, path):
        if self.fault is not None:
            raise self.fault
        self.published.append(path.name)
        return Account(file=path.name, mapping="desk", rows=1, told_rows=1, events={"case.accepted": 1})

    def look(self):
        self.seen = publish_settled(
            self.folder, self.seen, publish=self.publish, mapping="desk", told=lambda *told: self.told.append(told)
        )

    def names(self, place):
        return sorted(path.name for path in (self.folder.root / place).iterdir())


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "desk")


def test_a_file_is_taken_when_it_has_stopped_growing(desk):
    desk.put("a.csv")
    desk.look()
    desk.put("a.csv", "xy")
    desk.look()
    assert desk.published == []
    desk.look()
    assert desk.published == ["a.csv"]
    assert desk.names("inbox") == []


def test_a_file_that_was_taken_lies_in_done_with_both_reports(desk):
    desk.put("一月.csv")
    desk.look()
    desk.look()
    file, as_json, as_text = desk.names("done")
    assert file.endswith("-一月.csv")
    assert (as_json, as_text) == (f"{file}.report.json", f"{file}.report.txt")
    assert json.loads((desk.folder.root / "done" / as_json).read_text("utf-8"))["events"] == {"case.accepted": 1}
    assert "1 rows: 1 told, 0 refused" in (desk.folder.root / "done" / as_text).read_text("utf-8")


def test_a_file_that_is_not_what_it_says_lies_in_failed_with_the_reason(desk):
    desk.fault = UnreadableFile("a.csv: line 7 is broken; nothing was sent")
    desk.put("a.csv")
    desk.look()
    desk.look()
    assert desk.names("inbox") == []
    _, as_json, as_text = desk.names("failed")
    assert json.loads((desk.folder.root / "failed" / as_json).read_text())["error"].startswith("a.csv: line 7")
    told = (desk.folder.root / "failed" / as_text).read_text()
    assert "nothing was sent: a.csv: line 7 is broken\n" in told
    assert told.count("nothing was sent") == 1


def test_one_bad_file_does_not_keep_the_others(desk):
    def publish(path):
        if path.name == "a.csv":
            raise UnreadableFile("broken")
        return Account(file=path.name, mapping="desk")

    desk.publish = publish
    desk.put("a.csv")
    desk.put("b.csv")
    desk.look()
    desk.look()
    assert (len(desk.names("failed")), len(desk.names("done"))) == (3, 3)


def test_while_a_server_is_away_the_file_waits(desk):
    desk.fault = ConnectionError("away")
    desk.put("a.csv")
    desk.look()
    with pytest.raises(ConnectionError):
        desk.look()
    assert desk.names("inbox") == ["a.csv"]
    desk.fault = None
    desk.look()
    assert desk.published == ["a.csv"]


def test_the_same_name_again_is_another_file(desk):
    for _ in range(2):
        desk.put("a.csv")
        desk.look()
        desk.look()
    assert len(desk.names("done")) == 6


def test_what_is_hidden_unfinished_or_only_a_link_is_no_file(desk, tmp_path):
    (tmp_path / "secret").write_text("x")
    (desk.folder.inbox / "link.csv").symlink_to(tmp_path / "secret")
    (desk.folder.inbox / "folder.csv").mkdir()
    for name in (".hidden.csv", "a.csv.part", "b.TMP", "~$open.xlsx"):
        desk.put(name)
    desk.look()
    desk.look()
    assert desk.published == []
    assert len(desk.names("inbox")) == 6


def test_a_name_that_is_too_long_or_no_text_does_not_stop_the_others(desk):
    desk.put("长" * 80 + ".csv")
    (desk.folder.inbox / os.fsdecode(b"\xff\xfe.csv")).write_text("x")
    desk.put("b.csv")
    desk.look()
    desk.look()
    assert (len(desk.published), desk.names("inbox"), len(desk.names("done"))) == (3, [], 9)


def test_a_file_that_may_not_be_read_fails_and_one_that_went_away_is_reported(desk):
    for fault in (PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file")):
        desk.fault = fault
        desk.put("a.csv")
        desk.look()
        desk.look()
    assert len([name for name in desk.names("failed") if name.endswith(".json")]) == 2


def test_older_files_come_first(desk):
    for age, name in ((1, "b"), (3, "c"), (2, "a")):
        desk.put(name)
        os.utime(desk.folder.inbox / name, (1_800_000_000 - age, 1_800_000_000 - age))
    desk.look()
    desk.look()
    assert desk.published == ["c", "a", "b"]


def test_watching_ends_when_asked():
    stopping, looks = threading.Event(), []

    def look(seen):
        looks.append(seen)
        if len(looks) == 3:
            stopping.set()
        return {"a": len(looks)}

    watch(look, stopping, seconds=0.01)
    assert looks == [{}, {"a": 1}, {"a": 2}]


def test_a_report_counts_all_and_shows_the_first():
    account = Account(file="a.csv", mapping="desk", rows=10, told_rows=3, refused_rows=7)
    for line in range(7):
        account.refuse(Fault("bad_time", line + 2, "at", "'soon' is not a time"))
    account.refuse(Fault("ragged_row", 9, None, "3 cells under 4 headings"))
    text = account.as_text()
    assert "refused: 7 × bad_time" in text
    assert "line 6, column 'at': bad_time: 'soon' is not a time\n  … and 2 more" in text
    assert account.as_json()["rejected"]["ragged_row"] == {
        "count": 1,
        "first": [{"code": "ragged_row", "line": 9, "column": None, "detail": "3 cells under 4 headings"}],
    }
