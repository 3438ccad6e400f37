-- One row per calendar and day, with running numbers by which working days are counted by one subtraction.
{{ config(
    materialized='incremental', incremental_strategy='append',
    indexes=[{'columns': ['calendar', 'day'], 'unique': True}, {'columns': ['calendar', 'workday_number']}],
    pre_hook="{% if is_incremental() %}delete from {{ this }} where rulebook_version <> (select version from {{ source('reference', 'active') }}){% endif %}"
) }}

with calendars as (
    select * from {{ ref('stg_calendars') }}
),

ruled as (
    select * from {{ ref('stg_calendar_days') }}
),

days as (
    select
        c.calendar,
        d.day::date as day,
        coalesce(r.is_workday, b.is_workday, c.ordinary = 'every_day' or extract(isodow from d.day) < 6) as is_workday,
        coalesce(r.status, b.status, c.ordinary_status) as status,
        coalesce(r.name, b.name, '') as name,
        coalesce(r.notice, b.notice, '') as notice
    from calendars as c
    cross join generate_series(date '1989-12-01', date '2120-12-31', interval '1 day') as d (day)
    left join ruled as r on r.calendar = c.calendar and r.day = d.day::date
    -- the days of the calendar it is based on, unless it has a row of its own
    left join ruled as b on b.calendar = c.based_on and b.day = d.day::date
),

numbered as (
    select
        *,
        count(*) filter (where is_workday) over (partition by calendar order by day) as workday_number,
        count(*) filter (where status = 'provisional') over (partition by calendar order by day) as provisional_number,
        -- backwards, because a minimum cannot be taken back from a window that shrinks
        min(day) filter (where is_workday) over (partition by calendar order by day desc) as next_workday
    from days
)

select n.*, a.version as rulebook_version
from numbered as n
cross join {{ source('reference', 'active') }} as a
{% if is_incremental() %}
where not exists (select from {{ this }})
{% endif %}
