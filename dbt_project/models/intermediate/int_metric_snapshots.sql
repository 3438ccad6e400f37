-- One row per figure of snapshots, authority and period: days with a cut, of all days since the first.
with cuts as (
    select * from {{ ref('stg_snapshots') }}
),

authorities as (
    select authority, null::text as unit_code, null::text as matter_code, null::text as area_code
    from {{ ref('stg_authorities') }}
    where clock = 'wall'
),

placed as (
    {{ scheduled('authorities') }}
),

-- one zone for the whole platform: that of each authority's own days
taken as (
    select distinct p.authority, {{ local_date('c.as_of', 'p.zone') }} as day
    from placed as p
    cross join cuts as c
),

spanned as (
    select authority, min(day) as first_day, max(day) as last_day from taken group by authority
),

dated as (
    select
        p.authority, p.unit_code, p.matter_code, p.area_code, 'told' as cohort, d.day::date as counted_on,
        t.day is not null as has_snapshot, p.calendar_version, c.as_of
    from placed as p
    inner join spanned as s using (authority)
    cross join lateral generate_series(s.first_day, s.last_day, interval '1 day') as d (day)
    left join taken as t on t.authority = p.authority and t.day = d.day::date
    cross join (select max(as_of) as as_of from cuts) as c
),

{{ summed('dated', {
    'days': "count(*)",
    'with_snapshot': "count(*) filter (where has_snapshot)",
}) }}

{{ figures('summed', [('snapshot_rate', 'told', 's.with_snapshot', 's.days')]) }}
