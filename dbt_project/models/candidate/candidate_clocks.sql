-- One row per subject and clock, as it stands at the cut.
with clocks as (
    select * from {{ ref('int_clocks') }}
),

cases as (
    select * from {{ ref('candidate_cases') }}
)

select
    'case'::text as family,
    c.case_key as subject_key,
    c.clock_id,
    c.start_at as started_at,
    c.stopped_at,
    c.due_at,
    c.due_on,
    f.used_minutes,
    f.used_workdays,
    case
        when c.stopped_at is null and c.due_at is not null then greatest(0, (
            {{ business_count('c.schedule', us('c.due_at')) }} - {{ business_count('c.schedule', us('c.as_of')) }}
        ) / 60000000)::int
    end as remaining_minutes,
    round(c.used / nullif(c.full_length, 0)::numeric, 6)::numeric(18, 6) as share_used,
    case when c.stopped_at is not null then 'stopped' when c.is_pausing then 'paused' else 'running' end as state,
    case when f.exclusion_reason is null then c.is_on_time end as is_on_time,
    c.is_broken,
    c.limit_value,
    c.limit_unit,
    c.as_of
from clocks as c
inner join cases as f using (case_key)
