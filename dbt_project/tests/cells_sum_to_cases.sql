-- The yearly figures of an authority add up to its cases.
with told as (
    select authority, sum(numerator) as cases
    from {{ ref('candidate_metrics') }}
    where metric_id = 'cases' and cohort = 'accepted' and scope_type = 'authority' and period_type = 'year'
    group by authority
),

counted as (
    select authority, count(*) as cases
    from {{ ref('candidate_cases') }}
    where accepted_at is not null and not is_deleted
    group by authority
)

select c.authority, c.cases, t.cases as told
from counted as c
left join told as t using (authority)
where c.cases is distinct from t.cases
