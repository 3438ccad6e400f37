-- What the simulator says is true, beside what the platform says; made from lines of truth.jsonl and cells.jsonl.
create table witness.subject as
select
    line ->> 'family' collate "C" as family, line ->> 'subject_key' collate "C" as subject_key,
    coalesce(line ->> 'accepted_at', line ->> 'started_at')::timestamptz as started_at,
    (line ->> 'stopped_at')::timestamptz as stopped_at,
    coalesce((line ->> 'promise_due_on')::date, ((line ->> 'promise_due_at')::timestamptz at time zone 'Asia/Shanghai')::date)
        as due_on,
    coalesce(
        (line ->> 'promise_due_at')::timestamptz, ((line ->> 'promise_due_on')::date + 1)::timestamp at time zone 'Asia/Shanghai'
    ) as due_at,
    (line ->> 'used_workdays')::int as used_workdays,
    (line ->> 'is_on_time')::boolean as is_on_time,
    (line ->> 'statutory_due_on')::date as statutory_due_on,
    coalesce((line ->> 'is_past_statutory')::boolean, false) as is_past_statutory,
    line ->> 'unit_code' collate "C" as unit_code, line ->> 'matter_code' collate "C" as matter_code,
    line ->> 'area_code' collate "C" as area_code, line ->> 'result' collate "C" as result,
    array(select jsonb_array_elements_text(line -> 'findings') as code order by code) as findings,
    coalesce((line ->> 'is_deleted')::boolean, false) as is_deleted
from witness.truth;

create table witness.clock as
select
    t.line ->> 'family' collate "C" as family, t.line ->> 'subject_key' collate "C" as subject_key,
    c.clock_id collate "C" as clock_id, c.start_key collate "C" as start_key,
    c.started_at, c.stopped_at, c.due_at, c.due_on, c.used_workdays, c.is_broken
from witness.truth as t
cross join lateral jsonb_to_recordset(t.line -> 'clocks') as c (
    clock_id text, start_key text, started_at timestamptz, stopped_at timestamptz, due_at timestamptz, due_on date,
    used_workdays int, is_broken boolean
);

create table witness.signal as
select
    t.line ->> 'family' collate "C" as family, t.line ->> 'subject_key' collate "C" as subject_key,
    s.signal_key collate "C" as signal_key, s.rule_id collate "C" as rule_id, s.level collate "C" as level,
    s.clock_id collate "C" as clock_id, s.since, s.until, s.due_at
from witness.truth as t
cross join lateral jsonb_to_recordset(t.line -> 'signals') as s (
    signal_key text, rule_id text, level text, clock_id text, since timestamptz, until timestamptz, due_at timestamptz
);

create table witness.span as
select
    t.line ->> 'subject_key' collate "C" as subject_key, s.clock_id collate "C" as clock_id,
    row_number() over (partition by t.line ->> 'subject_key', s.clock_id order by s.started_at)::int as span_no,
    s.kind collate "C" as kind, s.started_at, s.ended_at, s.workdays
from witness.truth as t
cross join lateral jsonb_to_recordset(t.line -> 'spans') as s (
    clock_id text, kind text, started_at timestamptz, ended_at timestamptz, workdays int
);

create table witness.daily as
select
    c.family collate "C" as family, c.unit_code collate "C" as unit_code, c.matter_code collate "C" as matter_code,
    c.area_code collate "C" as area_code, c.cohort collate "C" as cohort, c.day, c.clock_id collate "C" as clock_id,
    coalesce(c.cases, 0) as cases, coalesce(c.open, 0) as open, coalesce(c.open_overdue, 0) as open_overdue,
    coalesce(c.excluded, 0) as excluded, coalesce(c.judged, 0) as judged, coalesce(c.on_time, 0) as on_time,
    coalesce(c.overdue, 0) as overdue, coalesce(c.past_statutory, 0) as past_statutory,
    coalesce(c.measured, 0) as measured, coalesce(c.sum_used, 0) as sum_used,
    coalesce(c.with_limit, 0) as with_limit, coalesce(c.sum_limit, 0) / 1000000 as sum_limit,
    coalesce(c.sum_limit_used, 0) as sum_limit_used, coalesce(c.with_promise, 0) as with_promise,
    coalesce(c.sum_promise_limit, 0) / 1000000 as sum_promise_limit, coalesce(c.sum_promise, 0) / 1000000 as sum_promise,
    array[
        coalesce(c.used_0, 0), coalesce(c.used_1, 0), coalesce(c.used_2, 0), coalesce(c.used_3, 0), coalesce(c.used_4, 0),
        coalesce(c.used_5, 0), coalesce(c.used_7, 0), coalesce(c.used_10, 0), coalesce(c.used_15, 0),
        coalesce(c.used_20, 0), coalesce(c.used_30, 0), coalesce(c.used_45, 0), coalesce(c.used_60, 0),
        coalesce(c.used_90, 0), coalesce(c.used_120, 0), coalesce(c.used_more, 0)
    ]::bigint[] as used_histogram
from witness.cell as l
cross join lateral jsonb_to_record(l.line) as c (
    family text, unit_code text, matter_code text, area_code text, cohort text, day date, clock_id text,
    cases numeric, open numeric, open_overdue numeric, excluded numeric, judged numeric, on_time numeric, overdue numeric,
    past_statutory numeric, measured numeric, sum_used numeric, with_limit numeric, sum_limit numeric,
    sum_limit_used numeric, with_promise numeric, sum_promise_limit numeric, sum_promise numeric,
    used_0 bigint, used_1 bigint, used_2 bigint, used_3 bigint, used_4 bigint, used_5 bigint, used_7 bigint,
    used_10 bigint, used_15 bigint, used_20 bigint, used_30 bigint, used_45 bigint, used_60 bigint, used_90 bigint,
    used_120 bigint, used_more bigint
);

drop table witness.truth, witness.cell;
analyze witness.subject, witness.clock, witness.signal, witness.span, witness.daily;
