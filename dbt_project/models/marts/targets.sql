-- One row per target, issuer, metric, scope and day; days published before are kept.
{{ config(
    meta={'keeps_days': true},
    indexes=[{'columns': ['target_id', 'issuer', 'metric_id', 'scope_type', 'scope_code', 'authority', 'day'], 'unique': True}]
) }}

select
    target_id,
    issuer,
    scope_type,
    scope_code,
    authority,
    day,
    quotation,
    paragraph,
    responsible,
    target_class,
    metric_id,
    comparator,
    target_value,
    period_type,
    period_start,
    deadline,
    value_at_deadline,
    state_at_deadline,
    value_now,
    state_now,
    value_before,
    interval_low,
    interval_high,
    denominator,
    sources_missing,
    as_of,
    value_on,
    entered_by,
    evidence
from {{ ref('candidate_targets') }}
