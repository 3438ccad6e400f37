-- One row per source and day of receipt: what became of every record.
{{ config(indexes=[{'columns': ['source', 'day'], 'unique': True}]) }}

{{ published('candidate_source_accounts') }}
