-- One row per subject and clock.
{{ config(indexes=[{'columns': ['subject_key', 'clock_id'], 'unique': True}]) }}

{{ published('candidate_clocks') }}
