"""A faulty load is refused whole, and every fault names file, row, column, value and remedy."""

import re

import pytest

from infra.reference_data.changes import after, changes_of
from infra.reference_data.checks import check
from infra.reference_data.lines import lines_of
from infra.reference_data.notes import notes
from infra.reference_data.rows import parse
from tests.infra.reference_rows import (
    CALENDAR,
    CLOCK,
    CODE,
    CORE,
    DAY,
    HOURS,
    LEVEL,
    MATTER,
    METRIC,
    OWN,
    PROMISE,
    TARGET,
    YELLOW,
    days,
    faults_with,
    shipped_rows,
)


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
        *(({"target": [TARGET | {"period_type": period, "deadline": deadline}]},
           rf"target.csv row 2, column deadline: '{deadline}': is judged by the {period} that ends on {last}; write this day, or period_type {shorter}$")
          for period, deadline, last, shorter in (
              ("week", "2026-12-31", "2027-01-03", "day"), ("month", "2024-02-28", "2024-02-29", "day"), ("month", "2026-08-30", "2026-08-31", "week"),
              ("quarter", "2026-08-31", "2026-09-30", "month"), ("year", "2026-09-30", "2026-12-31", "quarter"))),
        ({"target": [TARGET | {"metric_id": "matters_online_rate", "deadline": "2026-08-15"}]},
         r"target.csv row 2, column deadline: '2026-08-15': is judged by the month that ends on 2026-08-31; write this day$"),
        ({"target": [TARGET | {"comparator": "improves", "value": "", "period_type": "week"}]},
         r"target.csv row 2, column period_type: 'week': a Monday is no Monday a year before, .*; write month, quarter or year"),
        *(({"target": [TARGET | {"metric_id": "milestones", "scope_type": kind, "scope_code": scope}]},
           rf"target.csv row 2, column scope_type: '{kind}': milestones is entered by hand, once for the city as a whole; write 'city'")
          for kind, scope in (("authority", ""), ("authority", "jdz"), ("unit", ""), ("unit", "u1"), ("matter", "M007"), ("area", "360281"))),
        ({"target": [TARGET | {"value": "999999999999.9999999"}]},
         r"target.csv row 2, column value: '9+.9+': must be a number below a million million"),
        ({"target": [TARGET | {"deadline": "9999-12-31"}]}, r"target.csv row 2, column deadline: '9999-12-31': must lie between"),
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
        *({"target": [TARGET | {"period_type": period, "deadline": deadline}]}
          for period, deadline in (
              ("day", "2026-08-15"), ("week", "2026-11-29"), ("month", "2024-02-29"), ("quarter", "2026-06-30"), ("year", "2026-12-31"))),
        {"target": [TARGET | {"metric_id": "milestones", "scope_type": "city", "value": "999999999999.999999", "deadline": "2026-08-15"}]},
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
