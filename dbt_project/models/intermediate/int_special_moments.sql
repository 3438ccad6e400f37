-- One row per start or end of a special procedure: its number, the round it is of, and what was told of that number before (§3).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with told as (
    select case_key, event_type, event_at, fold_order, data, coalesce((data ->> 'sn')::int, 1) as sn
    from {{ ref('int_visible') }}
    where event_type in ('case.special_started', 'case.special_ended')
),

-- a stop is the end of those of its round
placed as (
    select
        t.*,
        (select count(*) from {{ ref('int_rounds') }} as r where r.case_key = t.case_key and r.opened_order < t.fold_order)
            as reopenings
    from told as t
)

select
    *,
    lag(event_type) over (partition by case_key, sn order by fold_order) as before,
    lag(event_type) over (partition by case_key, sn, reopenings order by fold_order) as before_in_round,
    min(fold_order) filter (where event_type = 'case.special_ended')
        over (partition by case_key, sn order by fold_order rows between 1 following and unbounded following) as end_order
from placed
