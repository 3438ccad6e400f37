-- One row per bundle: begun with the first acceptance of a child that counts, completed with the last mandatory finish.
-- A close stops what is not complete; one before the completion is overtaken, and after one that stands nothing begins.
{{ config(indexes=[{'columns': ['subject_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'bundle'
),

told as (
    select
        subject_key,
        min(authority) as authority,
        min(as_of) as as_of,
        {{ first_of('data', 'bundle.opened') }} as opened,
        {{ first_at('bundle.opened') }} as opened_at,
        {{ first_at('bundle.closed') }} as closed_at
    from visible
    group by subject_key
),

children as (
    select
        subject_key,
        min(accepted_at) filter (where is_awaited) as begun_at,
        case when bool_and(finished_at is not null) filter (where is_awaited)
            then max(finished_at) filter (where is_awaited) end as completed_at,
        to_jsonb(array_agg(distinct matter_code) filter (where is_awaited and finished_at is not null and matter_code is not null)) as done,
        -- for what need not be there somebody came to an office all the same
        case
            when bool_or(visits > 0 or {{ is_online('channel') }} is not true) then false
            when bool_and(t.authority is not null) then true
        end as is_wholly_online,
        bool_and({{ is_online('channel') }}) filter (where is_awaited) as are_online
    from {{ ref('int_bundle_children') }} as c
    left join {{ ref('int_visit_tellers') }} as t on t.authority = split_part(c.case_key, '|', 1)
    group by subject_key
),

joined as (
    select
        t.*, c.begun_at as first_begun_at, c.is_wholly_online,
        -- by the channel of the whole, else by those of its parts; null where nobody tells any
        coalesce({{ is_online("t.opened ->> 'channel'") }}, c.are_online) as is_online,
        t.opened ->> 'kind' as kind,
        coalesce(t.opened ->> 'code', t.opened ->> 'kind') as matter_code,
        t.opened ->> 'unit_code' as unit_code,
        t.opened ->> 'area_code' as area_code,
        ({{ told_limit("t.opened -> 'promise'") }} ->> 'value')::int as promise_value,
        {{ told_limit("t.opened -> 'promise'") }} ->> 'unit' as promise_unit,
        case when coalesce(c.done, '[]') @> coalesce(t.opened -> 'mandatory', '[]') then c.completed_at end as completed_at
    from told as t
    left join children as c using (subject_key)
),

ended as (
    select
        *,
        coalesce(completed_at, closed_at) as stopped_at,
        case when completed_at is not null or closed_at is null or closed_at >= first_begun_at then first_begun_at end as begun_at
    from joined
),

placed as (
    {{ scheduled('ended') }}
),

limited as (
    select p.*, r.limit_value as opening_value, r.limit_unit as opening_unit
    from placed as p
    left join lateral (
        {{ clock_limit('opening', 'p.matter_code', local_date('p.begun_at', 'p.zone')) }}
    ) as r on p.kind = 'company_opening' and p.begun_at is not null
),

due as (
    select
        l.*,
        {{ due_at('l', 'l.begun_at', 'l.opening_value', 'l.opening_unit') }} as opening_due_at,
        {{ due_at('l', 'l.begun_at', 'l.promise_value', 'l.promise_unit') }} as promise_due_at
    from limited as l
)

select
    d.subject_key, d.authority, d.unit_code, d.matter_code, d.area_code, d.calendar, d.schedule, d.zone, d.calendar_version,
    d.as_of, d.kind, d.opened_at, d.begun_at, d.completed_at, d.closed_at, d.stopped_at, d.promise_unit, d.is_wholly_online, d.is_online,
    d.opening_due_at, d.promise_due_at,
    {{ workdays_between('d', 'd.begun_at', 'd.completed_at') }} as workdays,
    ({{ business_count('d.schedule', us('d.completed_at')) }} - {{ business_count('d.schedule', us('d.begun_at')) }})::numeric
        / 60000000 as minutes,
    {{ is_kept('d.stopped_at', 'd.opening_due_at', 'd.opening_unit') }} as is_opened_in_time,
    {{ is_kept('d.stopped_at', 'd.promise_due_at', 'd.promise_unit') }} as is_on_time
from due as d
