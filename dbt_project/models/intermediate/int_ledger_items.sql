-- One row per ledger item told, opened or not: whose it is, whether it is closed, and whether in time.
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
        bool_or(event_type = 'ledger.reopened') as is_reopened
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
)

select
    p.*,
    p.due_at is not null and (p.closed_at is not null or p.as_of > p.due_at) as is_judged,
    coalesce(p.closed_at <= p.due_at, false) as is_in_time
from placed as p
