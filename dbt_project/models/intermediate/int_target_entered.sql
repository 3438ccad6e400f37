-- One row per target, issuer and metric entered by hand: the newest value since the target began, and the newest of the
-- deadline or before; beside each the newest that is at least a year older, also from before it began.
with scopes as (
    select * from {{ ref('int_target_scopes') }} where not is_computed
),

entries as (
    select * from {{ ref('stg_target_entries') }}
),

matched as (
    select s.issuer, s.scope_type, s.scope_code, s.begun_on, s.passed_deadline, e.*
    from scopes as s
    inner join entries as e on e.target_id = s.target_id and e.metric_id = s.metric_id
),

newest as (
    select distinct on (target_id, issuer, metric_id, scope_type, scope_code) *
    from matched
    where as_of >= begun_on
    order by target_id, issuer, metric_id, scope_type, scope_code, as_of desc, version desc
),

at_deadline as (
    select distinct on (target_id, issuer, metric_id, scope_type, scope_code) *
    from matched
    where as_of between begun_on and passed_deadline
    order by target_id, issuer, metric_id, scope_type, scope_code, as_of desc, version desc
),

before as (
    {{ a_year_before('newest') }}
),

before_deadline as (
    {{ a_year_before('at_deadline') }}
)

select
    n.target_id, n.issuer, n.metric_id, n.scope_type, n.scope_code,
    n.value as value_now, n.as_of as value_on, n.entered_by, n.evidence, d.value as value_at_deadline,
    b.value as value_before,
    e.value as value_before_deadline
from newest as n
left join at_deadline as d using (target_id, issuer, metric_id, scope_type, scope_code)
left join before as b using (target_id, issuer, metric_id, scope_type, scope_code)
left join before_deadline as e using (target_id, issuer, metric_id, scope_type, scope_code)
