-- One row per case, clock, coordinate and stretch: its pauses united, on local dates and on instants (§3, §4).
-- date: (began, ended] is not counted; standing: the dates on which no limit runs out, from its own first day, days off behind
-- it among them.
{{ config(indexes=[{'columns': ['case_key', 'clock_id', 'stretch_no']}]) }}

with pauses as (
    select * from {{ ref('int_pauses') }}
),

clocks as (
    select * from {{ ref('int_limits') }}
),

dated as (
    select
        p.case_key, p.clock_id, p.takes_first_day, c.calendar, c.counts_days,
        {{ day_number('c.start_on') }} as start_day,
        {{ day_number(local_date('p.began_at', 'c.zone')) }} as began,
        {{ day_number('coalesce(p.ended_on, ' ~ local_date('p.ended_at', 'c.zone') ~ ')') }} as ended
    from pauses as p
    inner join clocks as c using (case_key, clock_id)
),

placed as (
    select
        case_key, clock_id, 'date' as coordinate,
        case when takes_first_day then greatest(began - 1, start_day) else began end as began,
        ended
    from dated

    union all

    select
        case_key, clock_id, 'standing', began,
        {{ day_number(next_workday('dated.calendar', day_of('dated.ended'))) }}
    from dated
    where counts_days and (ended is null or ended > began)

    union all

    select case_key, clock_id, 'instant', {{ us('began_at') }}, {{ us('ended_at') }}
    from pauses
),

real as (
    select * from placed where ended is null or ended > began
),

marked as (
    select
        *,
        began > max(coalesce(ended, 9223372036854775807)) over (
            partition by case_key, clock_id, coordinate order by began, ended
            rows between unbounded preceding and 1 preceding
        ) as is_apart
    from real
),

grouped as (
    select
        *,
        count(*) filter (where is_apart is distinct from false) over (
            partition by case_key, clock_id, coordinate order by began, ended rows unbounded preceding
        ) as stretch_no
    from marked
),

united as (
    select
        case_key, clock_id, coordinate, stretch_no::int as stretch_no,
        min(began) as began,
        case when bool_or(ended is null) then null else max(ended) end as ended
    from grouped
    group by case_key, clock_id, coordinate, stretch_no
),

ruled as (
    select
        u.*,
        c.ruler, c.calendar, c.schedule,
        u.coordinate = case when c.counts_days then 'date' else 'instant' end as is_on_ruler
    from united as u
    inner join clocks as c using (case_key, clock_id)
)

select
    case_key, clock_id, coordinate, stretch_no, began, ended, is_on_ruler,
    case when is_on_ruler then {{ ruler_count('ruler', 'ruled.calendar', 'ruled.schedule', 'began') }} end as began_count,
    case when is_on_ruler then {{ ruler_count('ruler', 'ruled.calendar', 'ruled.schedule', 'ended') }} end as ended_count
from ruled
