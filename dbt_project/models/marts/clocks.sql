-- One row per subject and clock.
{{ config(indexes=[{'columns': ['subject_key', 'clock_id'], 'unique': True}]) }}

select
    family,
    subject_key,
    clock_id,
    started_at,
    stopped_at,
    due_at,
    due_on,
    used_minutes,
    used_workdays,
    remaining_minutes,
    share_used,
    state,
    is_on_time,
    is_broken,
    limit_value,
    limit_unit,
    as_of
from {{ ref('candidate_clocks') }}
