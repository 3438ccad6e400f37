-- One row per case: when it was first accepted and first stopped, and when the platform first heard of either.
with firsts as (
    select f.case_key, f.accepted_at, f.accepted_key, r.stopped_at, r.stopped_key
    from {{ ref('int_case_facts') }} as f
    left join {{ ref('int_rounds') }} as r on r.case_key = f.case_key and r.round = 1
)

select
    f.case_key, f.accepted_at, f.stopped_at,
    min(s.ingested_at) filter (where s.record_key = f.accepted_key) as accepted_ingested_at,
    min(s.ingested_at) filter (where s.record_key = f.stopped_key) as stopped_ingested_at
from firsts as f
left join {{ ref('int_statements') }} as s
    on s.subject_key = f.case_key and s.record_key in (f.accepted_key, f.stopped_key) and not s.is_deletion
group by f.case_key, f.accepted_at, f.stopped_at
