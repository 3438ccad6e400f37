-- One row per target, issuer, metric and scope in which it is judged, with the day it is read on and the row in force then; nothing of class X.
with targets as (
    select * from {{ ref('stg_targets') }} where class <> 'X'
),

metrics as (
    select
        metric_id, better, is_rate, computed in ('live', 'warehouse') as is_computed,
        case when cohort ~ 'finished' then 'finished' else cohort end as cohort
    from {{ ref('stg_metrics') }}
),

clocks as (
    select
        a.authority,
        coalesce(max(c.as_of), max(max(c.as_of)) over (), now()) as as_of
    from {{ ref('stg_authorities') }} as a
    left join {{ ref('stg_cut') }} as c on c.clock = case when a.clock = 'marked' then a.authority else '*' end
    group by a.authority
),

-- the city as a whole is read by the latest clock
readers as (
    select authority, null::text as unit_code, null::text as area_code, as_of from clocks

    union all

    select '', null, null, max(as_of) from clocks
),

placed as (
    {{ scheduled('readers') }}
)
,

begun as (
    select
        t.target_id, t.issuer, t.metric_id, t.scope_type,
        case when t.scope_type = 'authority' then p.authority else t.scope_code end as scope_code,
        t.scope_code <> '' as is_narrower,
        p.authority, t.quotation, t.paragraph, t.responsible, t.class as target_class, t.comparator, t.value as target_value,
        t.period_type, t.valid_from, t.deadline, m.better, m.is_rate, m.cohort, m.is_computed, p.as_of,
        {{ local_date('p.as_of', 'p.zone') }} as day
    from targets as t
    inner join metrics as m using (metric_id)
    inner join placed as p
        on case
            when t.scope_type = 'city' then p.authority = ''
            when t.scope_type = 'authority' then p.authority <> '' and t.scope_code in ('', p.authority)
            else p.authority <> ''
        end
    where t.valid_from <= {{ local_date('p.as_of', 'p.zone') }}
),

-- an authority's own row before the general one, the later before the earlier
in_force as (
    select distinct on ({{ target_key() }})
        *, min(valid_from) over (partition by {{ target_key() }}) as begun_on
    from begun
    order by {{ target_key() }}, is_narrower desc, valid_from desc
),

-- the last deadline that has passed stays judged by the row that was in force on it
fallen_due as (
    select distinct on ({{ target_key('b') }})
        {{ target_key('b') }}, b.deadline, b.comparator, b.target_value, b.period_type
    from begun as b
    where b.deadline < b.day
        and not exists (
            select from begun as l
            where ({{ target_key('l') }}) = ({{ target_key('b') }}) and l.valid_from <= b.deadline
                and (l.is_narrower, l.valid_from) > (b.is_narrower, b.valid_from)
        )
    order by {{ target_key('b') }}, b.deadline desc
)

select
    f.target_id, f.issuer, f.metric_id, f.scope_type, f.scope_code, f.authority, f.quotation, f.paragraph, f.responsible,
    f.target_class, f.comparator, f.target_value, f.period_type, f.valid_from, f.begun_on, f.better, f.is_rate, f.cohort, f.is_computed,
    f.as_of, f.day,
    coalesce(f.deadline, d.deadline) as deadline,
    d.deadline as passed_deadline, d.comparator as deadline_comparator, d.target_value as deadline_value,
    d.period_type as deadline_period_type
from in_force as f
left join fallen_due as d using ({{ target_key() }})
