-- One row per figure of ledger items, scope, period and cohort: closed, in time, reopened, standing still; 旧账 and 督查 apart.
with items as (
    select * from {{ ref('int_ledger_items') }}
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('opened_at', 'zone') }} as counted_on
    from items
    where opened_at is not null

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
        count(age_days) as open_items,
        percentile_cont(0.5) within group (order by age_days) as median_age,
        count(*) filter (where kind = 'old_debt') as debts,
        count(closed_at) filter (where kind = 'old_debt') as debts_closed,
        count(*) filter (where kind = 'old_debt' and is_stale) as debts_stale,
        sum(amount) filter (where kind = 'old_debt') as owed,
        sum(coalesce(closed_amount, amount)) filter (where kind = 'old_debt' and closed_at is not null and amount is not null)
            as settled,
        count(age_days) filter (where kind = 'old_debt') as debts_open,
        percentile_cont(0.5) within group (order by age_days) filter (where kind = 'old_debt') as debts_median_age,
        count(*) filter (where kind = 'inspection') as inspections,
        count(closed_at) filter (where kind = 'inspection') as inspections_closed,
        count(*) filter (where kind = 'inspection' and is_judged) as inspections_judged,
        count(*) filter (where kind = 'inspection' and is_judged and is_in_time) as inspections_in_time,
        count(*) filter (where kind = 'inspection' and is_reopened) as inspections_reopened,
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
    ('old_debt_closed_rate', 'accepted', 's.debts_closed', 's.debts'),
    ('old_debt_amount_share', 'accepted', 'case when s.owed > 0 then coalesce(s.settled, 0) end', 's.owed'),
    ('old_debt_stale', 'accepted', 'case when s.debts > 0 then s.debts_stale end', 'null'),
    ('inspection_closed_rate', 'accepted', 's.inspections_closed', 's.inspections'),
    ('inspection_on_time_rate', 'accepted', 's.inspections_in_time', 's.inspections_judged'),
    ('inspection_reopened_rate', 'accepted', 's.inspections_reopened', 's.inspections'),
], quantiles=[
    ('ledger_age_median', 'accepted', 's.median_age', 's.open_items'),
    ('old_debt_age_median', 'accepted', 's.debts_median_age', 's.debts_open'),
]) }}
