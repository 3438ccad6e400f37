-- One row per payout told: how far its money has come, how long it took, and until when it had to be paid.
{{ config(indexes=[{'columns': ['subject_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'payout' and not is_repeated
),

turning as (
    select *, lag(event_type) over (partition by subject_key order by fold_order) as before
    from visible
    where event_type in ('payout.approved', 'payout.rejected')
),

-- approvals and refusals take turns: the last approval counts, and overrules the refusal before it
approvals as (
    select distinct on (subject_key)
        subject_key, fold_order as approved_order, event_at as approved_at, (data ->> 'amount')::numeric as approved_amount
    from turning
    where event_type = 'payout.approved' and before is distinct from 'payout.approved'
    order by subject_key, fold_order desc
),

paying as (
    select
        v.subject_key, v.fold_order, v.event_at, v.event_type, a.approved_order, a.approved_amount,
        sum((v.data ->> 'amount')::numeric) filter (where v.event_type = 'payout.paid')
            over (partition by v.subject_key order by v.fold_order) as paid_amount
    from visible as v
    left join approvals as a using (subject_key)
),

-- it ends once as much is paid as was approved, before the approval or after it; unapproved, with the first payment
ends as (
    select distinct on (subject_key) subject_key, event_at as ended_at, event_type = 'payout.rejected' as is_refused
    from paying
    where fold_order >= coalesce(approved_order, 0)
        and (event_type = 'payout.rejected' or paid_amount >= coalesce(approved_amount, 0))
    order by subject_key, fold_order
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
        {{ first_of("(data ->> 'amount')::numeric", 'payout.eligible') }} as eligible_amount,
        sum((data ->> 'amount')::numeric) filter (where event_type = 'payout.paid') as paid_amount,
        {{ last_of("(data ->> 'level')::int", 'payout.rated') }} as rating
    from visible
    group by subject_key
),

decided as (
    select
        t.*, a.approved_at, e.ended_at,
        -- what is refused after its approval is owed no longer
        case when e.is_refused is not true then a.approved_amount end as approved_amount,
        case when not e.is_refused then e.ended_at end as settled_at,
        -- an approval dated before its application measures nothing
        case when a.approved_at >= t.applied_at then a.approved_at end as review_at
    from told as t
    left join approvals as a using (subject_key)
    left join ends as e using (subject_key)
),

placed as (
    {{ scheduled('decided') }}
),

limited as (
    select p.*, r.limit_value, r.limit_unit
    from placed as p
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
    {{ workdays_between('d', 'd.applied_at', 'd.review_at') }} as review_workdays,
    {{ workdays_between('d', 'd.approved_at', 'd.settled_at') }} as payment_workdays,
    -- what is refused after its approval is due no longer
    d.approved_at is not null and (d.settled_at is not null or coalesce(d.ended_at, d.as_of) >= d.payment_due_at)
    as is_payment_judged,
    coalesce({{ is_kept('d.settled_at', 'd.payment_due_at', 'd.limit_unit') }}, false) as is_paid_in_time
from due as d
