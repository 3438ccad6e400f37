"""Tables of front-end databases, on a real PostgreSQL and a real MariaDB: what is new is sent once, and nothing is lost."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from connectors.polling.database import BadDatabase, Database
from connectors.sources import mapping as mappings
from connectors.sources.logged import UnreadableFile
from tests.connectors.fronts import Poller

pytestmark = pytest.mark.broker
DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - as the column has it
MINUTE = timedelta(minutes=1)


def key(number, version):
    return {"ORGBUSNO": f"B{number}", "PROJID": f"P{number}", "DATAVER": version}


def case(number, *, version=1, made=DAY, **given):
    return key(number, version) | {
        "ITEMNO": "M006", "ACCEPTDEPTID": "u1", "REGION_ID": "360200", "APPROVALTYPE": "2", "PROMISETIMELIMIT": 5,
        "PROMISETIMEUNIT": "1", "TIMELIMIT": 20, "TIMEUNIT": "g", "SUBMIT": "1", "APPLICANT": "张三", "OCCURTIME": DAY,
        "MAKETIME": made,
    } | given  # fmt: skip


def step(number, sn, *, start, end, version=1, made=DAY, **given):
    return key(number, version) | {
        "SN": sn, "NODENAME": "审核", "PROCUNIT": "u1", "NODESTATE": "01", "NODESTARTTIME": start, "NODEENDTIME": end,
        "NODERESULT": "1", "MAKETIME": made,
    } | given  # fmt: skip


def test_a_table_is_read_from_its_beginning_and_then_only_what_is_new(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", *(case(n, made=DAY + n * MINUTE) for n in range(50)))
    poller = Poller(place, front, "ea-jc-basicinfo", page_rows=7)
    (first,) = poller.look()
    assert (first.rows, first.events) == (50, {"case.accepted": 50})
    # CHAR columns pad with blanks, names are not read at all, the zone is that of the register.
    assert poller.facts()["P7", "accepted"] == (
        "case.accepted", 1,
        {
            "matter_code": "M006", "unit_code": "u1", "area_code": "360200", "case_type": "promise", "channel": "online",
            "promise": {"value": 5, "unit": "workday"}, "statutory": {"value": 20, "unit": "workday"},
        },
    )  # fmt: skip
    event = next(event for event in poller.log() if event.subject == "P7")
    assert event.at.isoformat() == "2026-11-01T16:00:00+00:00"
    assert event.recorded_at.isoformat() == "2026-11-01T16:07:00+00:00"

    (again,) = poller.look()
    assert (again.rows, again.events, again.unchanged) == (0, {}, 15), "the rows of the last quarter of an hour"
    front.put("EA_JC_BASICINFO", case(60, made=DAY + 60 * MINUTE))
    (third,) = poller.look()
    assert (third.rows, poller.sent()) == (1, 51)
    with psycopg.connect(place.database) as connection:
        told = connection.execute("select table_name, position, rows_read, events_sent from ops.poll").fetchone()
        assert told == ("EA_JC_BASICINFO", "2026-11-02T01:00:00", 51, 51)
        assert connection.execute("select count(*) from ops.poll_seen").fetchone() == (5,), "the state is the overlap"


def test_five_tables_make_one_case_in_whatever_order_they_are_read(place, front):
    front.create_ea_jc()
    start, end = DAY + timedelta(hours=9), DAY + timedelta(hours=11)
    front.put("EA_JC_BASICINFO", case(1))
    front.put(
        "EA_JC_PROC",
        step(1, 1, start=start, end=end),
        step(1, 2, start=end, end=end),  # open
        step(1, 3, start=end, end=end, NODESTATE="02"),  # done at once
    )
    special = key(1, 1) | {"NODENAME": "x", "NOTETIME": start, "MAKETIME": DAY}
    front.put(
        "EA_JC_SPECIALNODE",
        special | {"SN": 1, "NODERESULT": "1", "NODESTARTTIME": start, "NODEENDTIME": end},
        special
        | {"SN": 2, "NODERESULT": "3", "NODESTARTTIME": start, "NODEENDTIME": start, "NODEPROCACCORD": "第45条"},
    )
    done = {"DONERESULT": "0", "CERTIFICATENO": "C1", "ISFEE": "1", "FEE": "12.50", "OCCURTIME": end, "MAKETIME": end}
    front.put("EA_JC_DONE", key(1, 1) | done)
    front.put("EA_JC_SERVEVAL", key(1, 1) | {"EVALRESULT": "4", "EVALDATE": end, "MAKETIME": end})
    poller = Poller(place, front, "ea-jc-serveval", "ea-jc-done", "ea-jc-specialnode", "ea-jc-proc", "ea-jc-basicinfo")
    assert [sum(account.events.values()) for account in poller.look()] == [1, 3, 3, 5, 1]
    found = {record: (kind, data) for (_, record), (kind, _, data) in poller.facts().items()}
    node, local = {"node": "审核"}, "2026-11-02T01:00:00+00:00"
    assert found == {
        "accepted": found["accepted"],
        "step/1/start": ("case.step_started", node | {"sn": 1, "unit_code": "u1"}),
        "step/1/end": ("case.step_completed", node | {"sn": 1, "result": "passed", "started_at": local}),
        "step/2/start": ("case.step_started", node | {"sn": 2, "unit_code": "u1"}),
        "step/3/start": ("case.step_started", node | {"sn": 3, "unit_code": "u1"}),
        "step/3/end": found["step/3/end"],
        "special/1/start": ("case.correction_requested", {"notified_at": local}),
        "special/1/end": ("case.correction_received", {}),
        "special/2/start": (
            "case.special_started",
            {"sn": 2, "kind": "notice", "basis": "第45条", "notified_at": local},
        ),
        "finished": ("case.finished", {"result": "granted"}),
        "licence": ("case.licence_issued", {"number": "C1"}),
        "fee": ("case.fee_charged", {"amount": 12.5}),
        "rated": ("case.rated", {"level": 2}),
    }


def test_what_is_committed_late_is_seen_however_the_transactions_overlap(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", case(0))
    poller = Poller(place, front, "ea-jc-basicinfo", page_rows=3)
    poller.look()
    early = front.engine.connect()
    row = case(1, made=DAY + 5 * MINUTE)
    early.execute(front.insert("EA_JC_BASICINFO", row), row)  # written first, and not committed
    front.put("EA_JC_BASICINFO", *(case(n, made=DAY + 10 * MINUTE) for n in range(2, 9)))
    assert poller.look()[0].rows == 7
    early.commit()
    early.close()
    (late,) = poller.look()
    assert (late.rows, late.events) == (1, {"case.accepted": 1})
    assert poller.look()[0].rows == 0
    assert poller.sent() == len(poller.facts()) == 9


def test_a_row_that_is_sent_again_replaces_what_it_said_and_takes_back_what_it_says_no_more(place, front):
    front.create_ea_jc("EA_JC_PROC")
    start, end = DAY + timedelta(hours=9), DAY + timedelta(hours=11)
    front.put("EA_JC_PROC", step(1, 1, start=start, end=end), step(1, 2, start=start, end=end))
    poller = Poller(place, front, "ea-jc-proc")
    poller.look()
    # The provinces write another row, with another version: step 1 is open again, step 2 was refused.
    front.put(
        "EA_JC_PROC",
        step(1, 1, version=2, start=start, end=start, made=DAY + MINUTE),
        step(1, 2, version=2, start=start, end=end, made=DAY + MINUTE, NODERESULT="0"),
    )
    (second,) = poller.look()
    assert (second.corrected, second.deleted) == (3, 1)
    found = {record: (version, data.get("result")) for (_, record), (_, version, data) in poller.facts().items()}
    assert found == {"step/1/start": (2, None), "step/2/start": (2, None), "step/2/end": (2, "failed")}
    # An older version that turns up late changes nothing.
    front.put("EA_JC_PROC", step(1, 2, start=start, end=end + MINUTE, made=DAY + 2 * MINUTE))
    poller.look()
    assert {record: version for (_, record), (_, version, _) in poller.facts().items()} == {
        record: version for record, (version, _) in found.items()
    }


def test_i_u_and_d_are_stated_changed_and_deleted(place, front):
    front.create_ea_jc("EA_JC_PROC", "EA_JC_DONE")
    start, end = DAY + timedelta(hours=9), DAY + timedelta(hours=11)
    done = key(1, 1) | {"DONERESULT": "0", "CERTIFICATENO": "C1", "OCCURTIME": end}
    front.put("EA_JC_DONE", done | {"CD_OPERATION": "I", "MAKETIME": DAY})
    front.put("EA_JC_PROC", step(1, 1, start=start, end=end, CD_OPERATION="I"))
    poller = Poller(place, front, "ea-jc-done", "ea-jc-proc")
    poller.look()
    assert {record for _, record in poller.facts()} == {"finished", "licence", "step/1/start", "step/1/end"}
    front.put("EA_JC_DONE", done | {"CD_OPERATION": "U", "DONERESULT": "1", "MAKETIME": DAY + MINUTE})
    front.put("EA_JC_PROC", step(1, 1, start=None, end=None, CD_OPERATION="D", made=DAY + MINUTE, NODERESULT=None))
    assert [account.deleted for account in poller.look()] == [
        2,
        2,
    ]  # the licence, a fee that was none; both ends of the step
    assert {record: data for (_, record), (_, _, data) in poller.facts().items()} == {"finished": {"result": "refused"}}


def test_codes_mean_what_they_meant_in_the_year_of_the_event(place, front):
    front.create("DONE", "NO int, RESULT char(12), HAPPENED {time}, WRITTEN {time}")
    mapping = TABLE.replace("[[event]]", CODES + "[[event]]").replace(OWN, "urn:gov:360200:codes")
    front.put(
        "DONE", *({"NO": n, "RESULT": "13", "HAPPENED": DAY.replace(year=2020 + n), "WRITTEN": DAY} for n in (3, 4))
    )
    poller = Poller(place, front, mapping, source="urn:gov:360200:codes")
    poller.look()
    assert {number: data["result"] for (number, _), (_, _, data) in poller.facts().items()} == {
        "3": "refused",
        "4": "withdrawn",
    }


def test_rows_without_a_watermark_are_counted_and_told_until_they_have_one(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", case(1), case(2, made=None), case(3, made=None))
    poller = Poller(place, front, "ea-jc-basicinfo")
    assert poller.look()[0].rows == 1
    assert poller.unmarked == [2]
    with psycopg.connect(place.database) as connection:
        assert connection.execute("select unmarked_rows from ops.poll").fetchone() == (2,)
    front.run("update EA_JC_BASICINFO set MAKETIME = :made where PROJID = 'P2'", {"made": DAY + MINUTE})
    assert poller.look()[0].rows == 1
    assert poller.unmarked == [2, 1]


def test_a_clock_two_days_ahead_holds_nothing_back_and_loses_nothing(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    now = (datetime.now(UTC) + timedelta(hours=8)).replace(tzinfo=None, microsecond=0)
    front.put("EA_JC_BASICINFO", case(1, made=now + timedelta(days=2)))
    poller = Poller(place, front, "ea-jc-basicinfo")
    (ahead,) = poller.look()
    assert ahead.rows == 1
    assert "the source's clock is ahead" in ahead.notes[0]
    # The clock was put right: what is written now lies two days behind what was read, and is read all the same.
    front.put("EA_JC_BASICINFO", case(2, made=now))
    assert poller.look()[0].rows == 1
    assert poller.look()[0].rows == 0
    assert poller.sent() == 2


def test_reading_begins_again_where_it_is_told_to(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", *(case(n, made=DAY + n * 60 * MINUTE) for n in range(5)))
    poller = Poller(place, front, "ea-jc-basicinfo")
    poller.look()
    front.put("EA_JC_BASICINFO", case(9, made=DAY + 90 * MINUTE))  # two hours and a half late: below the overlap
    assert poller.look()[0].rows == 0
    (again,) = poller.look(since="2026-11-02 01:00:00")
    assert again.rows == 3  # the late one, and two that were sent long ago: the same messages, which count once
    assert len({(event.id, event.body_hash) for event in poller.log()}) == 6
    with pytest.raises(BadDatabase, match="'soon' is no time to begin from"):
        poller.look(since="soon")


def test_any_number_of_rows_may_have_one_watermark(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", *(case(n) for n in range(40)), case(40, made=DAY + MINUTE))
    poller = Poller(place, front, "ea-jc-basicinfo", page_rows=6)
    assert poller.look()[0].rows == 41
    assert poller.look()[0].rows == 0
    assert poller.sent() == 41


OWN = "urn:gov:360200:own"
SHIPPED = (mappings.SHIPPED / "ea-jc-basicinfo.toml").read_text()
TABLE = f"""
name = "done"
title = "results"
format = "table"
source = "{OWN}"
authority = "jdz"
number = "NO"
recorded = "WRITTEN"
[table]
name = "DONE"
watermark = "WRITTEN"
key = ["NO"]
[[event]]
type = "case.finished"
time = "HAPPENED"
record = "finished"
data = {{ result = {{ from = "RESULT" }} }}
"""
CODES = """
[[codes]]
field = "data.result"
code = "13"
value = "refused"
valid_to = "2023-12-31"
[[codes]]
field = "data.result"
code = "13"
value = "withdrawn"
valid_from = "2024-01-01"
"""


KINDS = [
    (
        "char(14)",
        'watermark_format = "%Y%m%d%H%M%S"',
        ["20261102080000", "20261102080500", "20261102080200", "20261103080000"],
    ),
    ("varchar(8)", 'watermark_format = "%Y%m%d"', ["20261102", "20261103", "20261102", "20261103"]),
    ("date", "", ["2026-11-02", "2026-11-03", "2026-11-02", "2026-11-03"]),
    ("numeric(20)", "overlap = 3", [100, 103, 101, 104]),
    ("bigint", "overlap = 3", [100, 103, 101, 104]),
]


@pytest.mark.slow
def test_a_watermark_is_a_time_a_day_a_number_or_a_text_that_is_a_time(place, front):
    for kind, (column, form, marks) in enumerate(KINDS):
        table = f"DONE{kind}"
        front.create(table, f"NO int, RESULT char(12), HAPPENED {{time}}, WRITTEN {{time}}, MARK {column}")
        mapping = TABLE.replace('watermark = "WRITTEN"', f'watermark = "MARK"\n{form}').replace('"DONE"', f'"{table}"')
        poller = Poller(place, front, mapping.replace('"done"', f'"done{kind}"'), source=OWN)
        for number, mark in enumerate(marks):
            front.put(table, {"NO": number, "RESULT": "granted", "HAPPENED": DAY, "WRITTEN": DAY, "MARK": mark})
            assert poller.look()[0].rows == 1, mark
        assert poller.look()[0].rows == 0
        assert poller.sent() == len(marks)


def test_of_several_watermarks_the_first_that_is_filled_counts(place, front):
    front.create("DONE", "NO int, RESULT char(12), HAPPENED {time}, WRITTEN {time}, CHANGED {time}")
    mapping = TABLE.replace('"WRITTEN"', '"CHANGED"').replace(
        'watermark = "CHANGED"', 'watermark = ["CHANGED", "WRITTEN"]'
    )
    front.put("DONE", {"NO": 1, "RESULT": "granted", "HAPPENED": DAY, "WRITTEN": DAY, "CHANGED": None})
    poller = Poller(place, front, mapping, source=OWN)
    assert poller.look()[0].rows == 1
    front.run("update DONE set RESULT = 'void', CHANGED = :changed", {"changed": DAY + timedelta(days=3)})
    poller.look()
    assert [data for _, _, data in poller.facts().values()] == [{"result": "void"}]


def test_columns_of_lookup_tables_go_with_a_row(place, front):
    front.create("DONE", "NO int, RESULT char(12), HAPPENED {time}, WRITTEN {time}")
    front.create("RESULTS", "CODE char(8), WORD varchar(20)")
    front.put("RESULTS", {"CODE": "7", "WORD": "granted"})
    front.put("DONE", *({"NO": n, "RESULT": str(n), "HAPPENED": DAY, "WRITTEN": DAY} for n in (7, 8)))
    lookup = '[[table.lookup]]\ntable = "RESULTS"\nas = "r"\non = { RESULT = "CODE" }\n[[event]]'
    mapping = TABLE.replace("[[event]]", lookup).replace('from = "RESULT"', 'from = "r.WORD"')
    poller = Poller(place, front, mapping, source=OWN)
    assert poller.look()[0].rows == 2
    assert {number: data.get("result") for (number, _), (_, _, data) in poller.facts().items()} == {
        "7": "granted",
        "8": None,
    }


def test_a_row_that_cannot_be_told_is_refused_once_and_the_others_go_on(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.put("EA_JC_BASICINFO", case(1), case(2, DATAVER=0), case(3, PROJID=None), case(4, OCCURTIME=None))
    poller = Poller(place, front, "ea-jc-basicinfo")
    (account,) = poller.look()
    assert (account.rows, account.told_rows, account.refused_rows) == (4, 2, 2)  # a case without a time tells nothing
    assert sorted(account.rejected) == ["missing_number", "out_of_range"]
    assert "row ORGBUSNO 'B3'" in str(account.rejected["missing_number"].first[0])
    assert poller.look()[0].rejected == {}
    told = poller.log("rejected")
    assert sorted(one["code"] for one in told) == ["missing_number", "out_of_range"]
    assert all("张三" not in str(one) for one in told)


def test_what_is_not_there_is_named(place, front):
    front.create_ea_jc("EA_JC_BASICINFO")
    front.create("DONE", "NO int, RESULT char(12), HAPPENED {time}")
    with pytest.raises(BadDatabase, match="table DONE has no column 'WRITTEN', which the mapping names"):
        Poller(place, front, TABLE, source=OWN).look()
    with pytest.raises(BadDatabase, match="did you mean 'occurtime'"):
        Poller(place, front, SHIPPED.replace("OCCURTIME", "OCURTIME")).look()
    with pytest.raises(BadDatabase, match="shows no table 'EA_JC_PROC'"):
        Poller(place, front, "ea-jc-proc").look()
    front.put("EA_JC_BASICINFO", case(1, PROJID=None), case(2, PROJID=None))
    with pytest.raises(UnreadableFile, match="none of the first 2 rows could be told, the first: missing_number"):
        Poller(place, front, "ea-jc-basicinfo").look()
    front.create("TEXTS", "NO int, RESULT char(12), HAPPENED {time}, WRITTEN varchar(14)")
    front.put("TEXTS", {"NO": 1, "RESULT": "granted", "HAPPENED": DAY, "WRITTEN": "20261102"})
    with pytest.raises(BadDatabase, match="is text, such as '20261102': say its form"):
        Poller(place, front, TABLE.replace('"DONE"', '"TEXTS"'), source=OWN).look()


def test_nothing_can_be_written_to_the_source(front):
    front.create_ea_jc("EA_JC_BASICINFO")
    database = Database(front.url)
    with pytest.raises(DBAPIError, match=r"(?i)read.only"), database.reading() as connection:
        connection.execute(front.insert("EA_JC_BASICINFO", case(1)), case(1))
    assert database.can_only_read
    database.close()


def test_the_national_tables_are_told_too(place, front):
    front.create("up_pro_accept", NATIONAL["accept"])
    front.create("up_pro_process", NATIONAL["process"])
    front.create("up_pro_special_procedure", NATIONAL["special_procedure"])
    front.create("up_pro_result", NATIONAL["result"])
    front.create("up_task_general_basic", NATIONAL["task"])
    start, end = DAY + timedelta(hours=9), DAY + timedelta(hours=11)
    sync = {"cd_operation": "I", "cd_time": DAY, "cd_batch": "20261102001", "row_guid": "g1"}
    common = {"project_no": "N1"} | sync
    accept = {
        "task_code": "T1", "org_code": "u1", "apply_type": "2", "apply_date": DAY, "accept_date": start, "project_type": "2",
        "promise_date": DAY + timedelta(days=3), "accept_doc_no": "SL1",
    }  # fmt: skip
    front.put("up_pro_accept", common | accept | {"applyer_type": "2", "applyer_page_code": "91360202MA0000001X"})
    front.put("up_pro_accept", common | accept | {
        "project_no": "N2", "row_guid": "g2", "applyer_type": "1", "applyer_page_code": "360202199001011234",
    })  # fmt: skip
    front.put("up_pro_process", common | {"process_name": "审核", "event_start_time": start, "event_end_time": start})
    front.put("up_pro_special_procedure", common | {"special_reason": "听证", "special_time": start, "end_time": end})
    front.put("up_pro_result", common | {"result_date": end, "result_type": "1", "satisfaction": "5"})
    front.put("up_task_general_basic", sync | {
        "task_code": "T1", "task_name": "取水许可", "dept_code": "u1", "anticipate_day": 20, "anticipate_type": "1",
        "promise_day": 5, "promise_type": "1", "project_type": "2",
    })  # fmt: skip
    poller = Poller(
        place, front, "up-pro-accept", "up-pro-process", "up-pro-special-procedure", "up-pro-result", "up-task",
        source="urn:gov:360200:up-pro",
    )  # fmt: skip
    assert [account.rejected for account in poller.look()] == [{}] * 5
    facts = {(number, record): data for (number, record), (_, _, data) in poller.facts().items()}
    assert facts["N1", "accepted"]["promise_due_at"] == "2026-11-05T16:00:00+00:00"  # the end of that day
    assert facts["N1", "applied"]["applicant"] == {"kind": "company", "uscc": "91360202MA0000001X"}
    person = facts["N2", "applied"]["applicant"]
    assert person["kind"] == "person"
    assert person["ref"].startswith("hmac:")
    assert facts["N1", "finished"] == {"result": "unmapped"}
    assert {record for number, record in facts if number == "N1"} == {
        "applied", "accepted", "step/g1/start", "special/g1/start", "special/g1/end", "finished", "rated",
    }  # fmt: skip
    (matter,) = poller.log("events.catalogue")
    assert (matter.type, matter.data_version) == ("catalogue.matter_changed", 20261102001)

    # The next load of the same row: the step is over.
    again = {"cd_operation": "U", "cd_time": DAY + MINUTE, "cd_batch": "20261103001"}
    front.put(
        "up_pro_process", common | again | {"process_name": "审核", "event_start_time": start, "event_end_time": end}
    )
    poller.look()
    assert ("N1", "step/g1/end") in poller.facts()


_SYNC = "row_guid varchar(50), cd_operation varchar(2), cd_time {time}, cd_batch varchar(32)"
NATIONAL = {
    "accept": f"""project_no varchar(50), task_code varchar(36), org_code varchar(64), apply_type varchar(2), apply_date {{time}},
        applyer_type varchar(2), applyer_page_code varchar(500), accept_date {{time}}, accept_doc_no varchar(50),
        project_type varchar(2), promise_date {{time}}, {_SYNC}""",
    "process": f"project_no varchar(50), process_name varchar(1000), event_start_time {{time}}, event_end_time {{time}}, {_SYNC}",
    "special_procedure": f"project_no varchar(50), special_reason varchar(2000), special_time {{time}}, end_time {{time}}, {_SYNC}",
    "result": f"project_no varchar(50), result_date {{time}}, result_type varchar(2), satisfaction varchar(2), {_SYNC}",
    "task": f"""task_code varchar(36), task_name varchar(1000), dept_code varchar(50), catalog_code varchar(12), anticipate_day int,
        anticipate_type varchar(2), promise_day int, promise_type int, project_type varchar(2), limit_scene_num int,
        plan_effective_date {{time}}, plan_cancel_date {{time}}, {_SYNC}""",
}
