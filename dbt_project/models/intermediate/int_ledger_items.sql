-- One row per ledger item told, opened or not: whose it is, whether it is closed, and since when nothing has moved.
{{ config(indexes=[{'columns': ['subject_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'ledger'
),

told as (
    select
        subject_key,
        min(authority) as authority,
        min(as_of) as as_of,
        {{ first_of('data', 'ledger.opened') }} as opened,
        {{ first_at('ledger.opened') }} as opened_at,
        {{ last_of("data ->> 'to_unit'", 'ledger.transferred') }} as moved_to,
        bool_or(event_type = 'ledger.reopened') as is_reopened,
        max(event_at) filter (where event_type <> 'ledger.closed') as progressed_at
    from visible
    group by subject_key
),

coded as (
    select
        t.*, c.closed_at, c.closed_amount,
        coalesce(t.moved_to, t.opened ->> 'unit_code') as unit_code,
        t.opened ->> 'kind' as kind,
        t.opened ->> 'kind' as matter_code,
        t.opened ->> 'area_code' as area_code,
        (t.opened ->> 'amount')::numeric as amount,
        (t.opened ->> 'due_at')::timestamptz as due_at
    from told as t
    left join {{ ref('int_ledger_closings') }} as c using (subject_key)
),

placed as (
    {{ scheduled('coded') }}
),

limited as (
    select p.*, r.limit_value, r.limit_unit
    from placed as p
    left join lateral (
        {{ clock_limit('ledger_progress', 'p.matter_code', local_date('p.progressed_at', 'p.zone')) }}
    ) as r on true
)

select
    l.*,
    l.closed_at is null and l.as_of >= {{ due_at('l', 'l.progressed_at', 'l.limit_value', 'l.limit_unit') }} as is_stale,
    l.due_at is not null and (l.closed_at is not null or l.as_of > l.due_at) as is_judged,
    coalesce(l.closed_at <= l.due_at, false) as is_in_time,
    case when l.closed_at is null then {{ local_date('l.as_of', 'l.zone') }} - {{ local_date('l.opened_at', 'l.zone') }} end as age_days
from limited as l
