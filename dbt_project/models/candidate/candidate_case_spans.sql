-- One row per stretch of a clock: running, paused, excess (past the declared days), excluded (stop to reopening).
-- Working days lie in (edge, edge] of local days: what runs or exceeds adds up to what a clock of working days has used.
-- Looked up for every piece: by index, not by reading all of them.
with clocks as not materialized (
    select case_key, clock_id, calendar, schedule, zone, start_at, start_on, read_at, {{ local_date('read_at', 'zone') }} as read_on
    from {{ ref('int_clocks') }}
    where read_at > start_at
),

pauses as not materialized (
    select
        p.case_key, p.clock_id, p.kind, p.reason, p.basis,
        p.began_at,
        least(coalesce(p.ended_at, c.read_at), c.read_at) as ended_at,
        {{ local_date('p.began_at', 'c.zone') }} - p.takes_first_day::int as began_on,
        least(coalesce(p.ended_on, {{ local_date('p.ended_at', 'c.zone') }}, c.read_on), c.read_on) as ended_on,
        -- counted again from the last declared day to the end that was told
        case when p.ended_on is not null and p.told_end is distinct from p.ended_at then least(coalesce(p.told_end, c.read_at), c.read_at) end as excess_until
    from {{ ref('int_pauses') }} as p
    inner join clocks as c using (case_key, clock_id)
    where p.began_at < c.read_at
),

edges as (
    select case_key, clock_id, start_at as at, 'start' as place, start_on as day, null::date as paused_from from clocks
    union all
    select case_key, clock_id, read_at, 'stop', read_on, null from clocks
    union all
    select case_key, clock_id, began_at, 'pause', began_on, began_on from pauses
    union all
    select case_key, clock_id, ended_at, 'pause', ended_on, null from pauses
    union all
    select p.case_key, p.clock_id, p.excess_until, 'pause', {{ local_date('p.excess_until', 'c.zone') }}, null
    from pauses as p
    inner join clocks as c using (case_key, clock_id)
    where p.excess_until is not null
),

-- A day that a pause takes as its first does not count before it, either. A stop is an edge of its own: at 00:00, when the
-- last declared day is over, its day is one more.
capped as (
    select
        case_key, clock_id, at, place = 'stop' as is_stop, bool_or(place = 'start') as is_start, max(day) as day,
        min(min(paused_from)) over (partition by case_key, clock_id order by at desc) as paused_from
    from edges
    group by case_key, clock_id, at, place = 'stop'
),

-- the day up to which is counted at an edge: never one before that of an earlier edge
dated as (
    select
        case_key, clock_id, at, is_stop,
        max(case when is_start then day else least(day, paused_from) end)
            over (partition by case_key, clock_id order by at, is_stop) as day
    from capped
),

pieces as (
    select
        case_key, clock_id, at as started_at, day as started_on,
        lead(at) over edge as ended_at,
        lead(day) over edge as ended_on
    from dated
    window edge as (partition by case_key, clock_id order by at, is_stop)
),

told as (
    select
        x.case_key, x.clock_id, x.started_at, x.ended_at, x.started_on, x.ended_on,
        coalesce(o.kind, case when e.kind is not null then 'excess' end, 'running') as kind,
        coalesce(o.reason, e.reason) as reason,
        coalesce(o.basis, e.basis) as legal_basis
    from pieces as x
    left join lateral (
        select p.kind, p.reason, p.basis from pauses as p
        where p.case_key = x.case_key and p.clock_id = x.clock_id
            and p.began_at <= x.started_at and x.started_at < p.ended_at
        order by p.kind, p.began_at limit 1
    ) as o on true
    left join lateral (
        select p.kind, p.reason, p.basis from pauses as p
        where p.case_key = x.case_key and p.clock_id = x.clock_id
            and p.ended_at <= x.started_at and x.started_at < p.excess_until
        order by p.began_at limit 1
    ) as e on true
    where x.ended_at > x.started_at or x.ended_on > x.started_on
)

select
    t.case_key,
    t.clock_id,
    row_number() over (partition by t.case_key, t.clock_id order by t.started_at, t.ended_at)::int as span_no,
    t.kind,
    t.started_at,
    t.ended_at,
    ({{ workday_number('c.calendar', 't.ended_on') }} - {{ workday_number('c.calendar', 't.started_on') }})::int as workdays,
    (({{ business_count('c.schedule', us('t.ended_at')) }} - {{ business_count('c.schedule', us('t.started_at')) }})
        / 60000000)::int as minutes,
    t.reason,
    t.legal_basis
from told as t
inner join clocks as c using (case_key, clock_id)
