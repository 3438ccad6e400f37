-- One row per landed message that is an event, whatever its verdict.
select
    topic,
    partition,
    "offset" as log_offset,
    arrived_at,
    verdict,
    source,
    id,
    type as event_type,
    family,
    authority,
    subject as project_no,
    subject_key,
    event_at,
    record_key,
    data_version,
    operation = 'D' as is_deletion,
    recorded_at,
    sequence,
    body_hash,
    data,
    coalesce(ingested_at, arrived_at) as ingested_at,
    is_superseded
from {{ source('raw', 'event') }}
where verdict <> 'dead_lettered'
