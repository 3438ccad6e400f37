-- One row per entry key (record key, source) of a case: the statement of the greatest version (§1.1).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with statements as (
    select * from {{ ref('int_statements') }}
),

ranked as (
    {{ ranked_by_version('statements') }}
)

select
    subject_key as case_key, record_key, source, id, event_type, event_at, sequence, data, data_version,
    is_deletion, has_conflict, first_arrived_at
from ranked
where place = 1
