-- One row per stretch of a clock.
{{ config(indexes=[{'columns': ['case_key', 'clock_id', 'span_no'], 'unique': True}]) }}

select
    case_key,
    clock_id,
    span_no,
    kind,
    started_at,
    ended_at,
    workdays,
    minutes,
    reason,
    legal_basis
from {{ ref('candidate_case_spans') }}
