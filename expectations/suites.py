"""What is expected of the data, table by table: before dbt on what was landed, after it on what would be published.

Critical failures stop publishing; warnings are shown and recorded. Imports Great Expectations (seconds): a job's matter.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import great_expectations.expectations as gxe


class Table(NamedTuple):
    """A table and what is expected of it."""

    schema: str
    name: str
    expectations: tuple[Any, ...]


def rows(description: str, query: str, *, severity: str = "critical") -> Any:
    """No row may come out of the query; `{batch}` is the table, which Great Expectations calls `subselect`."""
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, description=description, severity=severity)


def never_null(column: str) -> Any:
    return gxe.ExpectColumnValuesToNotBeNull(column=column, severity="critical")


def one_of(column: str, values: list[str]) -> Any:
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values, severity="critical")


def before() -> tuple[Table, ...]:
    """Raw: nothing lost on the way in, and nothing that the contract does not know."""
    return (
        Table(
            "raw",
            "event",
            (
                never_null("arrived_at"),
                one_of("verdict", ["pending", "accepted", "duplicate", "conflict", "dead_lettered"]),
                rows(
                    "每条有效事件都有主体、来源、标识和时间 · every event has subject, source, id and time",
                    """select * from {batch} where verdict <> 'dead_lettered'
                       and (subject_key is null or source is null or id is null or event_at is null or body_hash is null)""",
                ),
                rows(
                    "事件类型都在契约中 · every event type is in the contract",
                    """select * from {batch} where verdict <> 'dead_lettered'
                       and not exists (select from reference.event_type as t where t.type = subselect.type)""",
                ),
                rows(
                    "死信不超过百分之五 · at most five in a hundred are dead letters",
                    """select count(*) from {batch} having count(*) filter (where verdict = 'dead_lettered') > 0.05 * count(*)""",
                    severity="warning",
                ),
                rows(
                    "同一标识内容冲突不超过百分之一 · at most one in a hundred conflicts with an earlier body",
                    """select count(*) from {batch} having count(*) filter (where verdict = 'conflict') > 0.01 * count(*)""",
                    severity="warning",
                ),
                rows(
                    "目录、治理与活动事件的代码都在清单内 · every code of a catalogue, governance or activity event is on its list",
                    """select * from {batch} where family in ('catalogue', 'governance', 'activity') and verdict = 'accepted'
                       and not is_superseded and data::text like '%": "unmapped"%'""",
                    severity="warning",
                ),
                rows(
                    "判定不晚于十分钟 · a verdict takes at most ten minutes",
                    """select * from {batch} where verdict = 'pending' and arrived_at < now() - interval '10 minutes'""",
                    severity="warning",
                ),
            ),
        ),
        Table(
            "raw",
            "position",
            (
                rows(
                    "落地无遗漏 · every offset of every partition was landed once",
                    """with landed as (
                           select topic, partition, "offset" from raw.event
                           union all select topic, partition, "offset" from raw.mark
                           union all select topic, partition, "offset" from raw.rejection
                       )
                       select topic, partition from {batch}
                       left join landed as l using (topic, partition)
                       where l."offset" is null or l."offset" < next_offset
                       group by topic, partition, next_offset
                       having count(l."offset") <> next_offset""",
                ),
            ),
        ),
        Table(
            "reference",
            "calendar_day",
            (
                one_of("status", ["official", "provisional"]),
                rows(
                    "今后六十天的日历已有正式通知 · the next sixty days have an official notice",
                    """select d from generate_series(current_date, current_date + 60, interval '1 day') as d
                       where extract(year from d) not in
                           (select extract(year from day) from {batch} where calendar = 'cn' and status = 'official')""",
                    severity="warning",
                ),
            ),
        ),
    )


def after() -> tuple[Table, ...]:
    """Candidates: what would be published agrees with itself."""
    return (
        Table(
            "candidate",
            "candidate_cases",
            (
                never_null("case_key"),
                gxe.ExpectColumnValuesToBeUnique(column="case_key", severity="critical"),
                rows(
                    "切面之前的办件一件不少 · every case landed before the cut is there",
                    """select s.case_key from intermediate.int_cases_known as s
                       where not exists (select from {batch} where subselect.case_key = s.case_key)""",
                ),
                rows(
                    "已用工作日不多于经过工作日 · no more used than passed",
                    "select * from {batch} where used_workdays > gross_workdays or paused_workdays > gross_workdays",
                ),
                rows(
                    "到期不早于受理 · computed due dates are not before acceptance",
                    """select * from {batch} where promise_unit is not null and promise_due_on < (accepted_at at time zone zone)::date""",
                ),
                rows(
                    "办结率分母一致 · judged cases are finished, in statistics and promised",
                    """select * from {batch} where is_on_time is not null
                       and (stopped_at is null or exclusion_reason is not null)""",
                ),
                rows(
                    "压缩率不大于一 · no compression above one",
                    "select * from {batch} where promise_compression > 1 or actual_compression > 1",
                ),
                rows(
                    "承诺不长于法定 · no promise longer than the limit",
                    "select * from {batch} where promise_workdays > statutory_workdays",
                    severity="warning",
                ),
                rows(
                    "办结早于受理 · no case ends before it starts",
                    "select * from {batch} where wall_seconds < 0",
                    severity="warning",
                ),
            ),
        ),
        Table(
            "candidate",
            "candidate_signals",
            (
                gxe.ExpectColumnValuesToBeUnique(column="signal_key", severity="critical"),
                one_of("rule_id", ["AR-01", "AR-02", "AR-03", "AR-04"]),
                rows("信号起于止之前 · a signal begins before it ends", "select * from {batch} where until <= since"),
                rows(
                    "超承诺办件都有红牌且只有红牌办件超承诺 · red signals and broken promises are the same cases",
                    """select coalesce(c.case_key, s.subject_key)
                       from (
                           select case_key from candidate.candidate_cases
                           where is_overdue and promise_due_at < coalesce(stopped_at, as_of)
                       ) as c
                       full join (select subject_key from {batch} where rule_id = 'AR-03' and due_at < coalesce(until, as_of)) as s
                           on s.subject_key = c.case_key
                       where c.case_key is null or s.subject_key is null""",
                    severity="warning",
                ),
            ),
        ),
        Table(
            "candidate",
            "candidate_metrics",
            (
                rows(
                    "比率在零与一之间 · rates lie between zero and one",
                    """select * from {batch} where (value < 0 or value > 1)
                       and metric_id in (select metric_id from reference.metric where is_rate)""",
                ),
                rows(
                    "区间包含比率 · intervals hold their rate",
                    "select * from {batch} where interval_low > value + 0.000001 or interval_high < value - 0.000001",
                ),
                rows(
                    "平台计算的指标都有公式 · every metric that is computed has its formula",
                    """select distinct metric_id from {batch} where metric_id not in (
                           select metric_id from reference.metric
                           where until_version is null and computed in ('live', 'warehouse') and formula <> '')""",
                ),
                rows(
                    "补录率不高于两成 · at most one case in five was entered afterwards",
                    """select * from {batch} where metric_id = 'backfilled_rate' and period_type = 'month'
                       and scope_type = 'unit' and denominator >= 30 and value > 0.2""",
                    severity="warning",
                ),
                rows(
                    "临期撤回不多于一成 · at most one case in ten is withdrawn near its due date",
                    """select * from {batch} where metric_id = 'withdrawn_near_due_rate' and period_type = 'month'
                       and scope_type = 'unit' and denominator >= 30 and value > 0.1""",
                    severity="warning",
                ),
            ),
        ),
        Table(
            "candidate",
            "candidate_source_accounts",
            (
                rows(
                    "每条收到的记录恰有一个结果 · every record that was received has become exactly one thing",
                    """select * from {batch}
                       where received <> accepted + duplicate + conflict + rejected + dead_lettered + pending""",
                ),
                rows(
                    "账目与日志逐条相符 · the accounts hold every record of the log before the cut, marks and replays excepted",
                    """with cut as (
                           select topic, partition, max("offset") as "offset" from ops.cut
                           where run_id = (select run_id from ops.run where kind = 'warehouse_build'
                                           order by started_at desc limit 1)
                           group by topic, partition
                       ),
                       marks as (
                           select count(*) as records from raw.mark as m inner join cut as c using (topic, partition)
                           where m."offset" < c."offset"
                       ),
                       replays as (
                           select count(*) as records from raw.event as e inner join cut as c using (topic, partition)
                           where e."offset" < c."offset" and e.replay_of is not null
                       ),
                       logged as (
                           select coalesce(sum("offset"), 0) - (select records from marks) - (select records from replays) as records
                           from cut
                       ),
                       told as (select coalesce(sum(received), 0) as records from {batch})
                       select told.records, logged.records from told cross join logged
                       where told.records <> logged.records""",
                ),
            ),
        ),
        Table(
            "candidate",
            "candidate_targets",
            (
                one_of("state_now", ["met", "at_risk", "missed", "no_data", "by_hand"]),
                rows(
                    "每个生效的目标都在看板上 · every target in force, but those of class X, stands on the scoreboard",
                    """select t.target_id from reference.target as t
                       where t.until_version is null and t.class <> 'X'
                       and t.valid_from < (select max(day) from {batch}
                                           where t.scope_type <> 'authority' or t.scope_code in ('', authority))
                       and not exists (select from {batch} where subselect.target_id = t.target_id)""",
                ),
                rows(
                    "达成的目标达到了目标值 · what is met keeps its value",
                    """select * from {batch} where state_now = 'met'
                       and (value_now is null or (comparator = '>=' and value_now < target_value)
                            or (comparator = '<=' and value_now > target_value))""",
                ),
            ),
        ),
    )


GATES: dict[str, Callable[[], tuple[Table, ...]]] = {"before": before, "after": after}
