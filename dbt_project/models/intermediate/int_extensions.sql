-- One row per case with extensions: the one that counts, and what is wrong with the others (§4, Extension).
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with told as (
    select
        case_key, event_at, fold_order,
        (data ->> 'value')::int as value,
        data ->> 'unit' as unit
    from {{ ref('int_visible') }}
    where event_type = 'case.extended'
),

clocks as (
    select
        l.case_key, l.extension_any_time, l.limit_unit, l.cap_value, l.cap_unit,
        case
            when l.counts_days then {{ midnight_after(day_of('d.due_place'), 'l.zone') }}
            else {{ instant('d.due_place') }}
        end as due_at
    from {{ ref('int_limits') }} as l
    inner join {{ ref('int_due_base') }} as d using (case_key, clock_id)
    where l.clock_id = 'statutory'
),

judged as (
    select
        t.*, c.limit_unit, c.cap_value,
        t.unit = c.cap_unit and t.value > c.cap_value as is_above_cap,
        c.due_at is null or c.extension_any_time or t.event_at < c.due_at as counts
    from told as t
    inner join clocks as c using (case_key)
),

last_counting as (
    select distinct on (case_key)
        case_key, unit,
        case when is_above_cap then cap_value else value end as value,
        coalesce(is_above_cap, false) as is_above_cap,
        unit <> coalesce(limit_unit, case when unit in ('workday', 'day') then unit else '' end) as is_wrong_unit
    from judged
    where counts
    order by case_key, fold_order desc
)

select
    j.case_key,
    bool_or(not j.counts) as is_too_late,
    bool_or(coalesce(l.is_wrong_unit, false)) as is_wrong_unit,
    bool_or(coalesce(l.is_above_cap and not l.is_wrong_unit, false)) as is_above_cap,
    max(l.value) filter (where not l.is_wrong_unit) as value,
    max(l.unit) filter (where not l.is_wrong_unit) as unit
from judged as j
left join last_counting as l using (case_key)
group by j.case_key
