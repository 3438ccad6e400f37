"""A faulty load is refused whole, and every fault names file, row, column, value and remedy."""

import re
from datetime import date, time, timedelta
from functools import cache

import pytest
from openpyxl import Workbook

from infra.reference_data import InvalidRows, read_directory
from infra.reference_data.changes import after, changes_of
from infra.reference_data.checks import check
from infra.reference_data.lines import lines_of
from infra.reference_data.notes import notes
from infra.reference_data.rows import parse
from infra.reference_data.tables import SHIPPED, TABLES

CLOCK = {
    "clock_id": "c",
    "valid_from": "2026-01-01",
    "family": "case",
    "start": "case.received",
    "stop": "case.accepted",
    "limit_value": "2",
    "limit_unit": "day",
}
CORE = {"clock_id": "promise", "valid_from": "1990-01-01", "family": "case", "name": "承诺", "name_en": "promise"}
LEVEL = {"rule_id": "AR-30", "clock_id": "delivery", "level": "red", "valid_from": "2026-01-01"}
YELLOW = LEVEL | {"level": "yellow"}
PROMISE = LEVEL | {"rule_id": "AR-01", "clock_id": "promise", "level": "blue", "share": "0.3", "least_workdays": "2"}
MATTER = {"matter_code": "X", "valid_from": "2026-01-01"}
CALENDAR = {"calendar": "county", "ordinary": "monday_friday", "ordinary_status": "provisional", "based_on": "cn"}
DAY = {"calendar": "cn", "is_workday": "true", "status": "official"}
OWN = {"calendar": "own", "ordinary": "monday_friday", "ordinary_status": "official"}
HOURS = {"hours": "h", "opens": "09:00", "closes": "17:00"}
TARGET = {
    "target_id": "T90",
    "issuer": "city",
    "metric_id": "on_time_rate",
    "scope_type": "authority",
    "quotation": "q",
    "paragraph": "p",
    "responsible": "r",
    "comparator": ">=",
    "value": "0.9",
    "valid_from": "2022-03-07",
    "class": "A",
}
METRIC = {
    "metric_id": "queue_length",
    "name": "排队",
    "name_en": "queue",
    "formula": "f",
    "formula_en": "f",
    "unit": "count",
    "cohort": "standing",
    "is_rate": "false",
    "better": "lower",
    "computed": "out_of_scope",
    "source": "nobody",
    "note": "not told",
}
CODE = {
    "source": "urn:gov:360200:govpulse",
    "field": "data.result",
    "code": "0",
    "valid_from": "2026-01-01",
    "value": "granted",
}


def days(first: str, number: int, *, without: str = ""):
    """So many days of calendar 'own' in a row, Monday to Friday working ones."""
    found = [date.fromisoformat(first) + timedelta(days=place) for place in range(number)]
    return [
        DAY | {"calendar": "own", "day": str(day), "is_workday": str(day.weekday() < 5)}
        for day in found
        if str(day) != without
    ]


@cache
def shipped_rows():
    return {name: {} for name in TABLES} | parse(read_directory(SHIPPED)).rows


def faults_with(tables, *, replaces=False) -> list[str]:
    """What is wrong with the shipped rows and these together; with `replaces` their tables hold nothing else."""
    shipped = {name: dict(rows) for name, rows in shipped_rows().items()}
    try:
        wanted = parse(tables)
        check(lines_of(after(shipped, changes_of(shipped, wanted.rows, replaces=replaces)), wanted.places))
    except InvalidRows as error:
        return error.faults
    return []


def test_what_is_shipped_is_without_fault():
    assert faults_with({}) == []


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"clock_rule": [CLOCK | {"start": "case.recieved"}]}, r"row 2, column start: 'case.recieved'.*did you mean 'case.received'"),
        ({"clock_rule": [CLOCK | {"start": ""}]}, r"row 2, column start: '': clock 'c' never starts"),
        ({"clock_rule": [CLOCK | {"start": "demand.registered"}]}, r"column start: 'demand.registered'.*no event of family 'case'"),
        ({"clock_rule": [CLOCK | {"limit_field": "promised"}]}, r"column limit_field: 'promised': no type of case.received has"),
        ({"clock_rule": [CLOCK | {"each": "sn"}]}, r"column each: 'sn': no type of case.received"),
        ({"clock_rule": [CLOCK | {"start_when": "level>=4"}]}, r"column start_when: 'level>=4': no type"),
        ({"clock_rule": [CLOCK | {"start_when": "level>4"}]}, r"column start_when: 'level>4': write field=value"),
        ({"clock_rule": [CLOCK | {"start": "case.rated", "start_when": "level>=4&leval=5"}]}, r"column start_when: 'level>=4&leval=5': no type of case.rated has the field 'leval'"),
        ({"clock_rule": [CLOCK | {"start": "case.rated", "start_when": "level>=4&"}]}, r"column start_when: 'level>=4&': write field=value.*joined by &"),
        ({"clock_rule": [CLOCK | {"limit_unit": ""}]}, r"column limit_value: '2': limit_value and limit_unit go together"),
        ({"clock_rule": [CLOCK | {"limit_unit": "fortnight"}]}, r"column limit_unit: 'fortnight': must be one of workday"),
        ({"clock_rule": [CLOCK | {"clock_id": "receipt", "limit_unit": "hour"}]}, r"column limit_unit: 'hour'.*write day or workday"),
        ({"clock_rule": [CLOCK | {"matter_code": "M999"}]}, r"clock_rule.csv row 2, column matter_code: 'M999': is not defined; add it to table matter"),
        *(({"clock_rule": [CLOCK | {column: "case.finished demand.closed"}]},
           rf"clock_rule.csv row 2, column {column}: 'case.finished demand.closed': 'demand.closed' is no event of family 'case'; name one")
          for column in ("stop", "restart", "void", "cleared_by")),
        ({"clock_rule": [CLOCK | {"start": "xyzzy.qqq"}]},
         r"clock_rule.csv row 2, column start: 'xyzzy.qqq': 'xyzzy.qqq' is no event type; the nearest is '[a-z_.]+' \(docs/data-dictionary.md has"),
        ({"clock_rule": [CLOCK | {"stop": ""}]}, r"clock_rule.csv row 2, column stop: '': clock 'c' never ends; name the event types that end it"),
        ({"clock_rule": [CLOCK | {"limit_value": "", "limit_unit": ""}]},
         r"clock_rule.csv row 2, column limit_value: '': clock 'c' has no limit and would never run; give limit_value and limit_unit, or limit_field"),
        ({"clock_rule": [CLOCK | {"limit_value": "5", "limit_unit": "onspot"}]},
         r"clock_rule.csv row 2, column limit_value: '5': on the spot is the day itself; write 0"),
        ({"clock_rule": [CLOCK | {"start": "case.accepted", "stop": "case.finished", "limit_field": "matter_code", "limit_value": "", "limit_unit": ""}]},
         r"clock_rule.csv row 2, column limit_field: 'matter_code': is no limit, instant, day or number of days; name one that is, of .*promise.*, or"),
        ({"clock_rule": [CLOCK | {"start": "case.decided", "stop": "case.delivered", "start_when": "decision=grnated"}]},
         r"clock_rule.csv row 2, column start_when: 'decision=grnated': 'grnated' is none of the contract's codes of decision, granted, refused, unmapped; did you mean 'granted'"),
        ({"clock_rule": [CLOCK | {"start": "case.decided", "stop": "case.delivered", "start_when": "decision=granted|ok"}]},
         r"column start_when: 'decision=granted|ok': 'ok' is none of .*; a source's own word is mapped to one of them in code_map.csv"),
        ({"clock_rule": [CLOCK | {"family": "bundle", "start": "bundle.begun", "stop": "bundle.completed", "start_when": "kind=projekt"}]},
         r"column start_when: 'kind=projekt': 'projekt' is none of .*; did you mean 'project'"),
        *(({"clock_rule": [CORE | {column: value}]}, rf"clock_rule.csv row 2, column {column}: '(?i:{value})': clock 'promise' is read in code.*{remedy}")
          for column, value, remedy in (
              ("matter_code", "M012", "leave it empty: a matter's limits .*matter.csv"), ("stop", "case.decided", "leave it empty: .*authority.csv"),
              ("start", "case.received", "authority.csv"), ("limit_field", "promise", "matter.csv"), ("is_main", "true", "authority.csv"),
              ("family", "bundle", "write 'case'"), ("valid_from", "2027-01-01", "on all days; write 1990-01-01"))),
        ({"clock_rule": [CORE | {"clock_id": "consent", "matter_code": "M007", "stop": "case.decided"}]},
         r"clock_rule.csv row 2, column stop: 'case.decided': clock 'consent' is read in code, .*; leave it empty"),
        ({"clock_rule": [CLOCK | {"limit_value": "0"}]}, r"clock_rule.csv row 2, column limit_value: '0': a limit is above 0; write"),
        ({"alert_rule": [LEVEL | {"clock_id": "delivry", "is_breach": "true"}]}, r"column clock_id: 'delivry': is no clock"),
        ({"alert_rule": [LEVEL]}, r"column share: '': a level begins at exactly one of .*; none is given"),
        ({"alert_rule": [LEVEL | {"share": "0.5", "left_days": "1"}]}, r"column left_days: '1'.*share and left_days are given"),
        ({"alert_rule": [LEVEL | {"share": "4"}]}, r"column share: '4': must be a share"),
        ({"alert_rule": [LEVEL | {"share": "0"}]}, r"column share: '0': must be a share"),
        *(({"alert_rule": [LEVEL | {"share": "0.5", column: number}]}, rf"alert_rule.csv row 2, column {column}: '{number}': must be a share such as 0.9")
          for column in ("minute_share", "worse_share") for number in ("NaN", "sNaN", "Infinity", "-inf")),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-08", "clock_id": "", "is_breach": "true"}]}, r"column is_breach: 'True': AR-08 has no clock"),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-99", "clock_id": ""}]},
         r"alert_rule.csv row 2, column rule_id: 'AR-99': nothing computes it without a clock; give a clock_id, or write one of AR-08, .*AR-19"),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-99", "clock_id": "", "is_off": "true"}]}, r"column rule_id: 'AR-99': nothing computes it"),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-99", "clock_id": "promise", "is_breach": "true"}]},
         r"column rule_id: 'AR-99': clock 'promise' is read by AR-01, AR-02, AR-03 alone; write one"),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-03", "is_breach": "true"}]}, r"column clock_id: 'delivery': AR-03 is not read by this clock; write 'promise'"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-18", "least_minutes": "60"}]}, r"column clock_id: 'delivery': AR-18 is not read by this clock; leave it empty"),
        *(({"alert_rule": [LEVEL | {column: "0"}]}, rf"alert_rule.csv row 2, column {column}: '0': a threshold is above 0 .*; leave it empty")
          for column in ("counted_day", "left_days", "left_workdays", "left_minutes")),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-17", "clock_id": "", "share": "0.2", "least_cases": "20", "gaps": "2"}]},
         r"column gaps: '2': AR-18 alone reads it; leave it empty"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-19", "clock_id": "", "share": "0.9", "least_cases": "20", "worse_share": "80"}]},
         r"column worse_share: '80': must be a share such as"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-18", "clock_id": "", "least_minutes": "0"}]}, r"column least_minutes: '0': a threshold is above 0"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-02", "clock_id": "promise", "share": "0.5"}]}, r"column minute_share: '': AR-02 needs it"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-18", "clock_id": ""}]}, r"column least_minutes: '': AR-18 needs it"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-18", "clock_id": "", "least_minutes": "60", "unit_code": "u1"}]},
         r"column unit_code: 'u1': AR-18 is not about one of these; leave it empty"),
        ({"alert_rule": [YELLOW | {"rule_id": "AR-19", "clock_id": "", "share": "0.9", "least_cases": "30", "matter_code": "M007"}]},
         r"column matter_code: 'M007': AR-19 is not about one of these; leave it empty"),
        ({"alert_rule": [LEVEL | {"share": "0.5", "matter_code": "M999"}]}, r"column matter_code: 'M999': is not defined; add it to table matter"),
        ({"alert_rule": [LEVEL | {"share": "0.5", "authority": "nobody"}]}, r"column authority: 'nobody': is not defined; add it to table authority"),
        ({"alert_rule": [LEVEL | {"clock_id": "receipt", "counted_day": "99"}]},
         r"alert_rule.csv row 2, column counted_day: '99': clock 'receipt' runs out after 5, so it never begins; write at most 4, or is_breach"),
        ({"alert_rule": [LEVEL | {"clock_id": "receipt", "counted_day": "5"}]}, r"column counted_day: '5': clock 'receipt' runs out after 5"),
        ({"alert_rule": [LEVEL | {"clock_id": "receipt", "matter_code": "M029", "counted_day": "3"}]}, r"column counted_day: '3': .* runs out after 3"),
        ({"alert_rule": [LEVEL | {"clock_id": "opening", "left_days": "1"}]},
         r"alert_rule.csv row 2, column left_days: '1': clock 'opening' counts no days; write left_workdays, left_minutes or share"),
        *(({"alert_rule": [LEVEL | {"clock_id": clock, "matter_code": matter, column: number}]},
           rf"alert_rule.csv row 2, column {column}: '{number}': clock '{clock}' runs out after {runs}, so it begins at the start; write {remedy}$")
          for clock, matter, column, number, runs, remedy in (
              ("delivery", "", "left_days", "10", 10, "at most 9, or share"), ("delivery", "", "left_workdays", "12", 10, "at most 9, or share"),
              ("receipt", "M029", "left_days", "3", 3, "at most 2, or share"), ("ledger_progress", "", "left_days", "30", 30, "at most 29, or share"),
              ("demand_contact", "", "left_workdays", "1", 1, "share"))),
        ({"alert_rule": [PROMISE | {"level": "yellow"}]},
         r"alert_rule.csv row 2, column level: 'yellow': AR-01 has one level for everybody, 'blue' \(alert_rule in force, AR-01 / .*\); write that"),
        ({"alert_rule": [PROMISE | {"level": "red", "unit_code": "u1"}]}, r"row 2, column level: 'red': AR-01 has one level for everybody, 'blue'"),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-12", "clock_id": "", "level": "yellow", "matter_code": "M007"}]},
         r"row 2, column level: 'yellow': AR-12 has one level for everybody, 'red'"),
        *(({"alert_rule": [YELLOW | {column: low}, LEVEL | {column: high}]},
           rf"row 3, column {column}: '{high}.*': red begins before yellow, as alert_rule.csv row 2 has {low}.*; let the higher level begin later")
          for column, low, high in (("share", "0.8", "0.5"), ("counted_day", "8", "7"), ("left_days", "3", "5"), ("left_workdays", "3", "4"),
                                    ("left_minutes", "60", "90"))),
        ({"alert_rule": [YELLOW | {"share": "0.8", "minute_share": "0.7"}, LEVEL | {"share": "0.9", "minute_share": "0.6"}]},
         r"row 3, column minute_share: '0.6.*': red begins before yellow"),
        ({"alert_rule": [LEVEL | {"share": "0.5", "unit_code": "u1"}, YELLOW | {"share": "0.8"}]},  # the unit has everybody's yellow
         r"row 2, column share: '0.5.*': red begins before yellow, as alert_rule.csv row 3 has 0.8"),
        ({"alert_rule": [LEVEL | {"share": "0.5"}, YELLOW | {"share": "0.8", "valid_from": "2027-01-01"}]},
         r"row 3, column share: '0.8.*': red begins before yellow, as alert_rule.csv row 2 has 0.5"),
        ({"alert_rule": [LEVEL | {"rule_id": "AR-11", "clock_id": "consent", "left_workdays": "3", "unit_code": "u1"}]},
         r"row 2, column left_workdays: '3': red begins before yellow, as alert_rule in force, AR-11 .* has 2"),
        *(({"matter": [MATTER | {f"{kind}_value": "0", f"{kind}_unit": "workday"}]},
           rf"matter.csv row 2, column {kind}_value: '0': a limit is above 0; write how many workdays, or {kind}_unit onspot")
          for kind in ("statutory", "fallback", "promise")),
        *[({"matter": [MATTER | {f"{kind}_value": "1200", f"{kind}_unit": "month"}]},
           rf"matter.csv row 2, column {kind}_value: '1200': no law has a limit of so many months; write at most 240")
          for kind in ("statutory", "fallback", "extension", "promise")],
        ({"clock_rule": [CLOCK | {"limit_value": "241", "limit_unit": "month"}]},
         r"clock_rule.csv row 2, column limit_value: '241': no law has a limit of so many months; write at most 240"),
        ({"matter": [MATTER | {"statutory_value": "5", "statutory_unit": "onspot"}]},
         r"matter.csv row 2, column statutory_value: '5': on the spot is the day itself; write 0, or another statutory_unit"),
        ({"matter": [MATTER | {"special_kinds": "survey heering"}]},
         r"matter.csv row 2, column special_kinds: 'survey heering': 'heering' is none of the kinds of special procedures, .*; did you mean 'hearing'"),
        ({"matter": [MATTER | {"statutory_value": "20", "statutory_unit": "day", "extension_value": "10", "extension_unit": "workday"}]},
         r"matter.csv row 2, column extension_unit: 'workday': an extension counts as the statutory limit of 20 day that it extends; write day"),
        ({"matter": [MATTER | {"statutory_value": "0", "statutory_unit": "onspot", "fallback_value": "3", "fallback_unit": "day", "extension_value": "3",
                               "extension_unit": "workday"}]},
         r"column extension_unit: 'workday': an extension counts as the fallback limit of 3 day"),
        ({"matter": [MATTER | {"statutory_value": "0", "statutory_unit": "onspot", "extension_value": "3", "extension_unit": "workday"}]},
         r"column extension_unit: 'workday': what is done on the spot is not extended; give a fallback, or no extension"),
        ({"schedule_assignment": [{"scope_type": "authority", "scope_code": "nobody", "schedule": "cn"}]},
         r"schedule_assignment.csv row 2, column scope_code: 'nobody': is not defined; add it to table authority"),
        *(({"schedule_assignment": [{"scope_type": kind, "schedule": "cn"}]},
           rf"schedule_assignment.csv row 2, column scope_code: '': names no {kind}; write its code, or scope_type 'default'")
          for kind in ("unit", "area", "authority")),
        ({"schedule_assignment": [{"scope_type": "default", "scope_code": "*", "schedule": "cn"}]},
         r"schedule_assignment.csv row 2, column scope_code: '\*': 'default' is for everybody else; leave it empty, or"),
        ({"office_hours": [HOURS, HOURS | {"opens": "18:00+08:00", "closes": "19:00"}]},
         r"office_hours.csv row 3, column opens: '18:00\+08:00': write a time without a zone, such as 09:00"),
        ({"office_hours": [HOURS, HOURS | {"opens": "16:00", "closes": "18:00"}]},
         r"office_hours.csv row 3, column opens: '16:00:00': lies within another session, which closes at 17:00:00; open then or later, or end"),
        ({"matter": [MATTER | {"statutory_value": "5", "statutory_unit": "workday", "promise_value": "7", "promise_unit": "workday"}]},
         r"column promise_value: '7': is above the statutory limit of 5 workday"),
        ({"matter": [MATTER, MATTER | {"name": "again"}]}, r"matter.csv row 3: X / 2026-01-01 stands twice, also in matter.csv row 2"),
        ({"calendar": [CALENDAR | {"based_on": "mars"}]}, r"column based_on: 'mars': is not defined"),
        ({"calendar": [CALENDAR | {"ordinary": "every_day"}]}, r"column ordinary: 'every_day': calendar 'cn', its base, has 'monday_friday'"),
        ({"calendar": [CALENDAR, CALENDAR | {"calendar": "town", "based_on": "county"}]}, r"is itself based on 'cn'; base it on that one"),
        ({"calendar_day": [DAY | {"day": "2029-01-01"}]}, r"calendar_day.csv row 2, column day: '2029-01-01': calendar 'cn' has days of 2027 and of later years and none of 2028; add"),
        ({"calendar_day": [DAY | {"day": "2028-12-31"}]},
         r"calendar_day.csv row 2, column day: '2028-12-31': calendar 'cn' lists its ordinary days too, and leaves out 2028-01-01 to 2028-12-30; add"),
        ({"calendar_day": [DAY | {"day": "2028-01-01"}, DAY | {"day": "2028-01-03"}]},
         r"calendar_day.csv row 3, column day: '2028-01-03': .* leaves out 2028-01-02; add"),
        ({"calendar": [OWN], "calendar_day": days("2026-01-05", 10, without="2026-01-08")},
         r"calendar_day.csv row 5, column day: '2026-01-09': calendar 'own' lists its ordinary days too, and leaves out 2026-01-08; add"),
        ({"calendar": [OWN | {"ordinary": "every_day"}], "calendar_day": days("2026-01-05", 10, without="2026-01-11")},
         r"calendar_day.csv row 8, column day: '2026-01-12': .* leaves out 2026-01-11; add"),
        ({"calendar_day": [DAY | {"day": "2026-01-01"}, DAY | {"day": "2026-01-01"}]}, r"cn / 2026-01-01 stands twice"),
        ({"calendar_day": [DAY | {"day": "2026-01-01", "calendar": "mars"}]}, r"row 2, column calendar: 'mars': is not defined; add it"),
        ({"office_hours": [HOURS | {"season_from": "06-01", "season_to": "09-30"}]}, r"office_hours.csv row 2, column season_to: '09-30': 'h' has no season on 01-01"),
        ({"office_hours": [HOURS | {"season_from": "05-01", "season_to": "09-30"}, HOURS | {"season_from": "09-30", "season_to": "04-30"}]},
         r"column season_from: '09-30': 09-30 lies in two seasons"),
        ({"office_hours": [HOURS | {"season_from": "13-01"}]}, r"column season_from: '13-01': write month and day"),
        ({"matter": [MATTER | {"statutory_value": "5", "statutory_unit": "fortnight"}]},
         r"matter.csv row 2, column statutory_unit: 'fortnight': must be one of workday"),
        ({"target": [TARGET, TARGET | {"target_id": "T91", "metric_id": "on_time"}]},
         r"target.csv row 3, column metric_id: 'on_time': target T91 has no such metric; add it to table metric, or did you mean 'on_time_rate'"),
        ({"metric": [METRIC], "target": [TARGET | {"metric_id": "queue_length"}]},
         r"target.csv row 2, column metric_id: 'queue_length': target T90 names a metric that is out of scope; name another"),
        ({"target": [TARGET | {"scope_type": "matter", "scope_code": "M999"}]},
         r"target.csv row 2, column scope_code: 'M999': is not defined; add it to table matter"),
        ({"target": [TARGET | {"comparator": ""}]}, r"target.csv row 2, column comparator: '': target T90 is not compared; write one of"),
        ({"target": [TARGET | {"comparator": "improves"}]}, r"target.csv row 2, column value: '0.9\d*': stands beside 'improves'"),
        ({"target": [TARGET | {"value": "4"}]}, r"target.csv row 2, column value: '4.0*': a rate lies between 0 and 1; write 0.9 for 90 %"),
        ({"target": [TARGET | {"value": "-0.1"}]}, r"target.csv row 2, column value: '-0.10*': a rate lies between 0 and 1"),
        ({"target": [TARGET | {"value": ""}]}, r"target.csv row 2, column value: '': on_time_rate is compared with nothing; give a value"),
        ({"target": [TARGET | {"scope_type": "city", "scope_code": "360200"}]},
         r"target.csv row 2, column scope_type: 'city': on_time_rate is computed by authority, unit, matter and area; .*; write 'authority'"),
        *(({"target": [TARGET | {"scope_type": kind}]}, rf"target.csv row 2, column scope_code: '': names no {kind}; write its code, or scope_type 'authority'")
          for kind in ("unit", "matter", "area")),
        *(({"target": [TARGET | {"metric_id": "matters_online_rate", "period_type": period}]},
           rf"target.csv row 2, column period_type: '{period}': matters_online_rate is read at the end of a month, quarter or year; write one")
          for period in ("day", "week")),
        ({"target": [TARGET | {"deadline": "2021-12-31"}]}, r"target.csv row 2, column deadline: '2021-12-31': lies before valid_from"),
        ({"target": [TARGET | {"deadline": "soon"}]}, r"target.csv row 2, column deadline: 'soon': write a day such as"),
        ({"code_map": [CODE | {"field": "data.xyzzy"}]}, r"column field: 'data.xyzzy': no event type has such a field; docs/data-dictionary.md"),
        ({"code_map": [CODE | {"field": "data.reslt"}]}, r"column field: 'data.reslt': no event type has such a field; did you mean 'data.result'"),
        ({"code_map": [CODE | {"event_type": "case.accepted", "field": "data.aplicant.kind"}]}, r"has no such field; did you mean 'data.applicant.kind'"),
        ({"code_map": [CODE | {"event_type": "case.rated"}]}, r"event type 'case.rated' has no such field; .*data.level"),
        ({"code_map": [CODE | {"source": "urn:nobody"}]}, r"column source: 'urn:nobody': is not defined; add it to table source"),
        ({"code_map": [CODE, CODE | {"valid_from": "2026-05-01"}]}, r"row 3, column valid_from: '2026-05-01': code '0' already has a value then"),
        ({"code_map": [CODE | {"valid_to": "2025-05-01"}]}, r"column valid_to: '2025-05-01': lies before valid_from"),
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_names_place_column_value_and_remedy(tables, said):
    faults = faults_with(tables)
    assert len(faults) == 1, faults
    assert re.search(said, faults[0]), faults


def test_everybody_else_works_by_the_default_that_names_nobody():
    """What `Rulebook.schedule_of` looks for: (default, ''); any other default left every reading without hours."""
    row = {"scope_type": "default", "scope_code": "*", "schedule": "cn"}
    faults = faults_with({"schedule_assignment": [row]}, replaces=True)
    assert [re.search(r"column scope_code|no row 'default'", fault)[0] for fault in faults] == [
        "column scope_code",
        "no row 'default'",
    ]
    assert faults_with({"schedule_assignment": [row | {"scope_code": ""}]}, replaces=True) == []


@pytest.mark.parametrize(
    "tables",
    [
        {"calendar": [CALENDAR], "calendar_day": [DAY | {"calendar": "county", "day": day} for day in ("2022-10-18", "2026-10-18")]},
        {"calendar_day": [DAY | {"day": "2028-01-01", "is_workday": "false"}]},
        {"calendar": [OWN], "calendar_day": days("2026-01-05", 10)},
        # exceptions alone: four days of a festival, a Saturday and a Sunday among them, and the Saturday that is worked instead
        {"calendar": [OWN], "calendar_day": [*({**day, "is_workday": "false"} for day in days("2026-10-02", 4)), DAY | {"calendar": "own", "day": "2026-10-10"}]},
        {"office_hours": [HOURS | {"season_from": "05-01", "season_to": "09-30"}, HOURS | {"season_from": "10-01", "season_to": "04-30"}]},
        {"clock_rule": [CLOCK | {"limit_field": "promise", "start": "case.accepted", "limit_value": "", "limit_unit": "workday"}]},
        {"alert_rule": [LEVEL | {"is_off": "true"}, LEVEL | {"level": "yellow", "share": "0.5", "minute_share": "0.4"}]},
        {"alert_rule": [LEVEL | {"left_workdays": "9"}, LEVEL | {"clock_id": "opening", "left_workdays": "1"}, LEVEL | {"clock_id": "step", "left_days": "99"}]},
        {"alert_rule": [PROMISE | scope for scope in ({"unit_code": "u1"}, {"matter_code": "M007"}, {"valid_from": "2027-01-01"}, {"level": "red", "is_off": "true"})]},
        {"alert_rule": [YELLOW | {"share": "0.5"}, LEVEL | {"share": "0.5"}, LEVEL | {"level": "escalation", "left_days": "9"}]},
        # what is over before the other begins, and what is off
        {"alert_rule": [YELLOW | {"share": "0.8"}, YELLOW | {"share": "0.4", "valid_from": "2027-01-01"}, LEVEL | {"share": "0.5", "valid_from": "2027-01-01"},
                        YELLOW | {"unit_code": "u1", "is_off": "true"}, LEVEL | {"unit_code": "u1", "share": "0.3"}]},
        {"clock_rule": [CLOCK | {"matter_code": "M001", "limit_value": "0", "limit_unit": "onspot"}]},
        {"metric": [METRIC], "target": [TARGET | {"metric_id": "queue_length", "class": "X"}]},
        {"target": [TARGET | {"metric_id": "connected_rate", "scope_type": "city", "scope_code": "360200", "period_type": "day"}, TARGET | {"period_type": "week"}]},
        {"clock_rule": [CORE, CORE | {"clock_id": "consent", "matter_code": "M007"}]},
        {"clock_rule": [CLOCK | {"start": "case.rated", "stop": "case.rating_rectified", "start_when": "level>=3"}]},
        {"clock_rule": [CLOCK | {"start": "case.accepted", "stop": "case.finished", "limit_field": "renews_until", "limit_value": "", "limit_unit": ""}]},
        {"alert_rule": [LEVEL | {"clock_id": "receipt", "counted_day": "4"}, LEVEL | {"clock_id": "step", "counted_day": "99"}]},
        {"matter": [MATTER | {"statutory_value": "20", "statutory_unit": "day", "extension_value": "0", "extension_unit": "day"}]},
        {"matter": [MATTER | {"extension_value": "10", "extension_unit": "day", "special_kinds": "hearing survey"}]},
        {"schedule_assignment": [{"scope_type": "authority", "scope_code": "jdz", "schedule": "cn"}]},
        {"code_map": [CODE | {"valid_to": "2026-04-30"}, CODE | {"valid_from": "2026-05-01", "value": "refused"}]},
        {"code_map": [CODE | {"event_type": "case.accepted", "field": "data.applicant.kind", "value": "company"}]},
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_sense_is_taken(tables):
    assert faults_with(tables) == []


UNIT = {"unit_code": "u1", "name": "局"}
OF_UNITS = {
    "alert_rule": [LEVEL | {"share": "0.5", "unit_code": "u2"}, LEVEL | {"share": "0.5", "unit_code": "u1"}],
    "schedule_assignment": [
        {"scope_type": "unit", "scope_code": "u3", "schedule": "cn"},
        {"scope_type": "area", "scope_code": "u4", "schedule": "cn"},
    ],
    "target": [TARGET | {"scope_type": "unit", "scope_code": "u5"}, TARGET],
}


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        (OF_UNITS, []),  # nobody said which units there are
        (OF_UNITS | {"unit": [UNIT]}, ["u2", "u3", "u5"]),
    ],
)
def test_a_unit_that_is_not_among_the_units_is_noted_and_taken(tables, named):
    shipped = {name: dict(rows) for name, rows in shipped_rows().items()}
    wanted = parse(tables)
    lines = lines_of(after(shipped, changes_of(shipped, wanted.rows)), wanted.places)
    check(lines)
    found = notes(lines, set(wanted.places.values()))
    assert [re.search(r"'(\w+)': is no unit of table unit; add it", note)[1] for note in found] == named
    assert notes(lines, []) == []  # of what was there before nothing is said again
    assert not found or found[0].startswith("alert_rule.csv row 2, column unit_code: 'u2': ")


def test_all_faults_are_told_at_once():
    found = faults_with({"matter": [MATTER | {"valid_from": "x"}, MATTER | {"promise_value": "-1"}], "calendar": [{}]})
    assert len(found) == 5


# ------------------------------------------------------------------ files


def workbook(path, sheets) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_a_workbook_with_a_sheet_a_table_says_what_csv_says(tmp_path):
    workbook(
        tmp_path / "all.xlsx",
        {
            "calendar_day": [
                ["calendar", "day", "is_workday", "status", None],
                ["cn", date(2026, 1, 1), False, "official"],
                [None, None],
                ["cn", "2026-01-02", "false", "official"],
            ],
            "office_hours": [["hours", "opens", "closes"], ["h", time(9), "17:00"]],
            "alert_rule": [["rule_id", "level", "valid_from", "share", "left_days"], ["r", "red", date(2026, 1, 1), 0.5, 2.0]],
            "empty": [],
        },
    )  # fmt: skip
    found = read_directory(tmp_path)
    assert list(found) == ["calendar_day", "office_hours", "alert_rule"]
    assert [row["day"] for row in found["calendar_day"]] == ["2026-01-01", "2026-01-02"]
    assert found["calendar_day"][0]["is_workday"] == "false"
    assert found["calendar_day"][1].place == "all.xlsx, sheet 'calendar_day' row 4"
    assert found["office_hours"][0]["opens"] == "09:00:00"
    assert (found["alert_rule"][0]["share"], found["alert_rule"][0]["left_days"]) == ("0.5", "2")
    assert read_directory(tmp_path / "all.xlsx") == found


def test_lines_are_counted_as_the_file_has_them(tmp_path):
    told = 'unit_code,name\nu1,"two\nlines"\n\nu2,a\u2028b\n'
    (tmp_path / "unit.csv").write_text(told, encoding="utf-8")
    rows = read_directory(tmp_path)["unit"]
    assert [(row.place, row["name"]) for row in rows] == [
        ("unit.csv row 2", "two\nlines"),
        ("unit.csv row 5", "a\u2028b"),
    ]


SAID_BY_THE_LAW = {"matter_code": "X", "valid_from": "2026-01-01", "statutory_value": "5", "statutory_unit": "workday"}


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("clock_rule", CLOCK | {"start": "case.recieved"}, r"column start: 'case.recieved': .*did you mean"),
        ("code_map", CODE | {"valid_from": "2026-05-01"}, r"column valid_from: '2026-05-01': code '0' already has .*; end that"),
        ("clock_rule", CLOCK | {"limit_unit": "fortnight"}, r"column limit_unit: 'fortnight': must be one of"),
        ("matter", SAID_BY_THE_LAW | {"promise_value": "7", "promise_unit": "workday"}, r"column promise_value: '7': .*; promise no more"),
        ("calendar_day", DAY | {"day": "2029-01-01"}, r"column day: '2029-01-01': .*none of 2028; add"),
        ("calendar_day", DAY | {"day": "2028-12-31"}, r"column day: '2028-12-31': .*leaves out 2028-01-01 to 2028-12-30; add"),
        ("calendar_day", DAY | {"day": "2026-01-01"}, r": cn / 2026-01-01 stands twice, also in .*; keep one"),
        ("alert_rule", LEVEL | {"share": "0"}, r"column share: '0': must be a share such as"),
        ("alert_rule", LEVEL | {"share": "4"}, r"column share: '4': must be a share such as"),
        ("target", TARGET | {"metric_id": "on_time"}, r"column metric_id: 'on_time': target T90 has no such metric; add it"),
        ("authority", {"authority": "x", "ledger_closing": "nobody"}, r"column ledger_closing: 'nobody': must be one of verified, anyone"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_refused_is_named_by_file_and_line(tmp_path, form, table, row, said):
    """The faulty row stands on line 4, below a good one and an empty one; what is good is refused with it."""
    good = {
        "clock_rule": CLOCK | {"clock_id": "good"},
        "code_map": CODE,
        "matter": MATTER | {"matter_code": "GOOD"},
        "calendar_day": DAY | {"day": "2026-01-01"},
        "alert_rule": LEVEL | {"level": "yellow", "share": "0.5"},
        "target": TARGET | {"target_id": "T89"},
        "authority": {"authority": "good", "ledger_closing": "anyone"},
    }[table]
    columns = list(good | row)
    lines = [columns, [good.get(name, "") for name in columns], [], [row.get(name, "") for name in columns]]
    if form == "csv":
        (tmp_path / f"{table}.csv").write_text("".join(",".join(cells) + "\n" for cells in lines), encoding="utf-8")
    else:
        workbook(tmp_path / "all.xlsx", {table: lines})
    place = f"{table}.csv row 4" if form == "csv" else f"all.xlsx, sheet '{table}' row 4"
    [fault] = faults_with(read_directory(tmp_path))
    assert re.match(re.escape(place) + ".*" + said, fault), fault


def test_a_workbook_may_be_one_table_beside_csv_files(tmp_path):
    workbook(tmp_path / "unit.xlsx", {"Sheet1": [["unit_code", "name"], ["u1", "x"]]})
    (tmp_path / "source.csv").write_text("source,authority\nurn:a,jdz\n", encoding="utf-8-sig")
    assert {name: len(rows) for name, rows in read_directory(tmp_path).items()} == {"source": 1, "unit": 1}


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda at: workbook(at / "all.xlsx", {"mater": [["x"], ["y"]]}), r"all.xlsx, sheet 'mater': .*did you mean 'matter'"),
        (lambda at: (at / "calender.csv").write_text("calendar\ncn\n"), r"calender.csv: .*did you mean 'calendar'"),
        (lambda at: (at / "unit.csv").write_bytes("unit_code,name\nu,局\n".encode("gbk")), r"unit.csv row 2: byte 0xbe is not UTF-8; save the file"),
        (lambda at: (at / "unit.xlsx").write_bytes(b"no zip"), r"unit.xlsx: is no workbook"),
        (lambda at: (at / "unit.csv").write_text("unit_code,name\nu,x,y\n"), r"unit.csv row 2: 'y' stands beside the last column 'name'"),
        (lambda at: (at / "unit.csv").write_text('unit_code,name\n\nu,"x\nv,y\nw,z\n'), r"unit.csv row 3: unexpected end of data; close the quotation marks"),
        (lambda at: (at / "unit.csv").write_text('unit_code,name\nu,"x\nv,"y"\n'), r"unit.csv row 2: ',' expected after '\"'; close the quotation marks"),
        (lambda at: (at / "unit.csv").write_text('unit_code,name\nu,"x\n' + 20_000 * "v,yyyyy\n"), r"unit.csv row 2: field larger than field limit"),
        (lambda at: (at / "unit.csv").write_text("unit_code,name,name\nu,x,y\n"), r"unit.csv row 1: column 'name' stands twice; keep one"),
        (lambda at: workbook(at / "all.xlsx", {"unit": [[], ["unit_code", "name", "name "], ["u", "x", "y"]]}),
         r"all.xlsx, sheet 'unit' row 2: column 'name' stands twice"),
        (lambda at: [(at / "unit.csv").write_text("unit_code\nu\n"), workbook(at / "unit.xlsx", {"unit": [["unit_code"], ["u"]]})],
         r"unit.xlsx, sheet 'unit': table 'unit' is given twice"),
        (lambda at: (at / "readme.txt").write_text("hello"), r"no table of reference data here"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_named(tmp_path, write, said):
    write(tmp_path)
    with pytest.raises(InvalidRows, match=said):
        read_directory(tmp_path)
