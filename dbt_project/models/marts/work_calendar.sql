-- One row per calendar and day.
{{ config(indexes=[{'columns': ['calendar', 'day'], 'unique': True}]) }}

{{ published('candidate_work_calendar') }}
