-- One row per target, issuer, metric, scope and day; days published before are kept.
{{ config(
    meta={'keeps_days': true},
    indexes=[{'columns': ['target_id', 'issuer', 'metric_id', 'scope_type', 'scope_code', 'authority', 'day'], 'unique': True}]
) }}

{{ published('candidate_targets') }}
