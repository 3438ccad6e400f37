-- One row per figure of ledger items opened so far, scope and period: as they stood on the period's last day, or at the cut.
with opened as (
    select
        i.subject_key, i.authority, i.unit_code, i.matter_code, i.area_code, i.kind, i.amount, i.closed_amount,
        d.period_type, d.period_start, d.read_at, d.as_of, d.calendar_version,
        coalesce(i.closed_at < d.read_at, false) as is_closed,
        d.read_on - {{ local_date('i.opened_at', 'i.zone') }} as age
    from {{ ref('int_metric_days') }} as d
    inner join {{ ref('int_ledger_items') }} as i on d.family = 'ledger' and i.authority = d.authority and i.opened_at < d.read_at
),

stood as (
    select
        o.*,
        not o.is_closed and exists (
            select from {{ ref('int_ledger_moves') }} as m
            where m.subject_key = o.subject_key and m.moved_at < o.read_at and (m.next_at is null or m.next_at >= o.read_at)
                and m.stale_at <= least(o.read_at, o.as_of)
        ) as is_stale
    from opened as o
),

scoped as (
    {{ standing('stood') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as items,
        count(*) filter (where is_closed) as closed,
        count(*) filter (where is_stale) as stale,
        sum(amount) as amount,
        sum(coalesce(closed_amount, amount)) filter (where is_closed and amount is not null) as closed_amount,
        count(*) filter (where not is_closed) as open_items,
        percentile_cont(0.5) within group (order by age) filter (where not is_closed) as median_age,
        count(*) filter (where kind = 'old_debt') as debts,
        count(*) filter (where kind = 'old_debt' and is_closed) as debts_closed,
        count(*) filter (where kind = 'old_debt' and is_stale) as debts_stale,
        sum(amount) filter (where kind = 'old_debt') as owed,
        sum(coalesce(closed_amount, amount)) filter (where kind = 'old_debt' and is_closed and amount is not null) as settled,
        count(*) filter (where kind = 'old_debt' and not is_closed) as debts_open,
        percentile_cont(0.5) within group (order by age) filter (where kind = 'old_debt' and not is_closed) as debts_median_age,
        count(*) filter (where kind = 'inspection') as inspections,
        count(*) filter (where kind = 'inspection' and is_closed) as inspections_closed,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('ledger_closed_rate', 'standing', 's.closed', 's.items'),
    ('ledger_amount_share', 'standing', 'coalesce(s.closed_amount, 0)', 's.amount'),
    ('ledger_stale', 'standing', 's.stale', 'null'),
    ('old_debt_closed_rate', 'standing', 's.debts_closed', 's.debts'),
    ('old_debt_amount_share', 'standing', 'case when s.owed > 0 then coalesce(s.settled, 0) end', 's.owed'),
    ('old_debt_stale', 'standing', 'case when s.debts > 0 then s.debts_stale end', 'null'),
    ('inspection_closed_rate', 'standing', 's.inspections_closed', 's.inspections'),
], quantiles=[
    ('ledger_age_median', 'standing', 's.median_age', 's.open_items'),
    ('old_debt_age_median', 'standing', 's.debts_median_age', 's.debts_open'),
]) }}
