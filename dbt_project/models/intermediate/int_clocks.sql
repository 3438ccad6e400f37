-- One row per case and clock: when it runs out, how much of it is used, whether it was kept (§4).
{{ config(indexes=[{'columns': ['case_key', 'clock_id'], 'unique': True}]) }}

with due as (
    select
        l.*,
        coalesce(e.length, l.length) as full_length,
        case when e.case_key is not null then e.due_place else b.due_place end as due_place
    from {{ ref('int_limits') }} as l
    inner join {{ ref('int_due_base') }} as b using (case_key, clock_id)
    left join {{ ref('int_due_extended') }} as e using (case_key, clock_id)
),

timed as (
    select
        *,
        case
            when counts_days then {{ midnight_after(day_of('due_place'), 'zone') }}
            else {{ instant('due_place') }}
        end as due_at,
        coalesce(stopped_at, as_of) as read_at
    from due
),

placed as (
    select
        *,
        case when counts_days then {{ day_of('due_place') }} else {{ local_date('due_at', 'zone') }} end as due_on,
        case when counts_days then {{ day_number(local_date('read_at', 'zone')) }} else {{ us('read_at') }} end as read_place
    from timed
),

counted as (
    select
        p.*,
        {{ ruler_count('p.ruler', 'p.calendar', 'p.schedule', 'p.read_place') }}
            - {{ ruler_count('p.ruler', 'p.calendar', 'p.schedule', 'p.start_place') }} as gross,
        coalesce((
            select sum(
                case
                    when t.ended is null or t.ended > p.read_place
                        then {{ ruler_count('p.ruler', 'p.calendar', 'p.schedule', 'p.read_place') }}
                    else t.ended_count
                end - t.began_count
            )
            from {{ ref('int_stretches') }} as t
            where t.case_key = p.case_key and t.clock_id = p.clock_id and t.is_on_ruler and t.began < p.read_place
        ), 0) as paused,
        exists (
            select from {{ ref('int_pauses') }} as t
            where t.case_key = p.case_key and t.clock_id = p.clock_id and t.ended_at is null
        ) as is_pausing
    from placed as p
)

select
    *,
    greatest(0, gross - paused)::bigint as used,
    case when stopped_at is not null then due_place is null or read_place <= due_place end as is_on_time,
    case
        when stopped_at is not null then not (due_place is null or read_place <= due_place)
        when due_at is null then false
        when counts_days then as_of >= due_at
        else as_of > due_at
    end as is_broken,
    case
        when limit_unit is null or due_on is null then false
        else (
            select w.provisional_number from {{ ref('int_work_calendar') }} as w
            where w.calendar = counted.calendar and w.day = counted.due_on
        ) > (
            select w.provisional_number from {{ ref('int_work_calendar') }} as w
            where w.calendar = counted.calendar and w.day = counted.start_on
        )
    end as is_provisional,
    -- in working days, pauses and extensions left out (§6)
    case
        when limit_unit = 'onspot' then 1
        when limit_unit = 'halfday' then limit_value / 2.0
        when limit_unit in ('hour', 'minute') then
            limit_value * case limit_unit when 'hour' then 60 else 1 end * 60000000.0 / (
                select sum(s.closes_us - s.opens_us) from {{ ref('int_sessions') }} as s
                where s.schedule = counted.schedule
                    and s.day = {{ next_workday('counted.calendar', 'counted.start_on') }}
            )
        when limit_unit is null then
            {{ workday_number('counted.calendar', local_date('given_due_at', 'zone')) }} - {{ workday_number('counted.calendar', 'start_on') }}
        when limit_unit = 'workday' then limit_value
        else {{ workday_number('counted.calendar', next_workday('counted.calendar', 'start_on + length::int')) }}
            - {{ workday_number('counted.calendar', 'start_on') }}
    end::numeric as limit_in_workdays
from counted
