-- One row per target, issuer, metric and scope that the platform computes: its value now, a year before, and at the deadline.
with scopes as (
    select
        *,
        date_trunc(period_type, day)::date as this_period,
        date_trunc(period_type, date_trunc(period_type, day) - interval '1 day')::date as last_period,
        date_trunc(deadline_period_type, passed_deadline)::date as deadline_period
    from {{ ref('int_target_scopes') }}
    where is_computed
),

metrics as (
    select * from {{ ref('candidate_metrics') }}
),

matched as (
    select
        {{ target_key('s') }},
        s.this_period, s.last_period, s.deadline_period, s.comparator,
        m.period_type = s.period_type as is_now, m.period_type = s.deadline_period_type as is_then,
        m.period_start, m.value, m.denominator, m.interval_low, m.interval_high, m.sources_missing
    from scopes as s
    inner join metrics as m
        on m.metric_id = s.metric_id and m.authority = s.authority and m.scope_type = s.scope_type
        and m.scope_code = s.scope_code and m.period_type in (s.period_type, s.deadline_period_type) and m.cohort = s.cohort
),

-- a trend is read from whole periods, a level from the newest
newest as (
    select distinct on ({{ target_key() }}) *
    from matched
    where is_now and (period_start = last_period or (comparator <> 'improves' and period_start = this_period))
    order by {{ target_key() }}, period_start desc
),

at_deadline as (
    select * from matched where is_then and period_start = deadline_period
),

read as (
    select {{ target_key() }} from newest
    union
    select {{ target_key() }} from at_deadline
)

select
    {{ target_key('r') }},
    n.period_start, n.value as value_now, n.denominator, n.interval_low, n.interval_high, n.sources_missing,
    b.value as value_before,
    d.value as value_at_deadline,
    e.value as value_before_deadline
from read as r
left join newest as n using ({{ target_key() }})
left join at_deadline as d using ({{ target_key() }})
left join matched as b
    on ({{ target_key('b') }}) = ({{ target_key('r') }})
    and b.is_now and b.period_start = (n.period_start - interval '1 year')::date
left join matched as e
    on ({{ target_key('e') }}) = ({{ target_key('r') }})
    and e.is_then and e.period_start = (d.period_start - interval '1 year')::date
