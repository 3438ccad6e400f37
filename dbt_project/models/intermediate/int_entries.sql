-- One row per entry key (record key, source) of a case: the statement of the greatest version (§1.1).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with statements as (
    select * from {{ ref('int_statements') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by subject_key, record_key, source
            order by data_version desc, recorded_at desc nulls last, is_deletion desc, body_hash desc, arrived_at, log_offset
        ) as place,
        min(arrived_at) over (
            partition by subject_key, record_key, source, data_version, recorded_at, is_deletion, body_hash
        ) as first_arrived_at,
        min(is_deletion::text || encode(body_hash, 'hex')) over same_version
            <> max(is_deletion::text || encode(body_hash, 'hex')) over same_version as has_conflict
    from statements
    window same_version as (partition by subject_key, record_key, source, data_version, recorded_at)
)

select
    subject_key as case_key, record_key, source, id, event_type, event_at, sequence, data, data_version,
    is_deletion, has_conflict, first_arrived_at
from ranked
where place = 1
