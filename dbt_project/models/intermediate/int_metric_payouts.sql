-- One row per figure of payouts, scope, period and cohort: how fast and how completely money reaches enterprises.
with payouts as (
    select * from {{ ref('int_payouts') }}
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('started_at', 'zone') }} as counted_on
    from payouts

    union all

    select *, 'finished', {{ local_date('ended_at', 'zone') }}
    from payouts
    where ended_at is not null
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as payouts,
        sum(review_workdays) as review_days,
        count(review_workdays) as reviewed,
        sum(payment_workdays) as payment_days,
        count(payment_workdays) as paid_after_approval,
        count(*) filter (where is_payment_judged) as payment_judged,
        count(*) filter (where is_payment_judged and is_paid_in_time) as paid_in_time,
        sum(coalesce(paid_amount, 0)) filter (where approved_amount is not null) as paid_of_approved,
        sum(approved_amount) as approved_amount,
        count(eligible_at) as eligible,
        count(*) filter (where eligible_at is not null and paid_at is not null) as eligible_paid,
        sum(coalesce(paid_amount, 0)) filter (where eligible_amount is not null) as paid_of_eligible,
        sum(eligible_amount) as eligible_amount,
        count(paid_at) as paid,
        count(*) filter (where paid_at is not null and applied_at is null) as unasked,
        count(rating) as ratings,
        count(*) filter (where rating <= 3) as satisfied,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('payouts', 'accepted', 's.payouts', 'null'),
    ('payouts', 'finished', 's.payouts', 'null'),
    ('payout_review_workdays_mean', 'finished', 's.review_days', 's.reviewed'),
    ('payout_payment_workdays_mean', 'finished', 's.payment_days', 's.paid_after_approval'),
    ('payout_on_time_rate', 'accepted', 's.paid_in_time', 's.payment_judged'),
    ('payout_paid_share', 'accepted', 's.paid_of_approved', 's.approved_amount'),
    ('payout_complete_rate', 'accepted', 's.eligible_paid', 's.eligible'),
    ('payout_amount_share', 'accepted', 's.paid_of_eligible', 's.eligible_amount'),
    ('payout_unasked_rate', 'finished', 's.unasked', 's.paid'),
    ('payout_satisfied_rate', 'finished', 's.satisfied', 's.ratings'),
]) }}
