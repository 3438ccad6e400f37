-- One row per figure of payouts, scope, period and cohort: how fast money reaches enterprises, and how well.
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

{{ summed('dated', {
    'payouts': "count(*)",
    'review_days': "sum(review_workdays)",
    'reviewed': "count(review_workdays)",
    'payment_days': "sum(payment_workdays)",
    'paid_after_approval': "count(payment_workdays)",
    'payment_judged': "count(*) filter (where is_payment_judged)",
    'paid_in_time': "count(*) filter (where is_payment_judged and is_paid_in_time)",
    'paid': "count(settled_at)",
    'unasked': "count(*) filter (where settled_at is not null and applied_at is null)",
    'ratings': "count(rating)",
    'satisfied': "count(*) filter (where rating <= 3)",
}) }}

{{ figures('summed', [
    ('payouts', 'accepted', 's.payouts', 'null'),
    ('payouts', 'finished', 's.payouts', 'null'),
    ('payout_review_workdays_mean', 'finished', 's.review_days', 's.reviewed'),
    ('payout_payment_workdays_mean', 'finished', 's.payment_days', 's.paid_after_approval'),
    ('payout_on_time_rate', 'accepted', 's.paid_in_time', 's.payment_judged'),
    ('payout_unasked_rate', 'finished', 's.unasked', 's.paid'),
    ('payout_satisfied_rate', 'finished', 's.satisfied', 's.ratings'),
]) }}
