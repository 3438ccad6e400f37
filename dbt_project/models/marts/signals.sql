-- One row per warning or breach, AR-01 to AR-04.
{{ config(indexes=[{'columns': ['signal_key'], 'unique': True}, {'columns': ['subject_key']}]) }}

{{ published('candidate_signals') }}
