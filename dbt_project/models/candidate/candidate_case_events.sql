-- One row per event kept of a case; duplicates are in raw.
with statements as (
    select * from {{ ref('int_statements') }} where verdict <> 'duplicate'
),

entries as (
    select case_key, record_key, source, id, data_version, is_deletion from {{ ref('int_entries') }}
)

select
    concat_ws('/', s.topic, s.partition, s.log_offset) as event_key,
    s.source,
    s.id,
    s.subject_key as case_key,
    s.record_key,
    s.event_type,
    s.event_at,
    s.ingested_at,
    s.data_version,
    s.verdict,
    coalesce(e.id = s.id and e.data_version = s.data_version and not e.is_deletion, false) as is_current,
    s.data as body
from statements as s
left join entries as e
    on e.case_key = s.subject_key and e.record_key = s.record_key and e.source = s.source
