-- One row per calendar and day.
{{ config(indexes=[{'columns': ['calendar', 'day'], 'unique': True}]) }}

select
    calendar,
    day,
    is_workday,
    status,
    name,
    notice,
    workday_number,
    next_workday,
    calendar_version
from {{ ref('candidate_work_calendar') }}
