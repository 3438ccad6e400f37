-- One row per target, issuer, metric and scope in which it is judged, with the day it is read on; nothing of class X.
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

select
    t.target_id, t.issuer, t.metric_id, t.scope_type,
    case when t.scope_type = 'authority' then p.authority else t.scope_code end as scope_code,
    p.authority, t.quotation, t.paragraph, t.responsible, t.class as target_class, t.comparator, t.value as target_value,
    t.period_type, t.valid_from, t.deadline, m.better, m.is_rate, m.cohort, m.is_computed, p.as_of, {{ local_date('p.as_of', 'p.zone') }} as day
from targets as t
inner join metrics as m using (metric_id)
inner join placed as p
    on case
        when t.scope_type = 'city' then p.authority = ''
        when t.scope_type = 'authority' then p.authority <> '' and t.scope_code in ('', p.authority)
        else p.authority <> ''
    end
