-- One row per metric, scope and period.
{{ config(indexes=[{'columns': ['metric_id', 'authority', 'scope_type', 'scope_code', 'period_type', 'period_start', 'cohort'], 'unique': True}]) }}

{{ published('candidate_metrics') }}
