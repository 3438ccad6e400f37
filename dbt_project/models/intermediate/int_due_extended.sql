-- One row per case whose statutory limit was extended: where it runs out then (§4).
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with recursive clocks as (
    select
        l.case_key, l.clock_id, l.limit_unit, l.ruler, l.calendar, l.schedule, l.zone, l.start_at, l.start_on,
        l.start_place, l.late_pauses_extend, l.ignores_pauses, l.standing,
        l.limit_value + e.value as limit_value,
        case
            when l.limit_unit is not null then l.given_due_at
            -- an explicit instant keeps its time of day
            when e.unit = 'workday' then ({{ workdays_after('l.calendar', local_date('l.given_due_at', 'l.zone'), 'e.value') }}
                + (l.given_due_at at time zone l.zone)::time) at time zone l.zone
            else ({{ local_date('l.given_due_at', 'l.zone') }} + e.value
                + (l.given_due_at at time zone l.zone)::time) at time zone l.zone
        end as given_due_at
    from {{ ref('int_limits') }} as l
    inner join {{ ref('int_extensions') }} as e using (case_key)
    where l.clock_id = 'statutory' and e.value is not null
),

measured as (
    select c.*, {{ limit_length('c.limit_value', 'c.limit_unit', 'c') }} as length
    from clocks as c
),

goals as (
    {{ limit_goals('measured') }}
),

{{ reach('goals') }}

select
    c.case_key,
    c.clock_id,
    c.length,
    nullif({{ run_out('r.found', 'c') }}, -1) as due_place
from measured as c
inner join reached as r using (case_key, clock_id)
