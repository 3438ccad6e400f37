-- One row per authority, kind of period and period with figures: its registered sources that told nothing in it.
with periods as (
    select distinct authority, period_type, period_start from {{ ref('int_metric_figures') }}
),

registered as (
    select authority, source from {{ ref('stg_sources') }}
),

authorities as (
    select distinct authority, null::text as unit_code, null::text as matter_code, null::text as area_code from periods
),

placed as (
    {{ scheduled('authorities') }}
),

days as (
    select distinct s.source, s.authority, {{ local_date('s.event_at', 'p.zone') }} as day
    from {{ ref('int_family_statements') }} as s
    inner join placed as p using (authority)
    where s.family <> 'source' and not {{ is_derived('s.event_type') }}
),

told as (
    select distinct d.source, d.authority, p.period_type, date_trunc(p.period_type, d.day)::date as period_start
    from days as d
    cross join (values ('day'), ('week'), ('month'), ('quarter'), ('year')) as p (period_type)
)

select
    p.authority, p.period_type, p.period_start,
    array_agg(r.source order by r.source) as sources_missing
from periods as p
inner join registered as r using (authority)
left join told as t
    on t.authority = p.authority and t.source = r.source and t.period_type = p.period_type and t.period_start = p.period_start
where t.source is null
group by p.authority, p.period_type, p.period_start
