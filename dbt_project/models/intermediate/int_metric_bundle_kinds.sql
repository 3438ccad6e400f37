-- One row per figure of kinds of bundle, scope and period: of how many one was ever completed
-- online by the period's end (domain T23).
with completed as (
    select
        authority, unit_code, area_code, matter_code, calendar_version, as_of, is_online,
        -- of what an authority never tells, nothing follows from silence
        bool_or(is_online is not null) over (partition by authority) as is_told,
        {{ local_date('completed_at', 'zone') }} as completed_on,
        {{ local_date('as_of', 'zone') }} as last_day
    from {{ ref('int_bundles') }}
    -- 一件事 by their codes, and 企业开办
    where completed_at is not null and (kind = 'company_opening' or (kind = 'one_thing' and matter_code <> kind))
),

begun as (
    select
        c.authority, s.scope_type, s.scope_code, c.matter_code,
        min(c.completed_on) as begun_on,
        min(c.completed_on) filter (where c.is_online) as online_on,
        max(c.last_day) as last_day,
        min(c.calendar_version) as calendar_version,
        max(c.as_of) as as_of
    from completed as c
    cross join lateral (values
        ('authority', c.authority), ('unit', c.unit_code), ('area', c.area_code)
    ) as s (scope_type, scope_code)
    where c.is_told and s.scope_code is not null
    group by c.authority, s.scope_type, s.scope_code, c.matter_code
),

summed as (
    select
        b.authority, b.scope_type, b.scope_code, p.period_type, d.start::date as period_start, 'standing' as cohort,
        count(*) filter (where b.online_on < d.start + p.length) as kinds,
        min(b.calendar_version) as calendar_version,
        max(b.as_of) as as_of
    from begun as b
    cross join (values
        ('month', interval '1 month'), ('quarter', interval '3 months'), ('year', interval '1 year')
    ) as p (period_type, length)
    cross join lateral generate_series(date_trunc(p.period_type, b.begun_on), b.last_day, p.length) as d (start)
    group by b.authority, b.scope_type, b.scope_code, p.period_type, d.start
)

{{ figures('summed', [('bundle_kinds', 'standing', 's.kinds', 'null')]) }}
