-- One row per case and finding.
{{ config(indexes=[{'columns': ['finding_key'], 'unique': True}, {'columns': ['subject_key']}]) }}

{{ published('candidate_findings') }}
