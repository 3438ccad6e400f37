-- One row per metric, scope, period and cohort; definitions: reference.metric; rates with Wilson intervals at 95 %.
{{ config(indexes=[{'columns': ['metric_id', 'authority', 'scope_type', 'scope_code', 'period_type', 'period_start', 'cohort']}]) }}

with figures as (
    select * from {{ ref('int_metric_figures') }}
),

definitions as (
    select metric_id, is_rate, unit, least_n from {{ ref('stg_metrics') }}
),

missing as (
    select * from {{ ref('int_sources_missing') }}
),

defined as (
    select f.*, d.is_rate, d.unit, d.least_n, coalesce(m.sources_missing, array[]::text[]) as sources_missing
    from figures as f
    inner join definitions as d using (metric_id)
    left join missing as m using (authority, period_type, period_start)
)

select
    metric_id,
    authority,
    scope_type,
    scope_code,
    period_type,
    period_start,
    cohort,
    round(numerator, 6)::numeric(18, 6) as numerator,
    round(denominator, 6)::numeric(18, 6) as denominator,
    round(value, 6)::numeric(18, 6) as value,
    case when is_rate then {{ wilson('numerator', 'denominator', '-') }} end as interval_low,
    case when is_rate then {{ wilson('numerator', 'denominator', '+') }} end as interval_high,
    unit,
    -- a ratio divides sums, of which how many is not known; a quantile has no interval that would say what chance does
    coalesce(unit <> 'ratio' and numerator is not null and denominator >= least_n, false) as is_rankable,
    calendar_version,
    as_of,
    sources_missing
from defined
