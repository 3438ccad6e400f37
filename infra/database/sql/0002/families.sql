-- Clocks and alert rules become data; every run of a clock is kept beside its subject; measures count by day.
alter table reference.clock_rule
    add column matter_code text collate "C" not null default '',   -- '' : every matter
    add column valid_from date not null default date '1990-01-01', -- for runs that start from this local day on
    add column each text not null default '',                      -- field that tells parallel runs apart
    add column start text not null default '',                     -- event types, blank-separated
    add column start_when text not null default '',                -- field=value or field>=number
    add column restart text not null default '',
    add column stop text not null default '',
    add column void text not null default '',
    add column pauses text not null default '',                    -- special | idle | ''
    add column limit_field text not null default '',               -- of the starting statement; else the row's own limit
    add column limit_value int,
    add column limit_unit text,
    add column is_wall_time boolean not null default false,
    add column is_main boolean not null default false,             -- the subject as a whole is judged by it
    drop constraint clock_rule_pkey,
    add primary key (clock_id, matter_code, valid_from, since_version);
comment on table reference.clock_rule is 'One row per clock, matter and day from which it holds: what starts, stops and limits it. 计时规则';

alter table reference.alert_rule
    add column unit_code text collate "C" not null default '',
    add column matter_code text collate "C" not null default '',
    add column authority text collate "C" not null default '',
    add column valid_from date not null default date '1990-01-01', -- for clocks that start from this local day on
    add column counted_day int,                                    -- begins at the opening of this counted day
    add column left_days int,                                      -- … with so many days left
    add column left_minutes int,                                   -- … with so many office minutes left
    add column least_cases int,                                    -- AR-17, AR-19: fewer say nothing
    add column least_minutes int,                                  -- AR-18: office minutes of silence
    add column is_breach boolean not null default false,           -- … when the limit runs out
    add column is_off boolean not null default false,              -- not for this scope
    drop constraint alert_rule_pkey,
    add primary key (rule_id, clock_id, level, unit_code, matter_code, authority, valid_from, since_version);
comment on table reference.alert_rule is 'One row per level of a rule, scope and day from which it holds; the closest scope counts. 预警规则';

alter table reference.matter
    add column clock_start text not null default 'accept',         -- receive: the law counts from 收到申请之日
    add column has_fee boolean,                                    -- null: the guide does not say
    add column special_kinds text not null default '';             -- special procedures it has, blank-separated; '' : any

alter table stream.subject add column clocks jsonb not null default '[]';

create view stream.clocks as
select
    s.family, s.partition, s.subject_key, s.authority, s.unit_code, s.matter_code, s.area_code,
    c.clock_id, c.start_key, c.started_at, c.stopped_at, c.due_at, c.due_on, c.used_workdays, c.is_on_time, c.is_broken, s.as_of
from stream.subject as s
cross join lateral jsonb_to_recordset(s.clocks) as c (
    clock_id text, start_key text, started_at timestamptz, stopped_at timestamptz, due_at timestamptz, due_on date,
    used_workdays int, is_on_time boolean, is_broken boolean
);
comment on view stream.clocks is 'One row per run of a clock other than promise and statutory of a case. 计时';

drop view stream.measures;
alter table stream.measure rename column month to day;
alter table stream.measure
    add column clock_id text collate "C" not null default '',      -- '' : the subject itself
    drop constraint measure_pkey,
    add primary key (family, partition, authority, unit_code, matter_code, area_code, cohort, day, clock_id);
comment on column stream.measure.day is 'local day of the start or of the stop';

-- One list of columns for both views: cells by day and by month.
do $do$
declare
    counted record;
begin
    for counted in select * from (values
        ('daily_measures', 'day', 'day', 'day: the partitions summed, with both compressions. 度量日汇总'),
        ('measures', 'month', 'date_trunc(''month'', day)::date', 'month: the partitions summed, with both compressions. 度量月汇总')
    ) as v (name, period, period_of_day, told)
    loop
        execute format($view$
            create view stream.%1$I as
            select
                family, authority, unit_code, matter_code, area_code, cohort, %3$s as %2$I, clock_id,
                sum(cases) as cases, sum(open) as open, sum(open_overdue) as open_overdue, sum(excluded) as excluded,
                sum(judged) as judged, sum(on_time) as on_time, sum(overdue) as overdue, sum(past_statutory) as past_statutory,
                sum(measured) as measured, sum(sum_used) as sum_used,
                sum(with_limit) as with_limit, sum(sum_limit) as sum_limit, sum(sum_limit_used) as sum_limit_used,
                sum(with_promise) as with_promise, sum(sum_promise_limit) as sum_promise_limit, sum(sum_promise) as sum_promise,
                case when sum(sum_limit) > 0
                    then round((sum(sum_limit) - sum(sum_limit_used)) / sum(sum_limit), 6) end as actual_compression,
                case when sum(sum_promise_limit) > 0
                    then round((sum(sum_promise_limit) - sum(sum_promise)) / sum(sum_promise_limit), 6) end as promise_compression,
                array[
                    sum(used_0), sum(used_1), sum(used_2), sum(used_3), sum(used_4), sum(used_5), sum(used_7), sum(used_10),
                    sum(used_15), sum(used_20), sum(used_30), sum(used_45), sum(used_60), sum(used_90), sum(used_120),
                    sum(used_more)
                ]::bigint[] as used_histogram
            from stream.measure
            group by 1, 2, 3, 4, 5, 6, 7, 8
            having sum(cases) <> 0
        $view$, counted.name, counted.period, counted.period_of_day);
        execute format('comment on view stream.%I is %L', counted.name, 'One row per cell and ' || counted.told);
    end loop;
end
$do$;

-- Of derived events (bundle.child_changed): by which clock, and when by it, they were told.
alter table stream.outbox
    add column clock text collate "C",
    add column as_of timestamptz;
create index outbox_derived on stream.outbox (topic, clock, as_of) where as_of is not null;

grant select on stream.clocks, stream.measures, stream.daily_measures to govpulse_analyst;
