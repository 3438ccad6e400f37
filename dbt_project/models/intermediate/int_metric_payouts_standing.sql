-- One row per figure of money, scope and period: how much of what was approved, or eligible, so far was paid by the period's
-- last day, or the cut.
with numbers as (
    select authority, unit_code, matter_code, area_code, approved_at as due_since, approved_amount, array[subject_key] as numbers
    from {{ ref('int_payouts') }}
    where approved_amount is not null
),

pairs as (
    select authority, unit_code, matter_code, area_code, eligible_at as due_since, eligible_amount, settled_at, numbers
    from {{ ref('int_payout_pairs') }}
),

due as (
    select *, null::numeric as eligible_amount, null::timestamptz as settled_at, false as is_pair from numbers

    union all

    select authority, unit_code, matter_code, area_code, due_since, null, numbers, eligible_amount, settled_at, true from pairs
),

stood as (
    select
        u.*, d.period_type, d.period_start, d.as_of, d.calendar_version,
        coalesce(u.settled_at < d.read_at, false) as is_settled,
        (
            select coalesce(sum(m.amount), 0) from {{ ref('int_payout_payments') }} as m
            where m.subject_key = any(u.numbers) and m.paid_at < d.read_at
        ) as paid_amount
    from {{ ref('int_metric_days') }} as d
    inner join due as u on d.family = 'payout' and u.authority = d.authority and u.due_since < d.read_at
),

scoped as (
    {{ standing('stood') }}
),

summed as (
    select
        {{ cell() }},
        sum(paid_amount) filter (where not is_pair) as paid_of_approved,
        sum(approved_amount) as approved_amount,
        count(*) filter (where is_pair) as pairs,
        count(*) filter (where is_pair and is_settled) as paid_pairs,
        sum(paid_amount) filter (where is_pair and eligible_amount is not null) as paid_of_eligible,
        sum(eligible_amount) as eligible_amount,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('payout_paid_share', 'standing', 's.paid_of_approved', 's.approved_amount'),
    ('payout_complete_rate', 'standing', 's.paid_pairs', 's.pairs'),
    ('payout_amount_share', 'standing', 's.paid_of_eligible', 's.eligible_amount'),
]) }}
