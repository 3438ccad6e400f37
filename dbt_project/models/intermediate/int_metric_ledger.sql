-- One row per figure of ledger items, scope, period and cohort: how many, in time, reopened; 督查 apart.
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

{{ summed('dated', {
    'items': "count(*)",
    'judged': "count(*) filter (where is_judged)",
    'in_time': "count(*) filter (where is_judged and is_in_time)",
    'reopened': "count(*) filter (where is_reopened)",
    'inspections': "count(*) filter (where kind = 'inspection')",
    'inspections_judged': "count(*) filter (where kind = 'inspection' and is_judged)",
    'inspections_in_time': "count(*) filter (where kind = 'inspection' and is_judged and is_in_time)",
    'inspections_reopened': "count(*) filter (where kind = 'inspection' and is_reopened)",
}) }}

{{ figures('summed', [
    ('ledger_items', 'accepted', 's.items', 'null'),
    ('ledger_items', 'finished', 's.items', 'null'),
    ('ledger_on_time_rate', 'accepted', 's.in_time', 's.judged'),
    ('ledger_reopened_rate', 'accepted', 's.reopened', 's.items'),
    ('inspection_on_time_rate', 'accepted', 's.inspections_in_time', 's.inspections_judged'),
    ('inspection_reopened_rate', 'accepted', 's.inspections_reopened', 's.inspections'),
]) }}
