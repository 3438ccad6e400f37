-- One row per event kept of a case.
{{ config(indexes=[{'columns': ['event_key'], 'unique': True}, {'columns': ['case_key']}]) }}

{{ published('candidate_case_events') }}
