-- One row per stretch of a clock.
{{ config(indexes=[{'columns': ['case_key', 'clock_id', 'span_no'], 'unique': True}]) }}

{{ published('candidate_case_spans') }}
