-- One row per completed bundle: the working days in which a child was under way, and what the law allows them together.
with bundles as (
    select * from {{ ref('int_bundles') }} where completed_at is not null and begun_at is not null
),

children as (
    select c.*, b.calendar, b.zone
    from {{ ref('int_bundle_children') }} as c
    inner join bundles as b using (subject_key)
    where c.accepted_at is not null and c.finished_at is not null
),

-- stretches overlap once: a child counts from where the ones before it ended
ordered as (
    select
        *,
        greatest(accepted_at, max(finished_at) over (
            partition by subject_key order by accepted_at, finished_at, record_key rows between unbounded preceding and 1 preceding
        )) as counts_from
    from children
),

counted as (
    select
        subject_key,
        sum(greatest(0, {{ workdays_between('o', 'o.counts_from', 'o.finished_at') }})) as workdays
    from ordered as o
    group by subject_key
),

limits as (
    select
        c.subject_key,
        sum({{ yearly_workdays(
            'coalesce(m.fallback_value, m.statutory_value)', 'coalesce(m.fallback_unit, m.statutory_unit)', 'y', 'null') }}) as statutory,
        sum({{ printed_days(
            'coalesce(m.fallback_value, m.statutory_value)', 'coalesce(m.fallback_unit, m.statutory_unit)', 'null') }}) as printed_statutory
    from children as c
    inner join {{ ref('int_calendar_years') }} as y
        on y.calendar = c.calendar and y.year = extract(year from {{ local_date('c.accepted_at', 'c.zone') }})
    cross join lateral (
        select * from {{ ref('stg_matters') }} as s
        where s.matter_code = c.matter_code and s.valid_from <= {{ local_date('c.accepted_at', 'c.zone') }}
        order by s.valid_from desc limit 1
    ) as m
    group by c.subject_key
)

select b.subject_key, c.workdays, l.statutory, l.printed_statutory
from bundles as b
inner join counted as c using (subject_key)
left join limits as l using (subject_key)
