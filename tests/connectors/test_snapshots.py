"""A register read again: what changed becomes a higher version, what is gone a deletion, and the same file nothing."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.admission import Door
from connectors.register import Source, register_of
from connectors.sources.draft import TooManyVanished, draft
from connectors.sources.logged import UnreadableFile
from connectors.sources.mapping import BadMapping, read_mapping
from connectors.sources.memory import Memory
from streams import wire
from streams.domain.subject import entry_of, join, new_subject

NOW = datetime(2026, 11, 25, tzinfo=UTC)
DOOR = Door("test", b"the key", register_of([Source("urn:gov:360200:register", "jdz")]))
MAPPING = """
name = "register"
title = "a register"
format = "csv"
source = "urn:gov:360200:register"
zone = "Asia/Shanghai"
formats = ["%Y/%m/%d"]
number = "no"
authority = "jdz"
snapshot = true
most_vanished = 0.5
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
HEAD = "no,accepted,matter,finished,name\n"
FIRST = HEAD + "1,2026/11/02,M1,2026/11/03,Li\n2,2026/11/02,M1,,Wang\n3,2026/11/04,M2,2026/11/09,Zhao\n"


class Register:
    """Copies of a register, published one after another; what was sent is kept, also where a run died before it was over."""

    def __init__(self, folder, mapping=MAPPING):
        self.folder, self.mapping = folder, read_mapping(mapping)
        self.log: list[wire.Event] = []

    def tell(self, text, *, dies_after=None, **options):
        path = self.folder / "copy.csv"
        path.write_text(text, encoding="utf-8")
        with Memory(self.folder / "memory", self.mapping.name) as memory:
            account, _ = draft(self.mapping, DOOR, path, memory=memory, now=NOW, **options)
            sent = [wire.decode(value) for topic, _, value in memory.messages() if topic != "rejected"]
            memory.intend()
            if dies_after is not None:
                self.log += sent[:dies_after]
                return None
            memory.adopt()
        self.log += sent
        return account

    def facts(self):
        """(case, record) → (time, version) of what stands, as any order of the log would have it."""
        subjects = {}
        for event in self.log:
            known = subjects.get(event.subject) or new_subject("case", event.subject_key)
            subjects[event.subject] = join(known, [entry_of(event, NOW)])
        return {
            (number, statement.record_key): (str(statement.at.date()), statement.data_version)
            for number, subject in subjects.items()
            for statement in standing(subject)
        }

    def ids(self):
        return [event.id for event in self.log]


def standing(subject):
    return [entry for entry in subject.entries.values() if not entry.is_deletion]


@pytest.fixture
def register(tmp_path):
    return Register(tmp_path)


def test_the_same_file_again_tells_nothing(register):
    assert register.tell(FIRST).events == {"case.accepted": 3, "case.finished": 2}
    again = register.tell(FIRST)
    assert (again.events, again.unchanged) == ({}, 5)


def test_a_changed_cell_becomes_a_higher_version_of_its_record_alone(register):
    register.tell(FIRST)
    account = register.tell(FIRST.replace("1,2026/11/02,M1,2026/11/03", "1,2026/11/02,M1,2026/11/05"))
    assert (account.events, account.corrected, account.unchanged) == ({"case.finished": 1}, 1, 4)
    assert register.facts()["1", "finished"] == ("2026-11-04", 2)
    assert register.facts()["1", "accepted"] == ("2026-11-01", 1)
    assert register.ids()[-1] == "1/finished/v2"


def test_a_cell_that_nobody_mapped_changes_nothing(register):
    register.tell(FIRST)
    assert register.tell(FIRST.replace("Wang", "Chen")).events == {}


def test_rows_in_another_order_are_the_same_rows(register):
    register.tell(FIRST)
    head, *rows = FIRST.splitlines(keepends=True)
    assert register.tell(head + "".join(reversed(rows))).events == {}


def test_an_emptied_cell_deletes_its_record_and_a_vanished_row_all_of_its(register):
    register.tell(FIRST)
    account = register.tell(HEAD + "1,2026/11/02,M1,,Li\n2,2026/11/02,M1,,Wang\n")
    assert (account.deleted, account.vanished) == (3, 1)
    assert set(register.facts()) == {("1", "accepted"), ("2", "accepted")}


def test_a_row_that_comes_back_stands_again_in_a_higher_version(register):
    register.tell(FIRST)
    register.tell("".join(FIRST.splitlines(keepends=True)[:-1]))
    assert ("3", "accepted") not in register.facts()
    register.tell(FIRST)
    assert register.facts()["3", "accepted"] == ("2026-11-03", 3)
    assert len(set(register.ids())) == len(register.ids())


def test_a_copy_that_was_cut_off_is_refused_and_deletes_nothing(register):
    register.tell(FIRST)
    with pytest.raises(TooManyVanished, match=r"2 of 3 known cases \(67%\).*--accept-vanished; nothing was sent"):
        register.tell(HEAD + "1,2026/11/02,M1,2026/11/03,Li\n")
    assert len(register.facts()) == 5
    account = register.tell(HEAD + "1,2026/11/02,M1,2026/11/03,Li\n", accept_vanished=True)
    assert (account.vanished, account.deleted) == (2, 3)
    assert {number for number, _ in register.facts()} == {"1"}


def test_an_empty_copy_is_refused(register):
    register.tell(FIRST)
    with pytest.raises(UnreadableFile, match="no case in it"):
        register.tell(HEAD)
    assert len(register.facts()) == 5


def test_while_rows_cannot_be_read_nothing_is_deleted(register):
    register.tell(FIRST)
    account = register.tell(HEAD + "1,2026/11/02,M1,2026/11/03,Li\n2,2026/11/02,M1,,Wang\n3,2026/11/04\n")
    assert (account.vanished, account.withheld, account.deleted) == (1, True, 0)
    assert account.rejected["ragged_row"].first[0].line == 4
    assert "not deleted, because rows could not be read" in account.as_text()


def test_a_row_that_cannot_be_told_leaves_its_case_as_it_was(register):
    register.tell(FIRST)
    account = register.tell(FIRST.replace("1,2026/11/02,M1,2026/11/03", "1,2026/11/02,M9,soon"))
    assert (account.refused_rows, account.vanished, account.events) == (1, 0, {})
    fault = account.rejected["bad_time"].first[0]
    assert (fault.line, fault.column) == (2, "finished")
    assert len(register.facts()) == 5


def test_a_number_twice_in_one_copy_is_told_once_and_named(register):
    account = register.tell(FIRST + "1,2026/11/09,M7,,Li\n")
    assert (account.rows, account.told_rows, account.refused_rows) == (4, 3, 1)
    assert (
        str(account.rejected["repeated_number"].first[0])
        == "line 5, column 'no': repeated_number: '1' stands in line 2"
    )
    assert register.facts()["1", "accepted"] == ("2026-11-01", 1)


def test_what_was_refused_of_a_row_is_the_row_and_no_cell_of_it(register):
    path = register.folder / "copy.csv"
    path.write_text(HEAD + "1,soon,M1,,360202198001011234\n2,2026/11/02,M1,,Wang\n", encoding="utf-8")
    with Memory(register.folder / "memory", "register") as memory:
        draft(register.mapping, DOOR, path, memory=memory, now=NOW)
        sent = list(memory.messages())
    assert [topic for topic, _, _ in sent] == ["rejected", "events.case"]
    assert not any(b"36020219800101" in value or b"Wang" in value for _, _, value in sent)


def test_a_source_that_numbers_its_versions_is_believed(tmp_path):
    text = MAPPING.replace("snapshot = true\nmost_vanished = 0.5", 'version = "ver"\noperation = "op"')
    register = Register(tmp_path, text)
    head = "no,accepted,matter,finished,ver,op\n"
    register.tell(head + "1,2026/11/02,M1,,3,I\n2,2026/11/02,M1,,1,I\n")
    register.tell(head + "1,2026/11/05,M1,,4,U\n2,2026/11/02,M1,,2,D\n")
    assert register.facts() == {("1", "accepted"): ("2026-11-04", 4)}
    account = register.tell(head + "1,2026/11/05,M1,,x,U\n2,2026/11/05,M1,,9,I\n")
    assert (
        str(account.rejected["bad_version"].first[0])
        == "line 2, column 'ver': bad_version: 'x' is not a version: 1, 2, 3 …"
    )


def test_two_ways_to_count_versions_contradict_each_other():
    with pytest.raises(BadMapping, match="leave out 'version'"):
        read_mapping(MAPPING.replace("snapshot = true", 'snapshot = true\nversion = "ver"'))


def test_one_mapping_is_published_by_one_at_a_time(register):
    with Memory(register.folder / "memory", "register"), pytest.raises(UnreadableFile, match="another file is being"):
        Memory(register.folder / "memory", "register")


def test_after_a_run_that_died_the_same_file_tells_the_same_messages(register):
    register.tell(FIRST)
    changed = FIRST.replace("M1,,Wang", "M1,2026/11/06,Wang").replace("3,2026/11/04", "3,2026/11/05")
    register.tell(changed, dies_after=1)
    died = register.log[-1:]
    register.tell(changed)
    assert [(event.id, event.body_hash) for event in died] == [
        (event.id, event.body_hash) for event in register.log[-2:-1]
    ]
    assert len(set(register.ids())) == len(register.ids()) - 1


def test_after_a_run_that_died_another_file_outdoes_what_may_have_been_sent(register):
    register.tell(FIRST)
    register.tell(FIRST.replace("1,2026/11/02", "1,2026/10/10"), dies_after=1)
    assert register.facts()["1", "accepted"] == ("2026-10-09", 2)
    register.tell(FIRST)  # as it was before: but that is no longer what stands
    assert register.facts()["1", "accepted"] == ("2026-11-01", 3)
    register.tell(FIRST + "4,2026/11/05,M1,,Sun\n", dies_after=1)
    register.tell(FIRST)
    assert "4" not in {number for number, _ in register.facts()}


def table_of(chance):
    numbers = chance.sample(range(30), chance.randint(1, 30))
    rows = {
        str(number): (f"2026/11/{chance.randint(1, 9):02}", chance.choice(["", f"2026/11/{chance.randint(10, 28)}"]))
        for number in numbers
    }
    text = HEAD + "".join(f"{number},{start},M1,{end},x\n" for number, (start, end) in rows.items())
    return text, rows


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_to_copies_and_runs_the_last_whole_copy_is_what_stands(tmp_path, seed):
    """Random copies; runs that die while they send this one or another; the log shuffled and doubled in the end."""
    chance = random.Random(seed)
    register = Register(tmp_path)
    for _ in range(12):
        text, rows = table_of(chance)
        for _ in range(chance.randint(0, 3)):
            other = text if chance.random() < 0.5 else table_of(chance)[0]
            register.tell(other, dies_after=chance.randint(0, 20), accept_vanished=True)
        register.tell(text, accept_vanished=True)
        assert_is(register, rows)
    bodies = {}
    for event in register.log:  # the same id always says the same
        assert bodies.setdefault(event.id, event.body_hash) == event.body_hash
    register.log = [*register.log, *register.log]
    chance.shuffle(register.log)
    assert_is(register, rows)


def assert_is(register, rows):
    expected = {(number, "accepted"): start for number, (start, _) in rows.items()}
    expected |= {(number, "finished"): end for number, (_, end) in rows.items() if end}
    found = {key: at for key, (at, _) in register.facts().items()}
    assert found == {
        key: str(date.fromisoformat(day.replace("/", "-")) - timedelta(days=1)) for key, day in expected.items()
    }
