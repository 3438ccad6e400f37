-- One row per case whose special procedures contradict each other.
with told as (
    select
        case_key, event_type,
        lag(event_type) over (
            partition by case_key, coalesce((data ->> 'sn')::int, 1) order by fold_order
        ) as before
    from {{ ref('int_visible') }}
    where event_type in ('case.special_started', 'case.special_ended')
)

select
    case_key,
    bool_or(event_type = 'case.special_started' and before = 'case.special_started') as is_started_twice,
    bool_or(event_type = 'case.special_ended' and before is distinct from 'case.special_started') as is_ended_without_start
from told
group by case_key
