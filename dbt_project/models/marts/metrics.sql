-- One row per metric, scope and period.
{{ config(indexes=[{'columns': ['metric_id', 'authority', 'scope_type', 'scope_code', 'period_type', 'period_start', 'cohort'], 'unique': True}]) }}

select
    metric_id,
    authority,
    scope_type,
    scope_code,
    period_type,
    period_start,
    cohort,
    numerator,
    denominator,
    value,
    interval_low,
    interval_high,
    unit,
    calendar_version,
    as_of,
    sources_missing
from {{ ref('candidate_metrics') }}
