-- One row per figure of ledger items, scope, period and cohort: closed, in time, reopened, standing still.
with items as (
    select * from {{ ref('int_ledger_items') }}
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('opened_at', 'zone') }} as counted_on
    from items

    union all

    select *, 'finished', {{ local_date('closed_at', 'zone') }}
    from items
    where closed_at is not null
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as items,
        count(closed_at) as closed,
        count(*) filter (where is_judged) as judged,
        count(*) filter (where is_judged and is_in_time) as in_time,
        count(*) filter (where is_reopened) as reopened,
        count(*) filter (where is_stale) as stale,
        sum(amount) as amount,
        sum(coalesce(closed_amount, amount)) filter (where closed_at is not null and amount is not null) as closed_amount,
        percentile_cont(0.5) within group (order by age_days) as median_age,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('ledger_items', 'accepted', 's.items', 'null'),
    ('ledger_items', 'finished', 's.items', 'null'),
    ('ledger_closed_rate', 'accepted', 's.closed', 's.items'),
    ('ledger_on_time_rate', 'accepted', 's.in_time', 's.judged'),
    ('ledger_reopened_rate', 'accepted', 's.reopened', 's.items'),
    ('ledger_amount_share', 'accepted', 'coalesce(s.closed_amount, 0)', 's.amount'),
    ('ledger_stale', 'accepted', 's.stale', 'null'),
    ('ledger_age_median', 'accepted', 's.median_age', 'null'),
]) }}
