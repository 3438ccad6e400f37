-- One row per matter, day from which its limits hold, and version.
{{ config(indexes=[{'columns': ['matter_code', 'valid_from', 'known_from'], 'unique': True}]) }}

{{ published('candidate_matters') }}
