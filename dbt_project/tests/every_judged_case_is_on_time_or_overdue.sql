-- A finished case with a promise has kept it or broken it, never both.
select case_key
from {{ ref('candidate_cases') }}
where is_on_time is not null and is_on_time = is_overdue
