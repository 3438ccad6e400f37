-- One row per schedule and office session, with the office microseconds before it.
{{ config(
    materialized='incremental', incremental_strategy='append',
    indexes=[{'columns': ['schedule', 'opens_us'], 'unique': True}, {'columns': ['schedule', 'count_before']},
             {'columns': ['schedule', 'day']}],
    pre_hook="{% if is_incremental() %}delete from {{ this }} where rulebook_version <> (select version from {{ source('reference', 'active') }}){% endif %}"
) }}

with schedules as (
    select * from {{ ref('stg_schedules') }}
),

hours as (
    select * from {{ ref('stg_office_hours') }}
),

workdays as (
    select * from {{ ref('int_work_calendar') }} where is_workday
),

sessions as (
    select
        s.schedule,
        w.day,
        (w.day + h.opens) at time zone s.zone as opens_at,
        -- closing is told from the opening: no night lies within a session
        (w.day + h.opens) at time zone s.zone + (h.closes - h.opens) as closes_at,
        row_number() over (partition by s.schedule, w.day order by h.opens) = 1 as is_first
    from schedules as s
    inner join workdays as w on w.calendar = s.calendar
    inner join hours as h
        on h.hours = s.hours
        and case
            when h.season_from <= h.season_to then to_char(w.day, 'MM-DD') between h.season_from and h.season_to
            else to_char(w.day, 'MM-DD') >= h.season_from or to_char(w.day, 'MM-DD') <= h.season_to
        end
),

in_us as (
    select schedule, day, opens_at, is_first, {{ us('opens_at') }} as opens_us, {{ us('closes_at') }} as closes_us
    from sessions
)

select
    i.*,
    coalesce(sum(closes_us - opens_us)
        over (partition by schedule order by opens_us rows between unbounded preceding and 1 preceding), 0)::bigint
        as count_before,
    a.version as rulebook_version
from in_us as i
cross join {{ source('reference', 'active') }} as a
{% if is_incremental() %}
where not exists (select from {{ this }})
{% endif %}
