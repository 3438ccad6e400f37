-- One row per target, issuer, metric and scope, as it stands on the day of the cut.
with scopes as (
    select * from {{ ref('int_target_scopes') }}
),

computed as (
    select * from {{ ref('int_target_values') }}
),

entered as (
    select * from {{ ref('int_target_entered') }}
),

joined as (
    select
        s.*,
        c.period_start, c.denominator, c.interval_low, c.interval_high,
        coalesce(c.value_before, e.value_before) as value_before,
        coalesce(c.value_before_deadline, e.value_before_deadline) as value_before_deadline,
        coalesce(c.sources_missing, array[]::text[]) as sources_missing,
        coalesce(c.value_now, e.value_now) as value_now,
        coalesce(c.value_at_deadline, e.value_at_deadline) as value_at_deadline,
        e.value_on, e.entered_by, e.evidence,
        s.deadline < s.day as is_past
    from scopes as s
    left join computed as c using ({{ target_key() }})
    left join entered as e using (target_id, issuer, metric_id, scope_type, scope_code)
),

compared as (
    select
        *,
        {{ keeps_target('comparator', 'value_now', 'target_value', 'value_before', 'better', 'is_rate') }} as is_kept_now,
        {{ keeps_target(
            'deadline_comparator', 'value_at_deadline', 'deadline_value', 'value_before_deadline', 'better', 'is_rate') }} as was_kept,
        {{ is_within_chance(
            'comparator', 'coalesce(target_value, value_before)', 'interval_low', 'interval_high', 'better') }} as is_within_chance
    from joined
)

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
    valid_from,
    deadline,
    passed_deadline,
    deadline_value as target_value_at_deadline,
    round(value_at_deadline, 6)::numeric(18, 6) as value_at_deadline,
    case
        when passed_deadline is null then null
        when was_kept then 'met'
        when not was_kept then 'missed'
        when is_computed then 'no_data'
        else 'by_hand'
    end as state_at_deadline,
    round(value_now, 6)::numeric(18, 6) as value_now,
    case
        when is_kept_now then 'met'
        when is_kept_now is null and not is_computed then 'by_hand'
        when is_kept_now is null then 'no_data'
        when not coalesce(is_past, true) or is_within_chance then 'at_risk'
        -- where no number was set, to stand still is not yet to have missed it
        when comparator = 'improves' and value_now = value_before then 'at_risk'
        else 'missed'
    end as state_now,
    round(value_before, 6)::numeric(18, 6) as value_before,
    interval_low,
    interval_high,
    denominator,
    sources_missing,
    as_of,
    value_on,
    entered_by,
    evidence
from compared
