-- One row per case and finding.
{{ config(indexes=[{'columns': ['finding_key'], 'unique': True}, {'columns': ['subject_key']}]) }}

select
    finding_key,
    rule_id,
    source,
    subject_key,
    event_key,
    code,
    detail,
    since,
    until
from {{ ref('candidate_findings') }}
