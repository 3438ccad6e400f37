-- One row per case, clock and pause that touches it: special procedures and the time from a stop to its reopening (§3).
{{ config(indexes=[{'columns': ['case_key', 'clock_id']}]) }}

with clocks as (
    select * from {{ ref('int_limits') }}
),

specials as (
    select * from {{ ref('int_specials') }}
),

gaps as (
    select * from {{ ref('int_gaps') }}
),

declared as (
    select
        c.case_key, c.clock_id, c.ruler, c.calendar, c.start_at, c.as_of, c.zone, s.started_at, s.ended_at, s.kind, s.basis,
        s.fold_order,
        c.pause_day_rule = 'inclusive' as takes_first_day,
        case when c.pause_cap = 'declared' then s.declared end as declared
    from clocks as c
    inner join specials as s using (case_key)
    where (c.stopped_at is null or s.started_at <= c.stopped_at) and {{ is_listed('s.kind', 'c.special_kinds') }}
),

capped as (
    select
        *,
        -- the last declared day, in the clock's own day unit
        case
            when declared = 0 then null
            when ruler = 'day' then {{ next_workday('declared.calendar', local_date('started_at', 'zone') ~ ' + declared.declared') }}
            else {{ workdays_after('declared.calendar', local_date('started_at', 'zone'), 'declared.declared') }}
        end as cap_on
    from declared
),

ending as (
    select
        *,
        case when declared = 0 then started_at else {{ midnight_after('cap_on', 'zone') }} end as cap_at,
        least(ended_at, (
            select min(r.stopped_at) from {{ ref('int_rounds') }} as r
            where r.case_key = capped.case_key and r.stopped_at >= capped.started_at
        )) as told_end
    from capped
),

ended as (
    select
        *,
        cap_at is not null and cap_at <= coalesce(told_end, as_of) as is_capped
    from ending
),

together as (
    select
        case_key, clock_id,
        greatest(started_at, start_at) as began_at,
        case when is_capped then cap_at else told_end end as ended_at,
        case when is_capped then cap_on end as ended_on,
        told_end,
        'paused' as kind,
        kind as reason,
        basis,
        case when not is_capped and told_end is null then cap_at end as cap_at,
        takes_first_day,
        fold_order
    from ended

    union all

    select
        c.case_key, c.clock_id, greatest(g.stopped_at, c.start_at), g.opened_at, null, g.opened_at,
        'excluded', 'reopened', null, null, false, 0
    from clocks as c
    inner join gaps as g using (case_key)
    where g.opened_at > c.start_at
)

select *
from together
where ended_at is null or ended_at > began_at
