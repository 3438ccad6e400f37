-- One row per warning or breach, AR-01 to AR-04.
{{ config(indexes=[{'columns': ['signal_key'], 'unique': True}, {'columns': ['subject_key']}]) }}

select
    signal_key,
    rule_id,
    level,
    family,
    subject_key,
    authority,
    clock_id,
    unit_code,
    matter_code,
    since,
    until,
    due_at,
    as_of
from {{ ref('candidate_signals') }}
