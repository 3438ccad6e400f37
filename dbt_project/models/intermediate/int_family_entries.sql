-- One row per entry key (record key, source) of a subject of the other families: the statement of the greatest version (§1.1).
{{ config(indexes=[{'columns': ['family', 'subject_key']}]) }}

with statements as (
    select * from {{ ref('int_family_statements') }} where family <> 'case'
),

ranked as (
    {{ ranked_by_version('statements') }}
)

select
    family, subject_key, authority, project_no, topic, partition, record_key, source, event_type, event_at, sequence, data,
    is_deletion, ingested_at
from ranked
where place = 1
