-- One row per authority, family it tells (catalogue, ledger, payout), kind of period and period: the day at which a
-- standing figure is read, and its end.
with visible as (
    select * from {{ ref('int_family_visible') }} where family in ('catalogue', 'ledger', 'payout')
),

authorities as (
    select distinct authority, null::text as unit_code, null::text as matter_code, null::text as area_code from visible
),

placed as (
    {{ scheduled('authorities') }}
),

told as (
    select
        v.authority, v.family, p.zone, p.calendar_version,
        min(coalesce((v.data ->> 'valid_from')::date, {{ local_date('v.event_at', 'p.zone') }})) as first_day,
        max(v.as_of) as as_of
    from visible as v
    inner join placed as p using (authority)
    group by v.authority, v.family, p.zone, p.calendar_version
),

ended as (
    select *, {{ local_date('as_of', 'zone') }} as last_day from told
),

read as (
    select
        e.authority, e.family, e.zone, e.calendar_version, e.as_of, p.period_type, d.start::date as period_start,
        least((d.start + p.length - interval '1 day')::date, e.last_day) as read_on
    from ended as e
    cross join (values
        ('month', interval '1 month'), ('quarter', interval '3 months'), ('year', interval '1 year')
    ) as p (period_type, length)
    cross join lateral generate_series(date_trunc(p.period_type, e.first_day), e.last_day, p.length) as d (start)
    where e.first_day <= e.last_day
)

select *, {{ midnight_after('read_on', 'zone') }} as read_at from read
