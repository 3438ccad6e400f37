-- One row per special procedure that counts as begun: starts and ends paired by sn in the order of the fold (§3).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with moments as (
    select * from {{ ref('int_special_moments') }}
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
from moments as s
left join moments as e on e.case_key = s.case_key and e.fold_order = s.end_order
where s.event_type = 'case.special_started' and s.before_in_round is distinct from 'case.special_started'
