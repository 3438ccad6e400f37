-- One row per figure of eligible pairs of enterprise and policy, scope and period: how completely money reaches enterprises.
with dated as (
    select *, 'accepted' as cohort, {{ local_date('started_at', 'zone') }} as counted_on
    from {{ ref('int_payout_pairs') }}
),

{{ summed('dated', {
    'pairs': "count(*)",
    'paid_pairs': "count(settled_at)",
    'paid_of_eligible': "sum(coalesce(paid_amount, 0)) filter (where eligible_amount is not null)",
    'eligible_amount': "sum(eligible_amount)",
}) }}

{{ figures('summed', [
    ('payout_complete_rate', 'accepted', 's.paid_pairs', 's.pairs'),
    ('payout_amount_share', 'accepted', 's.paid_of_eligible', 's.eligible_amount'),
]) }}
