-- One row per event kept of a case.
{{ config(indexes=[{'columns': ['event_key'], 'unique': True}, {'columns': ['case_key']}]) }}

select
    event_key,
    source,
    id,
    case_key,
    record_key,
    event_type,
    event_at,
    ingested_at,
    data_version,
    verdict,
    is_current,
    body
from {{ ref('candidate_case_events') }}
