-- One row per payout told: how far its money has come, how long it took, and until when it had to be paid.
{{ config(indexes=[{'columns': ['subject_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'payout' and not is_repeated
),

told as (
    select
        subject_key,
        min(authority) as authority,
        min(as_of) as as_of,
        (array_agg(data ->> 'unit_code' order by fold_order desc) filter (where data ->> 'unit_code' is not null))[1] as unit_code,
        (array_agg(data ->> 'area_code' order by fold_order desc) filter (where data ->> 'area_code' is not null))[1] as area_code,
        (array_agg(data ->> 'policy' order by fold_order) filter (where data ->> 'policy' is not null))[1] as matter_code,
        {{ first_at('payout.eligible') }} as eligible_at,
        {{ first_at('payout.applied') }} as applied_at,
        {{ first_at('payout.approved') }} as approved_at,
        {{ first_at('payout.paid') }} as paid_at,
        {{ first_at('payout.rejected') }} as rejected_at,
        {{ first_of("(data ->> 'amount')::numeric", 'payout.eligible') }} as eligible_amount,
        {{ first_of("(data ->> 'amount')::numeric", 'payout.approved') }} as approved_amount,
        {{ first_of("(data ->> 'amount')::numeric", 'payout.paid') }} as paid_amount,
        {{ last_of("(data ->> 'level')::int", 'payout.rated') }} as rating
    from visible
    group by subject_key
),

placed as (
    {{ scheduled('told') }}
),

-- a payment or refusal dated before its approval, or an approval before its application, measures nothing; what is
-- refused after its approval is due no longer
following as (
    select
        *,
        case when paid_at >= approved_at then paid_at end as payment_at,
        case when rejected_at >= approved_at then rejected_at end as revoked_at,
        case when approved_at >= applied_at then approved_at end as review_at
    from placed
),

limited as (
    select p.*, r.limit_value, r.limit_unit
    from following as p
    left join lateral (
        {{ clock_limit('payout_payment', 'p.matter_code', local_date('p.approved_at', 'p.zone')) }}
    ) as r on p.approved_at is not null
),

due as (
    select l.*, {{ due_at('l', 'l.approved_at', 'l.limit_value', 'l.limit_unit') }} as payment_due_at
    from limited as l
)

select
    d.*,
    coalesce(d.applied_at, d.eligible_at) as started_at,
    least(d.paid_at, d.rejected_at) as ended_at,
    {{ workdays_between('d', 'd.applied_at', 'd.review_at') }} as review_workdays,
    {{ workdays_between('d', 'd.approved_at', 'd.payment_at') }} as payment_workdays,
    d.approved_at is not null and (d.payment_at is not null or coalesce(d.revoked_at, d.as_of) >= d.payment_due_at)
    as is_payment_judged,
    coalesce({{ is_kept('d.payment_at', 'd.payment_due_at', 'd.limit_unit') }}, false) as is_paid_in_time
from due as d
