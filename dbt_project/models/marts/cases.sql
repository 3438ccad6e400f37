-- One row per case.
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

{{ published('candidate_cases') }}
