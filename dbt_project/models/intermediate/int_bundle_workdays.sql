-- One row per completed bundle: the net working days in which a child was under way (its special procedures, and the
-- time until it was reopened, left out); the same of the children with a limit, and what the law allows them together.
with bundles as (
    select * from {{ ref('int_bundles') }} where completed_at is not null and begun_at is not null
),

children as (
    select c.*, b.calendar, b.zone
    from {{ ref('int_bundle_children') }} as c
    inner join bundles as b using (subject_key)
    where c.is_awaited and c.accepted_at is not null and c.finished_at is not null
),

allowed as (
    select
        c.subject_key, c.record_key,
        {{ yearly_workdays(
            'coalesce(m.fallback_value, m.statutory_value)', 'coalesce(m.fallback_unit, m.statutory_unit)', 'y', 'null') }} as statutory,
        {{ printed_days(
            'coalesce(m.fallback_value, m.statutory_value)', 'coalesce(m.fallback_unit, m.statutory_unit)', 'null') }} as printed_statutory
    from children as c
    inner join {{ ref('int_calendar_years') }} as y
        on y.calendar = c.calendar and y.year = extract(year from {{ local_date('c.accepted_at', 'c.zone') }})
    cross join lateral (
        select * from {{ ref('stg_matters') }} as s
        where s.matter_code = c.matter_code and s.valid_from <= {{ local_date('c.accepted_at', 'c.zone') }}
        order by s.valid_from desc limit 1
    ) as m
    where coalesce(m.fallback_unit, m.statutory_unit) <> 'onspot'
),

-- a child of which the catalogue says no limit, 当场, or none that days measure, is left out of both sides (domain §4.3)
limits as (
    select * from allowed where statutory > 0
),

-- the clock by which a child's pauses are read: its promise, else its statutory limit
clocks as (
    select c.subject_key, c.record_key, l.case_key, min(l.clock_id) as clock_id
    from children as c
    inner join {{ ref('int_limits') }} as l using (case_key)
    group by c.subject_key, c.record_key, l.case_key
),

pauses as (
    select k.subject_key, k.record_key, range_agg(int8range(t.began, t.ended, '(]')) as days
    from clocks as k
    inner join {{ ref('int_stretches') }} as t
        on t.case_key = k.case_key and t.clock_id = k.clock_id and t.coordinate = 'date'
    group by k.subject_key, k.record_key
),

-- the local days that count of each child, the first one not: its own less its pauses
dated as (
    select
        subject_key, record_key,
        {{ day_number(local_date('accepted_at', 'zone')) }} as began,
        {{ day_number(local_date('finished_at', 'zone')) }} as ended
    from children
),

net as (
    select
        d.subject_key, l.subject_key is not null as is_limited,
        int8multirange(int8range(d.began, greatest(d.began, d.ended), '(]')) - coalesce(p.days, '{}') as days
    from dated as d
    left join pauses as p using (subject_key, record_key)
    left join limits as l using (subject_key, record_key)
),

-- days on which several are under way count once
together as (
    select n.subject_key, s.of_limited, range_agg(r.days) as days
    from net as n
    cross join (values (false), (true)) as s (of_limited)
    cross join lateral unnest(n.days) as r (days)
    where n.is_limited or not s.of_limited
    group by n.subject_key, s.of_limited
),

counted as (
    select
        b.subject_key, s.of_limited,
        coalesce(sum({{ workday_number('b.calendar', day_of('upper(r.days) - 1')) }}
            - {{ workday_number('b.calendar', day_of('lower(r.days) - 1')) }}), 0) as workdays
    from bundles as b
    cross join (values (false), (true)) as s (of_limited)
    left join together as t using (subject_key, of_limited)
    left join lateral unnest(t.days) as r (days) on true
    group by b.subject_key, s.of_limited
),

summed as (
    select
        c.subject_key,
        sum(l.statutory) as statutory,
        sum(l.printed_statutory) as printed_statutory,
        count(*) filter (where l.subject_key is null) as without_limit
    from children as c
    left join limits as l using (subject_key, record_key)
    group by c.subject_key
)

select
    b.subject_key, c.workdays, l.workdays as limited_workdays, s.statutory, s.printed_statutory,
    coalesce(s.without_limit, 0) as without_limit
from bundles as b
inner join counted as c on c.subject_key = b.subject_key and not c.of_limited
inner join counted as l on l.subject_key = b.subject_key and l.of_limited
left join summed as s on s.subject_key = b.subject_key
