-- One row per case whose special procedures contradict each other.
select
    case_key,
    bool_or(event_type = 'case.special_started' and before_in_round = 'case.special_started') as is_started_twice,
    bool_or(event_type = 'case.special_ended' and before is distinct from 'case.special_started') as is_ended_without_start
from {{ ref('int_special_moments') }}
group by case_key
