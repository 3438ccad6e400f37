-- One row per service of an intermediary: its contract, its promise and its delivery.
{{ config(indexes=[{'columns': ['subject_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'intermediary' and not is_repeated
),

told as (
    select
        subject_key,
        min(authority) as authority,
        min(as_of) as as_of,
        {{ first_of('data', 'intermediary.selected') }} as selected,
        {{ first_of('data', 'intermediary.contract_signed') }} as signed,
        {{ first_at('intermediary.selected') }} as selected_at,
        {{ first_at('intermediary.contract_signed') }} as signed_at,
        {{ first_at('intermediary.contract_filed') }} as filed_at,
        {{ first_at('intermediary.delivered') }} as delivered_at,
        {{ last_of("(data ->> 'level')::int", 'intermediary.rated') }} as rating
    from visible
    group by subject_key
),

coded as (
    select
        *,
        selected ->> 'unit_code' as unit_code,
        selected ->> 'kind' as matter_code,
        selected ->> 'area_code' as area_code,
        (selected ->> 'guide_fee')::numeric as guide_fee,
        (signed ->> 'fee')::numeric as fee,
        ({{ told_limit("signed -> 'promise'") }} ->> 'value')::int as promise_value,
        {{ told_limit("signed -> 'promise'") }} ->> 'unit' as promise_unit
    from told
),

placed as (
    {{ scheduled('coded') }}
),

due as (
    select p.*, {{ due_at('p', 'p.signed_at', 'p.promise_value', 'p.promise_unit') }} as promise_due_at
    from placed as p
)

select
    d.*,
    -- a delivery dated before its contract took no time
    case when d.delivered_at is not null then
        greatest(0, {{ workdays_between('d', 'd.signed_at', 'd.delivered_at') }})
    end as used_workdays,
    {{ workdays_between('d', 'd.signed_at', "(d.promise_due_at - interval '1 microsecond')") }} as promise_workdays,
    d.promise_due_at is not null and (d.delivered_at is not null or d.as_of >= d.promise_due_at) as is_judged,
    coalesce({{ is_kept('d.delivered_at', 'd.promise_due_at', 'd.promise_unit') }}, false) as is_in_time
from due as d
