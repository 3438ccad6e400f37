-- One row per case and clock: what it measures against, extensions left out (§4).
{{ config(indexes=[{'columns': ['case_key', 'clock_id'], 'unique': True}]) }}

with starts as (
    select * from {{ ref('int_case_starts') }} where start_at is not null
),

in_force as (
    select * from {{ ref('int_case_matters') }}
),

told as (
    select
        s.case_key, s.accepted, m.promise_value, m.promise_unit,
        coalesce(m.fallback_value, m.statutory_value) as law_value,
        coalesce(m.fallback_unit, m.statutory_unit) as law_unit,
        {{ as_limit('m.statutory_value', 'm.statutory_unit') }} as on_the_spot,
        {{ told_limit("s.accepted -> 'promise'") }} as promise,
        {{ told_limit("s.accepted -> 'statutory'") }} as statutory
    from starts as s
    left join in_force as m using (case_key)
),

given as (
    select
        case_key,
        'promise' as clock_id,
        case
            when accepted is null then promise_value
            when accepted ->> 'promise_due_at' is null then (promise ->> 'value')::int
        end as limit_value,
        case
            when accepted is null then promise_unit
            when accepted ->> 'promise_due_at' is null then promise ->> 'unit'
        end as limit_unit,
        (accepted ->> 'promise_due_at')::timestamptz as given_due_at,
        coalesce((accepted ->> 'promise_due_includes_pauses')::boolean, false) as ignores_pauses,
        promise <> {{ as_limit('promise_value', 'promise_unit') }} as differs
    from told

    union all

    select
        case_key,
        'statutory',
        case
            when law_unit is not null then law_value
            when accepted ->> 'statutory_due_at' is null then (statutory ->> 'value')::int
        end,
        case
            when law_unit is not null then law_unit
            when accepted ->> 'statutory_due_at' is null then statutory ->> 'unit'
        end,
        case when law_unit is null then (accepted ->> 'statutory_due_at')::timestamptz end,
        false,
        -- 当场, "otherwise within 3 working days": either is the law's
        statutory <> {{ as_limit('law_value', 'law_unit') }} and statutory is distinct from on_the_spot
    from told
),

ruled as (
    select
        g.*,
        s.start_at, s.calendar, s.schedule, s.zone, s.as_of, s.stopped_at, s.deemed_at,
        s.extension_any_time, s.late_pauses_extend, s.pause_day_rule, s.pause_cap, m.extension_value as cap_value, m.extension_unit as cap_unit,
        coalesce(m.special_kinds, '') as special_kinds,
        {{ local_date('s.start_at', 's.zone') }} as start_on,
        case
            when g.limit_unit in ('workday', 'onspot') then 'workday'
            when g.limit_unit in ('day', 'month') then 'day'
            when g.limit_unit is not null and coalesce(m.is_wall_time, false) then 'wall'
            else 'business'
        end as ruler
    from given as g
    inner join starts as s using (case_key)
    left join in_force as m using (case_key)
    where g.limit_unit is not null or g.given_due_at is not null
)

select
    r.*,
    r.ruler in ('workday', 'day') as counts_days,
    -- the stretches that tell whether a pause is on when the limit runs out
    case when r.ruler in ('workday', 'day') then 'standing' else 'instant' end as standing,
    case when r.ruler in ('workday', 'day') then {{ day_number('r.start_on') }} else {{ us('r.start_at') }} end as start_place,
    {{ limit_length('r.limit_value', 'r.limit_unit', 'r') }} as length
from ruled as r
