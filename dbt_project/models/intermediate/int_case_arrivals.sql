-- One row per case: when what started and stopped it first reached the platform.
with statements as (
    select * from {{ ref('int_statements') }}
)

select
    subject_key as case_key,
    min(ingested_at) filter (where event_type = 'case.accepted') as accepted_ingested_at,
    min(ingested_at) filter (where event_type in ('case.decided', 'case.finished')) as stopped_ingested_at
from statements
where not is_deletion
group by subject_key
