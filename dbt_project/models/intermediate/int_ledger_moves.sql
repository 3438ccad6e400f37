-- One row per ledger item and event that moves it: until when it was the last, and from when nothing else moved it for too long.
{{ config(indexes=[{'columns': ['subject_key']}]) }}

with moves as (
    select
        v.subject_key, v.event_at as moved_at,
        lead(v.event_at) over (partition by v.subject_key order by v.event_at, v.fold_order) as next_at,
        i.matter_code, i.calendar, i.schedule, i.zone
    from {{ ref('int_family_visible') }} as v
    inner join {{ ref('int_ledger_items') }} as i using (subject_key)
    where v.family = 'ledger' and v.event_type <> 'ledger.closed'
),

limited as (
    select m.*, r.limit_value, r.limit_unit
    from moves as m
    left join lateral (
        {{ clock_limit('ledger_progress', 'm.matter_code', local_date('m.moved_at', 'm.zone')) }}
    ) as r on true
)

select l.subject_key, l.moved_at, l.next_at, {{ due_at('l', 'l.moved_at', 'l.limit_value', 'l.limit_unit') }} as stale_at
from limited as l
