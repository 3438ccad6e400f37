-- One row per figure of other systems' activities, scope and period: what the policy counts or times outside of cases.
{# Metric → kind of activity, and the result that counts as good of those that were told. #}
{% set results = {
    'restrictions_cleared_rate': ('access_restriction', 'cleared'),
    'standard_land_rate': ('land_supply', 'standard'),
    'fair_review_rate': ('fair_competition_review', 'reviewed'),
    'joint_inspection_rate': ('inspection', 'joint'),
    'risk_reminder_rate': ('enterprise_risk', 'reminded'),
    'policy_applied_rate': ('policy_push', 'applied'),
} %}
with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'activity' and event_type = 'activity.recorded'
),

told as (
    select
        authority, as_of,
        data ->> 'unit_code' as unit_code,
        data ->> 'area_code' as area_code,
        data ->> 'kind' as matter_code,
        (data ->> 'started_at')::timestamptz as started_at,
        (data ->> 'ended_at')::timestamptz as ended_at,
        coalesce((data ->> 'ended_at')::timestamptz, event_at) as counted_at,
        (data ->> 'is_online')::boolean as is_online,
        coalesce((data ->> 'fee')::numeric, 0) as fee,
        coalesce(data ->> 'result', '') as result
    from visible
),

placed as (
    {{ scheduled('told') }}
),

dated as (
    select
        *, 'told' as cohort, {{ local_date('counted_at', 'zone') }} as counted_on,
        {{ local_date('ended_at', 'zone') }} - {{ local_date('started_at', 'zone') }} as days,
        (extract(epoch from ended_at - started_at) / 3600)::numeric as hours
    from placed
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }}, matter_code as kind,
        count(*) as told,
        -- of what was told, not of what nobody said
        count(is_online) as with_channel,
        count(*) filter (where result <> '') as with_result,
        count(*) filter (where is_online) as online,
        count(*) filter (where is_online and fee = 0) as free_online,
        sum(days) as days,
        count(days) as with_days,
        sum(hours) as hours,
        count(*) filter (where result = case matter_code
            {% for kind, good in results.values() %}
            when '{{ kind }}' then '{{ good }}'
            {% endfor %}
        end) as good,
        count(*) filter (where result = 'opened') as opened,
        count(*) filter (where result = 'closed') as closed,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}, matter_code
)

{% set by_kind = {
    'electronic_tender_rate': ('tender', 's.online', 's.with_channel'),
    'code_uses': ('code_use', 's.told', 'null'),
    'enforcement_days_mean': ('enforcement', 's.days', 's.with_days'),
    'online_filing_rate': ('court_case', 's.online', 's.with_channel'),
    'free_online_auction_rate': ('court_auction', 's.free_online', 's.with_channel'),
    'customs_hours_mean': ('customs_clearance', 's.hours', 's.with_days'),
    'entity_net_growth': ('market_entity', 's.opened - s.closed', 'null'),
} %}
{% for metric, (kind, good) in results.items() %}
{% do by_kind.update({metric: (kind, 's.good', 's.with_result')}) %}
{% endfor %}
{% set named = [] %}
{% for metric, (kind, numerator, denominator) in by_kind.items() %}
{% do named.append((metric, 'told', "case when s.kind = '" ~ kind ~ "' then " ~ numerator ~ ' end', denominator)) %}
{% endfor %}
{{ figures('summed', named) }}
