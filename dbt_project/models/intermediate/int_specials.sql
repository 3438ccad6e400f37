-- One row per special procedure that counts as begun: starts and ends paired by sn in the order of the fold (§3).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with told as (
    select
        case_key, event_type, event_at, fold_order, data,
        coalesce((data ->> 'sn')::int, 1) as sn
    from {{ ref('int_visible') }}
    where event_type in ('case.special_started', 'case.special_ended')
),

paired as (
    select
        *,
        lag(event_type) over (partition by case_key, sn order by fold_order) as before,
        min(fold_order) filter (where event_type = 'case.special_ended')
            over (partition by case_key, sn order by fold_order rows between 1 following and unbounded following) as end_order
    from told
)

select
    s.case_key,
    s.sn,
    s.fold_order,
    s.event_at as started_at,
    e.event_at as ended_at,
    coalesce(s.data ->> 'kind', 'unmapped') as kind,
    s.data ->> 'basis' as basis,
    (s.data ->> 'declared')::int as declared
from paired as s
left join told as e on e.case_key = s.case_key and e.fold_order = s.end_order
where s.event_type = 'case.special_started' and s.before is distinct from 'case.special_started'
